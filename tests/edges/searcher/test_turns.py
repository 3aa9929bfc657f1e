# SPDX-License-Identifier: Apache-2.0
"""Who works when: persons take turns, first pages before counts, and a long search gives way."""

import threading
import time
from collections.abc import Callable

import pytest

from glasshouse.edges.searcher import rates as searcher_rates
from glasshouse.edges.searcher.rates import Rates
from glasshouse.edges.searcher.turns import SLICE, Turn, Turns
from glasshouse.engines.codeindex.search.questions import SearchBusyError
from glasshouse.kernel.ids import Uid

ADA, BOB, EVE, THEIRS = Uid.new(), Uid.new(), Uid.new(), Uid.new()


class Bench:
    """Searches that work in steps of two milliseconds, and who worked in which order."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.inside = 0
        self._threads: list[threading.Thread] = []

    def start(self, name: str, person: Uid, steps: int, *, is_page: bool, hands: int = 1) -> None:
        """Begin a search with so many threads of its own."""

        def work(turn: Turn) -> None:
            for _ in range(steps):
                self.order.append(name)
                time.sleep(0.002)
                turn.give_way()

        def run() -> None:
            with self.turns.turn(person, is_page=is_page) as turn:
                helpers = [threading.Thread(target=work, args=(turn,)) for _ in range(hands - 1)]
                for helper in helpers:
                    helper.start()
                work(turn)
                for helper in helpers:
                    helper.join()

        thread = threading.Thread(target=run)
        thread.start()
        self._threads.append(thread)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.001)

    def join(self) -> list[str]:
        """Wait for all of them."""
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()
        return self.order


def test_a_first_page_overtakes_a_count_that_runs() -> None:
    bench = Bench()
    bench.start("count", ADA, 100, is_page=False)
    bench.wait_until(lambda: len(bench.order) > 3)
    began = time.monotonic()
    bench.start("page", BOB, 3, is_page=True)
    bench.wait_until(lambda: "page" in bench.order)
    assert time.monotonic() - began < 5 * SLICE
    order = bench.join()
    first = order.index("page")
    assert order[first : first + 3] == ["page"] * 3
    assert order.count("count") == 100


def test_one_persons_long_pages_delay_anothers_by_slices_not_by_their_length() -> None:
    bench = Bench()
    for number in range(4):
        bench.start(f"long{number}", ADA, 200, is_page=True)
    bench.wait_until(lambda: len(bench.order) > 3)
    began = time.monotonic()
    bench.start("short", BOB, 2, is_page=True)
    bench.wait_until(lambda: bench.order.count("short") == 2)
    assert time.monotonic() - began < 0.1  # the promise: never more than 100 ms
    bench.join()


def test_persons_take_turns_however_many_searches_one_of_them_has() -> None:
    bench = Bench()
    for number in range(5):
        bench.start(f"eve{number}", EVE, 60, is_page=False)
    bench.start("ada", ADA, 60, is_page=False)
    bench.wait_until(lambda: bench.order.count("ada") == 60)
    worked = len(bench.order) - 60
    assert worked < 3 * 60, "half of the time was hers, not a sixth"
    bench.join()


def test_a_search_of_several_threads_stops_all_of_them_while_another_works() -> None:
    bench = Bench()
    bench.start("wide", ADA, 50, is_page=False, hands=3)
    bench.wait_until(lambda: len(bench.order) > 6)
    bench.start("page", BOB, 5, is_page=True)
    order = bench.join()
    assert order.count("wide") == 150
    first = order.index("page")
    # A step that had begun is finished beside it, and no other begins.
    assert order[first : first + 8].count("page") == 5


def test_nobody_begins_more_searches_in_a_minute_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searcher_rates, "WINDOW", 0.3)
    rates = Rates(by_person=5, by_organisation=100)
    for _ in range(5):
        rates.take(ADA, THEIRS)
    with pytest.raises(SearchBusyError, match=r"You search faster.*5 searches a minute") as refused:
        rates.take(ADA, THEIRS)
    assert refused.value.hint == "Go on in 1 s."
    rates.take(BOB, THEIRS)
    time.sleep(0.35)
    rates.take(ADA, THEIRS)


def test_an_organisation_does_not_get_round_the_cap_with_many_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searcher_rates, "WINDOW", 0.3)
    rates = Rates(by_person=2, by_organisation=5)
    for _ in range(5):
        rates.take(Uid.new(), THEIRS)
    for person in (ADA, Uid.new()):
        with pytest.raises(SearchBusyError, match="Your organisation"):
            rates.take(person, THEIRS)
    rates.take(EVE, Uid.new())
    time.sleep(0.35)
    for _ in range(2):  # what was refused was not counted
        rates.take(ADA, THEIRS)
