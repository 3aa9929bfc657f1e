# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: one search works at a time, on all cores, and gives way every few milliseconds.

First pages come before counts, and persons take turns, however many searches each of them has. A search asks
`is_out` all the time to learn whether it should end; the turn is passed there.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from glasshouse.kernel.ids import Uid

SLICE: Final = 0.01
"""Seconds after which a search lets another one work."""


class Turn:
    """A search that works or waits for its turn."""

    def __init__(self, turns: "Turns", person: Uid, *, is_page: bool) -> None:
        self._turns = turns
        self.person = person
        self.is_page = is_page
        self.since = 0.0

    def give_way(self) -> None:
        """Let others work if it is their turn, and return when it is this one's again. Of any of its threads."""
        self._turns.give_way(self)


class Turns:
    """The queue of all searches of a searcher."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: Turn | None = None
        self._waiting: list[Turn] = []
        self._served: dict[Uid, int] = {}
        self._count = 0

    @contextmanager
    def turn(self, person: Uid, *, is_page: bool) -> Iterator[Turn]:
        """Work in turns with the others for as long as the block lasts."""
        mine = Turn(self, person, is_page=is_page)
        with self._changed:
            self._waiting.append(mine)
            self._pass_on()
            self._wait_for(mine)
        try:
            yield mine
        finally:
            with self._changed:
                if self._holder is mine:
                    self._holder = None
                else:
                    self._waiting.remove(mine)
                self._pass_on()

    def give_way(self, mine: Turn) -> None:
        """Pass the turn on when this search had its time, or is a count while a page waits."""
        if self._holder is mine and not self._is_due(mine):
            return  # by far the most frequent answer, and needs no lock
        with self._changed:
            if self._holder is mine and self._is_due(mine):
                self._holder = None
                self._waiting.append(mine)
                self._pass_on()
            self._wait_for(mine)

    def _is_due(self, mine: Turn) -> bool:
        waiting = self._waiting
        if not waiting:
            return False
        if time.perf_counter() - mine.since < SLICE:
            return not mine.is_page and any(other.is_page for other in waiting)
        return not mine.is_page or any(other.is_page for other in waiting)

    def _wait_for(self, mine: Turn) -> None:
        while self._holder is not mine:
            self._changed.wait()

    def _pass_on(self) -> None:
        if self._holder is not None or not self._waiting:
            if not self._waiting and self._holder is None:
                self._served.clear()
            return
        chosen = min(self._waiting, key=lambda one: (not one.is_page, self._served.get(one.person, 0)))
        self._waiting.remove(chosen)
        self._count += 1
        self._served[chosen.person] = self._count
        chosen.since = time.perf_counter()
        self._holder = chosen
        self._changed.notify_all()
