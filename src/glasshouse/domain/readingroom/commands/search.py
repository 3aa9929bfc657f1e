# SPDX-License-Identifier: Apache-2.0
"""Searching: every line that is shown is charged and recorded, and each query costs at least one.

The pattern is the visitor's: it rests where the visitor's side alone can open it.
"""

from collections.abc import Sequence
from datetime import datetime

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.journal.values import Fields, Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.searches import KIND, STRUCTURE_KIND
from glasshouse.domain.readingroom.values import Room, SearchPending, SearchShown, VisitRef
from glasshouse.domain.releases import finding
from glasshouse.domain.releases.finding import FoundPage
from glasshouse.domain.releases.found import Asked, StructureAsked, Tally
from glasshouse.engines.codeindex.search.questions import Waiting
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

MAX_RELEASES = 64


def search(
    viewer: Viewer, grant: Uid, releases: Sequence[Uid], asked: Asked, *, now: datetime, after: str = ""
) -> SearchShown | SearchPending:
    """Show a viewer the lines that a pattern matches in releases of a grant, a page at a time, and record which.

    `after` is the `rest` of the page before. A page that takes longer than a request waits is pending: the same call
    again joins it, and nothing is charged before it is shown.
    """
    return _search(viewer, grant, releases, asked, now=now, after=after)


def structural_search(
    viewer: Viewer, grant: Uid, releases: Sequence[Uid], asked: StructureAsked, *, now: datetime, after: str = ""
) -> SearchShown | SearchPending:
    """Show a viewer the code that a pattern of syntax matches in releases of a grant, a page at a time, and record it.

    As `search`; `hits` and the tally count matches, each by its first line, and the first 24 lines of a match are
    shown. A page that takes long is shown as far as it came, and `rest` goes on there. Files that could not be analysed
    are in `not_searched`. Raises InvalidError for a pattern that is no code of its language.
    """
    return _search(viewer, grant, releases, asked, now=now, after=after)


def _search(
    viewer: Viewer, grant: Uid, releases: Sequence[Uid], asked: Asked | StructureAsked, *, now: datetime, after: str
) -> SearchShown | SearchPending:
    if not 1 <= len(set(releases)) == len(releases) <= MAX_RELEASES:
        raise InvalidError(f"A search looks through 1 to {MAX_RELEASES} different releases.")
    rooms = [queries.open_room(viewer, grant, release, Purpose.SEARCH, now=now) for release in releases]
    room = rooms[0]
    visit = visit_of(room)
    refs = tuple(one.release for one in rooms)
    page = finding.find(viewer, grant, refs, room.terms.patterns, asked, after=after)
    if isinstance(page, Waiting):
        return SearchPending(refs, page.loading)
    return show_found(viewer, rooms, visit, page, asked, after=after, now=now)


def show_found(
    viewer: Viewer,
    rooms: Sequence[Room],
    visit: VisitRef,
    page: FoundPage,
    asked: Asked | StructureAsked,
    *,
    after: str,
    now: datetime,
    more: Fields | None = None,
) -> SearchShown:
    """Charge and record a page of found lines in rooms that were judged; `more` is recorded of the showing besides."""
    view = show(
        viewer,
        rooms[0],
        visit,
        STRUCTURE_KIND if isinstance(asked, StructureAsked) else KIND,
        shown=page.shown,
        fields={**_fields(rooms, page), **(more or {})},
        source={"files": page.evidence} if page.evidence else {},
        name="found",
        visitor={"query": _query(asked, after)},
        at_least=1,
        now=now,
    )
    return SearchShown(
        view=view,
        releases=tuple(room.release for room in rooms),
        files=page.files,
        hits=page.hits,
        lines=page.lines,
        rest=page.rest,
        ticket=page.ticket,
        tally=page.tally,
        searched=page.searched,
        not_searched=page.not_searched,
        seconds=page.seconds,
        loading=page.loading,
    )


def search_tally(viewer: Viewer, grant: Uid, ticket: str, *, now: datetime) -> Tally:
    """Tell a viewer how much their search has found by now; no line of source, so nothing is charged.

    Raises NotFoundError for a ticket that was not given to this viewer under this grant.
    """
    queries.check_may_go_on(viewer, grant, Purpose.SEARCH, now=now)
    return finding.tally(viewer.uid, grant, ticket, queries.granted(grant))


def _fields(rooms: Sequence[Room], page: FoundPage) -> dict[str, Json]:
    return {
        "files": len(page.files),
        "hits": page.hits,
        "lines": str(page.digest),
        "of": page.lines,
        "releases": [str(room.release.root) for room in rooms],
    }


def _query(asked: Asked | StructureAsked, after: str) -> Fields:
    if isinstance(asked, StructureAsked):
        return {
            "after": after,
            "context": asked.context,
            "language": asked.language,
            "paths": list(asked.paths),
            "pattern": asked.pattern,
        }
    return {
        "after": after,
        "context": asked.context,
        "ignores_case": asked.ignores_case,
        "is_literal": asked.is_literal,
        "language": asked.language,
        "paths": list(asked.paths),
        "pattern": asked.pattern,
        "whole_word": asked.whole_word,
    }
