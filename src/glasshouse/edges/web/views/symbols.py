# SPDX-License-Identifier: Apache-2.0
"""Names of a release: the outline of a file, where a name is defined and used, what became of files and functions.

A name derives from source and stands in no address: it travels in a body, or as the place of a word in a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.values import (
    DefinitionsShown,
    FileSteps,
    FunctionStep,
    HistoryShown,
    ReferencesShown,
    SearchPending,
    Spot,
)
from glasshouse.domain.releases.defining import Definition
from glasshouse.domain.releases.differences import is_comparable
from glasshouse.domain.releases.histories import Event, Moment
from glasshouse.domain.releases.traces import Standing
from glasshouse.domain.releases.values import ChangeKind, kind_of, sides_of
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.code import characters, window_html
from glasshouse.edges.web.found import files_of, found_characters, skipped_of
from glasshouse.edges.web.name_forms import NameForm
from glasshouse.edges.web.outline import outline_html
from glasshouse.edges.web.places import Comparison, Place
from glasshouse.edges.web.showing import PROMISE, limits_html, page_of, pen_of, prepare
from glasshouse.edges.web.tree import size_text
from glasshouse.edges.web.views.changes import MARKS, ways_of
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

FILES: Final = 20
"""Files on one page of the reading list."""
_START: Final = Spot(1, 0)
_EVENT_MARKS: Final = {
    Event.FIRST: "same",
    Event.APPEARED: "new",
    Event.SAME: "same",
    Event.CHANGED: "edited",
    Event.MOVED: "moved",
    Event.VANISHED: "na",
    Event.ABSENT: "na",
    Event.UNKNOWN: "unknown",
    Event.PRESENT: "same",
}


@require_safe
def outline(request: HttpRequest, grant: str, release: str, path: str) -> HttpResponse:
    """Show the outline of a file: beside the file's page as a piece of it, or as a page."""
    inside = TreePath.parse(path)
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown = commands.open_outline(viewer_of(request), grant_uid, release_uid, inside, now=clock.now())
    place = Place.of(grant_uid, release_uid)
    context = {
        "path": inside,
        "file_url": place.file(inside),
        "symbols": outline_html(shown.symbols, place.file(inside), _line(request)),
        "listed": len(shown.symbols),
        "functions": sum(one.family == "function" for one in shown.symbols),
        "total": shown.total,
        "gap": shown.gap,
        "is_pending": shown.is_pending,
    }
    template = "reading/outline_part.html" if is_fragment(request) else "reading/outline.html"
    return page_of(request, template, shown.view, context)


