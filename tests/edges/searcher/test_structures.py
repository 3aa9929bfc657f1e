# SPDX-License-Identifier: Apache-2.0
"""Structural searches in the searcher: turns, what is behind a page, destroyed products, how many at once."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from glasshouse.domain.releases import indexing, queries, structuretool, vault
from glasshouse.domain.releases.models import Release
from glasshouse.edges.searcher import searches as searching_module
from glasshouse.edges.searcher import structures
from glasshouse.edges.searcher.searches import Searches
from glasshouse.edges.searcher.shelf import Shelf
from glasshouse.engines.codeindex.search.questions import Ask, Found, SearchBusyError, Tallied, Waiting
from glasshouse.engines.codeindex.structure.values import Printed, Structure
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from tests.lab import Files, House

ME, OTHER, VISITOR, GRANT = Uid.new(), Uid.new(), Uid.new(), Uid.new()
FILES_MANY = 120
SECONDS = 30


def many() -> Files:
    return {
        f"server-1/d{number % 7}/f{number:03}.c": b"void f%d(void)\n{\n\tstep(%d);\n}\n" % (number, number)
        for number in range(FILES_MANY)
    }


@contextmanager
def searching(taken: Release) -> Iterator[Searches]:
    refs = [queries.ref(taken)]
    indexing.index(refs[0].product, refs)
    made = Searches(Shelf(2**26))
    try:
        yield made
    finally:
        made.close()


def ask(taken: Release, pattern: str, *, person: Uid = ME, patterns: tuple[str, ...] = ("**",), after: str = "") -> Ask:
    product, roots = Uid(taken.product.uid), (Digest(bytes(taken.root)),)
    return Ask(person, VISITOR, GRANT, product, roots, patterns, (), "C", Structure(pattern, "C"), 0, after)


def page(made: Searches, asked: Ask) -> Found:
    found = made.search(asked, wait=SECONDS)
    assert isinstance(found, Found)
    return found


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The real tool, in batches of ten documents; and how many it was given each time."""
    steps: list[int] = []
    run = structuretool.run

    def noting(rule: bytes, files: Sequence[tuple[str, bytes]], *, cancel: threading.Event | None = None) -> Printed:
        steps.append(len(files))
        return run(rule, files, cancel=cancel)

    monkeypatch.setattr(structuretool, "run", noting)
    monkeypatch.setattr(structures, "BATCH_DOCUMENTS", 10)
    return steps


def test_a_page_comes_before_the_whole_and_the_rest_is_counted_while_somebody_asks(
    house: House, small_steps: list[int]
) -> None:
    taken = house.take("1", many())
    with searching(taken) as made:
        found = page(made, ask(taken, "step($N)"))
        assert sum(file.hits for file in found.files) == structures.FIRST
        assert sum(small_steps) < FILES_MANY
        told: list[Tallied] = [found.tally]

        def is_done() -> bool:
            told.append(made.tally(ME, GRANT, found.ticket))
            return not told[-1].is_running

        until(is_done)
        assert (told[-1].lines, told[-1].files, told[-1].is_exact, told[-1].left) == (FILES_MANY, FILES_MANY, True, 0)
        assert [one.lines for one in told] == sorted(one.lines for one in told)
        assert [one.left for one in told] == sorted((one.left for one in told), reverse=True)
        before = len(small_steps)
        more = page(made, ask(taken, "step($N)", after=found.rest))
        assert sum(file.hits for file in more.files) == structures.FIRST
        assert len(small_steps) == before  # what was analysed for the count is not analysed for the page


def test_an_analysis_for_which_nobody_asks_ends(
    house: House, small_steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    del small_steps
    monkeypatch.setattr(searching_module, "WANTED_SECONDS", 0.0)
    taken = house.take("1", many())
    with searching(taken) as made:
        found = page(made, ask(taken, "step($N)"))
        told: list[Tallied] = []

        def has_ended() -> bool:
            told.append(made.tally(ME, GRANT, found.ticket))
            return not told[-1].is_running

        time.sleep(0.5)
        until(has_ended)
        assert (told[-1].is_exact, told[-1].left > 0) == (False, True)


def test_a_page_that_took_its_time_is_shown_as_far_as_it_came_and_the_next_goes_on(
    house: House, small_steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    del small_steps
    monkeypatch.setattr(structures, "SECONDS_WITH_MATCHES", 0.0)
    taken = house.take("1", many())
    with searching(taken) as made:
        places: list[str] = []
        after, pages = "", 0
        while True:
            found = page(made, ask(taken, "step($N)", after=after))
            places += [str(file.place.path) for file in found.files]
            pages += 1
            if not found.rest:
                break
            after = found.rest
        assert sorted(places) == sorted(path.removeprefix("server-1/") for path in many())
        assert pages > FILES_MANY // structures.FIRST + 1


def test_a_product_that_is_destroyed_during_a_search_is_forgotten(house: House, small_steps: list[int]) -> None:
    taken = house.take("1", many())
    product = Uid(taken.product.uid)
    with searching(taken) as made:
        found = page(made, ask(taken, "step($N)"))
        vault.ring().destroy(product)
        for asked in (ask(taken, "step($N)"), ask(taken, "step($N)", after=found.rest)):
            with pytest.raises(NotFoundError):
                made.search(asked, wait=SECONDS)
        with pytest.raises(NotFoundError):
            made.tally(ME, GRANT, found.ticket)
        time.sleep(0.5)
        before = len(small_steps)
        time.sleep(0.5)
        assert len(small_steps) == before


def test_documents_outside_the_grant_are_neither_searched_nor_a_place_to_go_on(house: House) -> None:
    taken = house.take("1", many())
    with searching(taken) as made:
        whole = page(made, ask(taken, "step($N)"))
        narrow = page(made, ask(taken, "step($N)", person=OTHER, patterns=("d3/**",)))
        assert {str(file.place.path).partition("/")[0] for file in narrow.files} == {"d3"}
        assert narrow.tally.lines == len([path for path in many() if "/d3/" in path])
        outside = next(file.digest for file in whole.files if not str(file.place.path).startswith("d3"))
        with pytest.raises(NotFoundError):
            page(made, ask(taken, "step($N)", person=OTHER, patterns=("d3/**",), after=f"{outside}-1"))


def test_a_person_has_three_structural_searches_under_way_and_others_have_theirs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    run = structuretool.run

    def slow(rule: bytes, files: Sequence[tuple[str, bytes]], *, cancel: threading.Event | None = None) -> Printed:
        held.wait(SECONDS)
        return run(rule, files, cancel=cancel)

    monkeypatch.setattr(structuretool, "run", slow)
    taken = house.take("1", many())
    with searching(taken) as made:
        for number in range(3):
            assert isinstance(made.search(ask(taken, f"step({number})"), wait=0), Waiting)
        with pytest.raises(SearchBusyError):
            made.search(ask(taken, "step(3)"), wait=0)
        assert isinstance(made.search(ask(taken, "step(3)", person=OTHER), wait=0), Waiting)
        held.set()
        assert page(made, ask(taken, "step(1)")).files[0].hits == 1
