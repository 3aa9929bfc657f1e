# SPDX-License-Identifier: Apache-2.0
"""What changed between two releases of a grant: as a list of files, and one file side by side."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.releases.differences import is_comparable
from glasshouse.domain.releases.values import Change, ChangeKind, kind_of, sides_of
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.code import characters, difference_html
from glasshouse.edges.web.places import Comparison, Place
from glasshouse.edges.web.showing import page_of, pen_of
from glasshouse.edges.web.tree import size_text
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

PAGE: Final = 200
MARKS: Final = {
    ChangeKind.ADDED: "new",
    ChangeKind.REMOVED: "na",
    ChangeKind.CHANGED: "edited",
    ChangeKind.MOVED: "moved",
}
"""The mark of each kind of change."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One file of the list: what happened to it, both sides' sizes, and where it is compared or opened."""

    kind: ChangeKind
    path: TreePath
    was: TreePath | None
    size_before: str
    size_after: str
    url: str
    is_compared: bool
    is_mode_only: bool

    @property
    def mark(self) -> str:
        """Return the mark of the look that stands for the kind."""
        return MARKS[self.kind]


_COLUMNS: Final = 24
"""Columns of one picture of a line where the page wraps it."""


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Show which releases the viewer may compare; with `grant`, `before` and `after` chosen, go there."""
    viewer = viewer_of(request)
    if {"grant", "before", "after"} <= request.GET.keys():
        chosen = [Uid.parse(request.GET[name]) for name in ("grant", "before", "after")]
        there = Comparison.of(*chosen)
        return redirect(there.functions if request.GET.get("by") == "function" else there.base)
    desk = [found for found in queries.desk(viewer, clock.now()) if len(found.releases) > 1]
    pairs = [
        (found, [(old, new) for old, new in zip(found.releases, found.releases[1:], strict=False)]) for found in desk
    ]
    return render(request, "reading/changes_list.html", {"desk": pairs, "room": "changes"})


@require_safe
def release_changes(request: HttpRequest, grant: str, before: str, after: str) -> HttpResponse:
    """Show which files differ between two releases."""
    grant_uid, before_uid, after_uid = _parsed(grant, before, after)
    shown = commands.open_changes(
        viewer_of(request), grant_uid, before_uid, after_uid, now=clock.now(), first=_first(request), size=PAGE
    )
    there = Comparison.of(grant_uid, before_uid, after_uid)
    old, new = Place.of(grant_uid, before_uid), Place.of(grant_uid, after_uid)
    rows = [_changed(change, there, old, new) for change in shown.changes]
    context = {
        "before": shown.before,
        "rows": rows,
        "counts": [(MARKS[kind], kind, shown.counts[kind]) for kind in ChangeKind],
        "same": shown.same,
        "first": shown.first,
        "last": shown.first + len(rows),
        "total": shown.total,
        "releases": queries.granted(grant_uid),
        "ways": ways_of(there, is_by_function=False),
        "grant": grant_uid,
        "room": "changes",
    }
    return page_of(request, "reading/changes.html", shown.view, context)


@require_safe
def difference(request: HttpRequest, grant: str, before: str, after: str, path: str) -> HttpResponse:
    """Show one file side by side in two releases."""
    grant_uid, before_uid, after_uid = _parsed(grant, before, after)
    inside = TreePath.parse(path)
    was = TreePath.parse(request.GET["was"]) if "was" in request.GET else None
    shown = commands.open_difference(
        viewer_of(request),
        grant_uid,
        before_uid,
        after_uid,
        inside,
        now=clock.now(),
        path_before=was,
        first_row=_first(request),
        at=Span.parse(request.GET["at"]).first if "at" in request.GET else None,
    )
    found = shown.difference
    sides = (line for row in found.rows for line in (row.before, row.after))
    pen = pen_of(request, shown.view, characters(sides), wrap=_COLUMNS)
    there = Comparison.of(grant_uid, before_uid, after_uid)
    context: dict[str, Any] = {
        "before": shown.before,
        "path": inside,
        "was": shown.path_before if shown.path_before != inside else None,
        "difference": found,
        "lines": difference_html(found.rows, pen),
        "digest_before": found.before.digest.short,
        "digest_after": found.after.digest.short,
        "list_url": there.base,
        "here_address": there.file(inside, was),
        "file_before": Place.of(grant_uid, before_uid).file(shown.path_before),
        "file_after": Place.of(grant_uid, after_uid).file(inside),
        "next_row": None if found.next_row is None else found.next_row + 1,
        "first_row": found.first_row,
        "room": "changes",
    }
    return page_of(request, "reading/difference.html", shown.view, context)


def ways_of(there: Comparison, *, is_by_function: bool) -> list[tuple[str, str, bool]]:
    """Return the two ways to list what changed, as tabs."""
    return [
        (gettext("By file"), there.base, not is_by_function),
        (gettext("By function"), there.functions, is_by_function),
    ]


def _changed(change: Change, there: Comparison, old: Place, new: Place) -> Changed:
    before, after = sides_of(change)
    if before is not None and after is not None:
        is_mode_only = before.digest == after.digest and before.path == after.path
        is_compared = before.digest != after.digest and is_comparable(before, after)
        url = there.file(after.path, before.path) if is_compared else new.file(after.path)
        was = before.path if before.path != after.path else None
        return Changed(
            kind_of(change),
            after.path,
            was,
            size_text(before.size),
            size_text(after.size),
            url,
            is_compared,
            is_mode_only,
        )
    place, entry = (new, after) if after is not None else (old, before)
    if entry is None:
        raise TypeError("a change has at least one side")
    sizes = (size_text(before.size) if before else "", size_text(after.size) if after else "")
    return Changed(
        kind_of(change), entry.path, None, *sizes, place.file(entry.path), is_compared=False, is_mode_only=False
    )


def _parsed(grant: str, before: str, after: str) -> tuple[Uid, Uid, Uid]:
    if before == after:
        raise InvalidError("A release does not differ from itself.", hint="Choose two releases.")
    return Uid.parse(grant), Uid.parse(before), Uid.parse(after)


def _first(request: HttpRequest) -> int:
    return Span.parse(request.GET["from"]).first - 1 if "from" in request.GET else 0
