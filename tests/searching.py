# SPDX-License-Identifier: Apache-2.0
"""A real searcher in threads of this process, for tests that need no process of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.values import SearchPending, SearchShown
from glasshouse.domain.releases import indexing, queries, searching
from glasshouse.domain.releases.found import Asked, StructureAsked, Tally
from glasshouse.domain.releases.models import Release
from glasshouse.edges.searcher.listening import listening_at
from glasshouse.edges.searcher.serving import serve
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.stopping import Stop
from tests.lab import NOW, Desk

SECONDS = 20


def index(*taken: Release) -> None:
    """Index releases as the worker's job does."""
    refs = [queries.ref(row) for row in taken]
    indexing.index(refs[0].product, refs)


@contextmanager
def searcher() -> Iterator[None]:
    """Serve searches of the lab that the settings name."""
    searching.forget()
    stop = Stop()
    path = settings.GLASSHOUSE.run / "search.sock"
    with listening_at(path) as listening:
        thread = threading.Thread(target=serve, args=(listening, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(SECONDS)
            assert not thread.is_alive()
            path.unlink()


def search(desk: Desk, pattern: str, *, after: str = "", **how: object) -> SearchShown:
    """Search the desk's releases, without context unless it is asked for, until a page is shown."""
    asked = Asked(pattern, **{"context": 0, **how})  # type: ignore[arg-type] # of Asked's fields
    return search_as(desk.viewer, desk, asked, after=after)


def search_as(viewer: Viewer, desk: Desk, asked: Asked, *, after: str = "") -> SearchShown:
    """Search as somebody, joining the search while it is pending."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        releases = [Uid(row.uid) for row in desk.taken]
        shown = commands.search(viewer, desk.grant, releases, asked, now=NOW, after=after)
        if isinstance(shown, SearchShown):
            return shown
        assert isinstance(shown, SearchPending)
        time.sleep(0.01)
    raise AssertionError("the search is pending for ever")


def structural_search(desk: Desk, pattern: str, language: str = "C", *, after: str = "", **how: object) -> SearchShown:
    """Search the desk's releases for code, without context unless it is asked for, until a page is shown."""
    asked = StructureAsked(pattern, language, **{"context": 0, **how})  # type: ignore[arg-type] # of its fields
    releases = [Uid(row.uid) for row in desk.taken]
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        shown = commands.structural_search(desk.viewer, desk.grant, releases, asked, now=NOW, after=after)
        if isinstance(shown, SearchShown):
            return shown
        time.sleep(0.01)
    raise AssertionError("the search is pending for ever")


def tally(desk: Desk, shown: SearchShown) -> Tally:
    """Wait for the tally of a search."""
    until = time.monotonic() + SECONDS
    found = shown.tally
    while (found.is_running or found.is_sharing) and time.monotonic() < until:
        time.sleep(0.01)
        found = commands.search_tally(desk.viewer, desk.grant, shown.ticket, now=NOW)
    return found


def lines_of(shown: SearchShown) -> list[tuple[str, int, str]]:
    """Return every line that a page shows: path, number, text."""
    return [
        (str(file.path), line.number, "".join(part.token.text for part in line.parts))
        for file in shown.files
        for stretch in file.stretches
        for line in stretch.lines
    ]
