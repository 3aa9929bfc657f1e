# SPDX-License-Identifier: Apache-2.0
"""The reading room: folders, files, what intake left out. Every page here was recorded before it left."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.values import FactsShown, FileShown, Room
from glasshouse.domain.releases.errors import NotTextError
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.beside import beside_of
from glasshouse.edges.web.code import characters, window_html
from glasshouse.edges.web.places import Place
from glasshouse.edges.web.showing import page_of, pen_of
from glasshouse.edges.web.tree import left_out_count, rows_html, tree_of
from glasshouse.edges.web.views.desk import lines_left
from glasshouse.edges.web.words import REASONS
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

WINDOW: Final = 100
MOST: Final = 1_000
"""Lines of one page: a window where none are named, and the most that a named range may have."""
ABOVE: Final = 12
PAGE: Final = 1_000
"""Names on one page of a folder."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines an address asks for: a window, and the range that was picked in it."""

    window: Span
    picked: Span | None
    column: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read `lines` (a range, shown with what stands around it), `from` (a window) or nothing (the first window)."""
        if "from" in request.GET:
            first = Span.parse(request.GET["from"]).first
            return cls(Span(first, first + WINDOW - 1), None, 0)
        if "lines" not in request.GET:
            return cls(Span(1, WINDOW), None, 0)
        picked = Span.parse(request.GET["lines"].strip().replace("\u2013", "-"))
        column = _column(request)
        if column:
            return cls(Span(picked.first, picked.first), None, column)
        if picked.count > MOST - ABOVE:
            return cls(Span(picked.first, picked.first + MOST - 1), picked, 0)
        first = max(1, picked.first - ABOVE)
        return cls(Span(first, max(picked.last, first + WINDOW - 1)), picked, 0)


def _column(request: HttpRequest) -> int:
    text = request.GET.get("column", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 14):  # noqa: PLR2004 -- far more than a file holds
        raise InvalidError("A column is a number of bytes from the beginning of the line.")
    return int(text)


def _first(request: HttpRequest) -> int:
    return Span.parse(request.GET["from"]).first - 1 if "from" in request.GET else 0


@require_safe
def reading_room(request: HttpRequest) -> HttpResponse:
    """Show what the viewer may read, and where to begin."""
    desk = queries.desk(viewer_of(request), clock.now())
    return render(request, "reading/room_list.html", {"desk": desk, "lines_left": lines_left(desk)})


@require_POST
def begin(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Begin a visit, and go in."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    commands.begin_visit(viewer_of(request), grant_uid, release_uid, now=clock.now())
    return redirect(Place.of(grant_uid, release_uid).base)


@require_safe
def folder(request: HttpRequest, grant: str, release: str, path: str = "") -> HttpResponse:
    """Show what stands in a folder."""
    inside = TreePath.parse(path) if path else None
    shown = commands.open_folder(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        inside,
        now=clock.now(),
        first=_first(request),
        size=PAGE,
    )
    room, place = shown.view.room, Place.of(Uid.parse(grant), Uid.parse(release))
    tree = tree_of(room, place, inside, is_folder=True)
    context = {
        "folder": inside,
        "steps": _steps(place, inside),
        "tree": tree.marked(place.folder(inside)),
        "left_out": left_out_count(room),
        "rows": rows_html(shown.items, place),
        "first": shown.first,
        "last": shown.first + len(shown.items),
        "total": shown.total,
        "digest": shown.listing_digest.short,
        "others": [(one, Place.of(room.grant, one.uid).base) for one in _others(room)],
    }
    return page_of(request, "reading/folder.html", shown.view, context)


@require_safe
def file(request: HttpRequest, grant: str, release: str, path: str) -> HttpResponse:
    """Show some lines of a file; of one that is not text, what it is."""
    viewer, inside, asked = viewer_of(request), TreePath.parse(path), Asked.of(request)
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown: FileShown | FactsShown
    try:
        shown = commands.open_file(
            viewer, grant_uid, release_uid, inside, asked.window, now=clock.now(), column=asked.column
        )
    except NotTextError:
        shown = commands.open_facts(viewer, grant_uid, release_uid, inside, now=clock.now())
    room, place = shown.view.room, Place.of(grant_uid, release_uid)
    beside = beside_of(room, place, inside)
    tree, here = tree_of(room, place, inside, is_folder=False), place.file(inside)
    before, after = tree.beside(here)
    context: dict[str, Any] = {
        "path": inside,
        "name": inside.name,
        "steps": _steps(place, inside.parent),
        "here_address": here,
        "tree": tree.marked(here),
        "left_out": left_out_count(room),
        "before_file": before,
        "after_file": after,
        "entry": beside,
        "comparisons": beside.comparisons,
        "wing": beside.html,
        "outline_url": place.outline(inside),
        "definition_url": place.definition(inside),
        "references_url": place.references(inside),
        "history_url": place.history(inside) + (f"?line={asked.picked.first}" if asked.picked else ""),
    }
    if isinstance(shown, FactsShown):
        return page_of(request, "reading/facts.html", shown.view, context)
    return page_of(request, "reading/file.html", shown.view, {**context, **_window(request, shown, asked)})


def _window(request: HttpRequest, shown: FileShown, asked: Asked) -> dict[str, Any]:
    window = shown.window
    span = asked.picked or (Span(window.first, window.last) if window.lines else None)
    rest = window.rest[0] if window.rest and not asked.column else None
    after = rest or (window.last + 1 if 0 < window.last < window.all_lines else None)
    return {
        "window": window,
        "lines": window_html(window, asked.picked, pen_of(request, shown.view, characters(window.lines))),
        "picked": asked.picked,
        "column": asked.column,
        "range": str(span) if span else "",
        "current": asked.picked.first if asked.picked else window.first,
        "before_lines": max(1, window.first - WINDOW) if window.first > 1 else None,
        "after_lines": after,
        "next_column": window.rest[1] if window.rest and asked.column and window.lines[-1].is_cut else None,
    }


@require_safe
def left_out(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show what intake left out of a release, and why."""
    shown = commands.open_left_out(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        now=clock.now(),
        first=_first(request),
        size=PAGE,
    )
    place = Place.of(Uid.parse(grant), Uid.parse(release))
    context = {
        "tree": tree_of(shown.view.room, place, None, is_folder=True).marked(""),
        "items": [(_named(one.name), REASONS[one.reason.value], one.detail) for one in shown.items],
        "first": shown.first,
        "last": shown.first + len(shown.items),
        "total": shown.total,
    }
    return page_of(request, "reading/left_out.html", shown.view, context)


def _steps(place: Place, folder: TreePath | None) -> list[tuple[str, str]]:
    if folder is None:
        return []
    return [(step.name, place.folder(step)) for step in (*folder.ancestors, folder)]


def _others(room: Room) -> list[ReleaseRef]:
    return [one for one in queries.granted(room.grant) if one.uid != room.release.uid]


def _named(name: bytes) -> str:
    """Write a name that may be no path of a release, escaped as paths are."""
    try:
        return str(TreePath(name))
    except InvalidError:
        return name.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
