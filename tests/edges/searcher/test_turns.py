# SPDX-License-Identifier: Apache-2.0
"""Who works when: persons take turns, first pages before counts, and a long search gives way."""

import threading
import time
from collections.abc import Callable

import pytest

from glasshouse.edges.searcher.rates import AT_ONCE, Rates
from glasshouse.edges.searcher.turns import SLICE, Turn, Turns
from glasshouse.engines.codeindex.search.questions import SearchBusyError
from glasshouse.kernel.ids import Uid

ADA, BOB, EVE = Uid.new(), Uid.new(), Uid.new()


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


def test_nobody_searches_faster_than_people_do() -> None:
    rates = Rates()
    for _ in range(int(AT_ONCE)):
        rates.take(ADA)
    with pytest.raises(SearchBusyError):
        rates.take(ADA)
    rates.take(BOB)
    time.sleep(0.25)
    rates.take(ADA)