@require_http_methods(["GET", "HEAD", "POST"])
def names(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Ask for a name; one definition is gone to, several are listed."""
    viewer, grant_uid, release_uid = viewer_of(request), Uid.parse(grant), Uid.parse(release)
    room = commands.enter(viewer, grant_uid, release_uid, now=clock.now())
    form = NameForm(request.POST or None)
    if not form.is_valid():
        context = {
            "form": form,
            "engagement": room.engagement_label,
            "visit": room.visit,
            "release": room.release,
            "place": Place.of(grant_uid, release_uid),
            "limits": limits_html(queries.balance(room, clock.now())),
            "room": "reading-room",
        }
        return render(request, "reading/names.html", context, status=422 if form.is_bound else 200)
    asked = form.cleaned_data
    kinds = [asked["kind"]] if asked["kind"] else []
    shown = commands.find_definitions(
        viewer, grant_uid, release_uid, asked["name"], now=clock.now(), how=asked["how"], kinds=kinds
    )
    return _definitions(request, shown, form, "")


@require_safe
def definition(request: HttpRequest, grant: str, release: str, path: str) -> HttpResponse:
    """Go from a word of a file to where it is defined; list the places where there are several."""
    inside, spot = TreePath.parse(path), _spot(request)
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown = commands.open_definitions(viewer_of(request), grant_uid, release_uid, inside, spot, now=clock.now())
    place = Place.of(grant_uid, release_uid)
    uses_url = f"{place.references(inside)}?at={spot.line}:{spot.column}"
    return _definitions(request, shown, NameForm(initial={"name": shown.name}), uses_url)


def _definitions(request: HttpRequest, shown: DefinitionsShown, form: NameForm, uses_url: str) -> HttpResponse:
    room = shown.view.room
    place = Place.of(room.grant, room.release.uid)
    if shown.target is not None:
        response: HttpResponse = redirect(_at(place, shown.target))
        response[PROMISE] = shown.view.promise.header
        return response
    context = {
        "form": form,
        "name": shown.name,
        "items": [(one, _at(place, one)) for one in shown.items],
        "is_cut": shown.is_cut,
        "has_exact": any(one.is_exact for one in shown.items),
        "is_pending": shown.is_pending,
        "uses_url": uses_url,
    }
    return page_of(request, "reading/names.html", shown.view, context)


@require_http_methods(["GET", "HEAD", "POST"])
def references(request: HttpRequest, grant: str, release: str, path: str) -> HttpResponse:
    """Show the lines that hold a word of a file, by what they do with it; a further page is asked for by POST."""
    inside, spot = TreePath.parse(path), _spot(request)
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown = commands.open_references(
        viewer_of(request), grant_uid, release_uid, inside, spot, now=clock.now(), after=request.POST.get("after", "")
    )
    place = Place.of(grant_uid, release_uid)
    at = f"?at={spot.line}:{spot.column}"
    back = f"{place.file(inside)}?lines={spot.line}#L{spot.line}"
    return _references(request, shown, place, {"here": f"{place.references(inside)}{at}", "back": back, "path": inside})


@require_POST
def uses(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show the lines that hold a name, by what they do with it."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    name = request.POST.get("name", "").strip()
    shown = commands.find_references(
        viewer_of(request), grant_uid, release_uid, name, now=clock.now(), after=request.POST.get("after", "")
    )
    place = Place.of(grant_uid, release_uid)
    return _references(request, shown, place, {"here": place.uses, "asked": name})


def _references(
    request: HttpRequest, shown: ReferencesShown | SearchPending, place: Place, context: dict[str, Any]
) -> HttpResponse:
    context |= {"after": request.POST.get("after", "")}
    if isinstance(shown, SearchPending):
        (release,) = shown.releases
        prepare(request, shown.releases)
        return render(request, "reading/references_pending.html", {**context, "release": release, "place": place})
    found, room = shown.found, shown.found.view.room
    pen = pen_of(request, found.view, sum(found_characters(files) for __, files in shown.uses))
    context |= {
        "name": shown.name,
        "is_exact": shown.is_exact,
        "goes_on_by_name": found.rest == commands.BY_NAME,
        "uses": [(use, files_of(files, room.grant, pen, has_releases=False)) for use, files in shown.uses],
        "found": found,
        "skipped": skipped_of(found.not_searched, room.grant, has_releases=False),
    }
    return page_of(request, "reading/references.html", found.view, context)


@dataclass(frozen=True, slots=True)
class PartStep:
    """A function or a line in one release: what happened, its lines, and where it is opened."""

    standing: Standing
    mark: str
    lines: str
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """A file in one release: what happened, and where it is opened and compared; so too a part of it."""

    moment: Moment
    mark: str
    url: str
    compare: str
    is_here: bool
    function: PartStep | None
    line: PartStep | None


@require_safe
def history(request: HttpRequest, grant: str, release: str, path: str) -> HttpResponse:
    """Show what each release of the grant did to a file; with `line`, to that line and the function around it too."""
    inside, line = TreePath.parse(path), _line(request)
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown = commands.open_history(
        viewer_of(request), grant_uid, release_uid, inside, now=clock.now(), line=line or None
    )
    place, traces, moments = Place.of(grant_uid, release_uid), shown.traces, shown.moments
    functions = (traces.function if traces else ()) or [None] * len(moments)
    lines = traces.line if traces else [None] * len(moments)
    steps = [
        _moment(grant_uid, release_uid, moment, function, found)
        for moment, function, found in zip(moments, functions, lines, strict=True)
    ]
    followed = lines if traces else moments
    context = {
        "path": inside,
        "file_url": f"{place.file(inside)}?lines={line}#L{line}" if line else place.file(inside),
        "here_address": place.history(inside),
        "steps": steps[::-1],
        "present": sum(one.line.lines != "" if one.line else one.moment.entry is not None for one in steps),
        "versions": len(_digests(followed)),
        "traces": traces,
        "line": line,
        "lines": _asked_line(request, shown),
    }
    return page_of(request, "reading/history.html", shown.view, context)


def _asked_line(request: HttpRequest, shown: HistoryShown) -> str:
    if shown.window is None:
        return ""
    return window_html(shown.window, None, pen_of(request, shown.view, characters(shown.window.lines)))


def _digests(followed: Sequence[Moment | Standing | None]) -> set[bytes]:
    found = set()
    for one in followed:
        if isinstance(one, Standing) and one.part is not None:
            found.add(one.part.digest)
        elif isinstance(one, Moment) and one.entry is not None:
            found.add(one.entry.digest.raw)
    return found


def _moment(grant: Uid, here: Uid, one: Moment, function: Standing | None, line: Standing | None) -> Step:
    url = Place.of(grant, one.release.uid).file(one.entry.path) if one.entry else ""
    compare = ""
    if one.before and one.entry and one.is_changed and is_comparable(one.before[1], one.entry):
        earlier, entry = one.before
        number = next((part.part.span.first for part in (line, function) if part and part.part and part.is_changed), 0)
        compare = Comparison.of(grant, earlier.uid, one.release.uid).file(one.entry.path, entry.path, number)
    return Step(
        one,
        _EVENT_MARKS[one.event],
        url,
        compare,
        one.release.uid == here,
        _part(grant, function) if function else None,
        _part(grant, line) if line else None,
    )


def _part(grant: Uid, one: Standing) -> PartStep:
    if one.part is None:
        return PartStep(one, _EVENT_MARKS[one.event], "", "")
    url = f"{Place.of(grant, one.release.uid).file(one.part.path)}?lines={one.part.span}#L{one.part.span.first}"
    return PartStep(one, _EVENT_MARKS[one.event], _lines(one.part.span), url)


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function of the reading list, and where it is read."""

    function: FunctionStep
    before: str
    after: str
    mark: str
    url: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the reading list, with its functions."""

    steps: FileSteps
    path: TreePath
    was: TreePath | None
    kind: ChangeKind
    mark: str
    url: str
    size: str
    functions: list[FunctionRow]


@require_safe
def functions(request: HttpRequest, grant: str, before: str, after: str) -> HttpResponse:
    """Show which functions differ between two releases, as a list to read."""
    if before == after:
        raise InvalidError("A release does not differ from itself.", hint="Choose two releases.")
    grant_uid, before_uid, after_uid = Uid.parse(grant), Uid.parse(before), Uid.parse(after)
    first = Span.parse(request.GET["from"]).first - 1 if "from" in request.GET else 0
    shown = commands.open_function_changes(
        viewer_of(request), grant_uid, before_uid, after_uid, now=clock.now(), first=first, size=FILES
    )
    there = Comparison.of(grant_uid, before_uid, after_uid)
    old, new = Place.of(grant_uid, before_uid), Place.of(grant_uid, after_uid)
    context = {
        "before": shown.before,
        "files": [_file(one, there, old, new) for one in shown.files],
        "functions": sum(len(one.functions) + one.left_out for one in shown.files),
        "first": shown.first,
        "last": shown.first + len(shown.files),
        "total": shown.total,
        "list_url": there.base,
        "ways": ways_of(there, is_by_function=True),
        "releases": queries.granted(grant_uid),
        "grant": grant_uid,
        "room": "changes",
    }
    return page_of(request, "reading/functions.html", shown.view, context)


def _file(steps: FileSteps, there: Comparison, old: Place, new: Place) -> FileRow:
    before, after = sides_of(steps.change)
    entry = after or before
    if entry is None:
        raise TypeError("a change has at least one side")
    was = before.path if before and after and before.path != after.path else None
    is_compared = bool(before and after and before.digest != after.digest and is_comparable(before, after))
    compared = there.file(after.path, before.path) if is_compared and before and after else ""
    old_url = old.file(before.path) if before else ""
    new_url = new.file(after.path) if after else ""
    kind = kind_of(steps.change)
    rows = [
        FunctionRow(
            one,
            _lines(one.before),
            _lines(one.after),
            MARKS[ChangeKind(one.step)],
            there.file(after.path, before.path, one.after.first)
            if is_compared and before and after and one.after and one.step == ChangeKind.CHANGED.value
            else _function(one, old_url, new_url),
        )
        for one in steps.functions
    ]
    return FileRow(
        steps, entry.path, was, kind, MARKS[kind], compared or new_url or old_url, size_text(entry.size), rows
    )


def _function(one: FunctionStep, old: str, new: str) -> str:
    url, span = (new, one.after) if one.after else (old, one.before)
    return f"{url}?lines={span}#L{span.first}" if span else url


def _lines(span: Span | None) -> str:
    if span is None:
        return ""
    return f"{span.first:,}" if span.count == 1 else f"{span.first:,}\u2013{span.last:,}"


def _at(place: Place, one: Definition) -> str:
    return f"{place.file(one.path)}?lines={one.line}#L{one.line}"


def _spot(request: HttpRequest) -> Spot:
    return Spot.parse(request.GET["at"]) if "at" in request.GET else _START


def _line(request: HttpRequest) -> int:
    return Span.parse(request.GET["line"]).first if "line" in request.GET else 0
