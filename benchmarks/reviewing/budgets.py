# SPDX-License-Identifier: Apache-2.0
"""Fifty programs that want more than a budget has, all at once: no line more is shown than it has."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from benchmarks.measure import Conditions, Row, quantity
from benchmarks.searching import ground

if TYPE_CHECKING:
    from benchmarks.searching.ground import Seat
    from glasshouse.domain.access.models import Budget

CLIENTS: Final = 50
CALLS: Final = 8
BUDGET: Final = 3_217
"""Lines, and no multiple of what a call may cost."""
_MOST: Final = 60
_FILES: Final = 12
_FIRST: Final = 400
"""The last line that a call may begin at; each file is longer than what a call may ask for from there."""


@dataclass(slots=True)
class _Told:
    """What the clients were shown: the lines by number and file, what they cost, and how often they were refused."""

    charged: int = 0
    seen: set[tuple[str, str, int]] = field(default_factory=set)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, grant: str, status: int, answer: dict[str, object]) -> None:
        """Count an answer; one that is neither a page nor the refusal of a budget is an error."""
        with self.lock:
            if status == http.client.OK:
                showing, lines = answer["showing"], answer["lines"]
                assert isinstance(showing, dict)
                assert isinstance(lines, list)
                self.charged += showing["charged"]
                self.seen |= {(grant, str(answer["path"]), line["number"]) for line in lines}
                return
            assert answer.get("code") == "access.budget-exhausted", answer
            self.refused += 1


@dataclass(frozen=True, slots=True)
class _Race:
    """What the clients ask for, where, when, and what they are told."""

    paths: Sequence[str]
    port: int
    start: threading.Barrier = field(default_factory=lambda: threading.Barrier(CLIENTS))
    told: _Told = field(default_factory=_Told)

    def run(self, seated: Sequence["Seat"]) -> float:
        """Let all clients ask at once, each in the name of one of these; return the seconds it took."""
        threads = [
            threading.Thread(target=self._ask, args=(number, seated[number % len(seated)])) for number in range(CLIENTS)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - begun

    def _ask(self, number: int, seat: "Seat") -> None:
        _, grant, release, cookie = seat
        draw = random.Random(number)  # noqa: S311 -- repeatable, not secret
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        self.start.wait()
        for _ in range(CALLS):
            first = draw.randint(1, _FIRST)
            asked = f"path={quote(draw.choice(self.paths))}&lines={first}-{first + draw.randint(0, _MOST - 1)}"
            place = f"/api/v1/grants/{grant}/releases/{release}/file?{asked}"
            connection.request("GET", place, headers={"Cookie": cookie, "X-Glasshouse": "benchmark"})
            answer = connection.getresponse()
            self.told.take(grant.text, answer.status, json.loads(answer.read()))
        connection.close()


def _files() -> list[str]:
    from glasshouse.domain.releases import queries

    entries = queries.manifest(ground.releases(ground.CORPUS)[0]).entries()
    long = (str(one.path) for one in entries if one.lines >= _FIRST + _MOST and not one.is_binary)
    return list(islice(long, _FILES))


def rows(port: int, conditions: Conditions) -> list[Row]:
    """Let fifty clients of one account, then of two accounts of one organisation, ask for more than there is."""
    from glasshouse.domain.access.models import Budget, Scope

    paths = _files()
    alone = ground.reviewers(1, organisations=["Alone"])
    two = ground.reviewers(2, organisations=["Together"])
    whole, shared = alone[0][1].text, two[0][0].organisation.text
    races = (
        (
            f"lines beyond a budget, {CLIENTS} clients at once",
            alone,
            lambda: Budget.objects.get(scope=Scope.GRANT, key=whole),
        ),
        (
            f"lines beyond what two accounts share, {CLIENTS} clients",
            two,
            lambda: Budget.objects.get(scope=Scope.ORGANISATION, key=shared),
        ),
    )
    return [_row(bar, seated, find, _Race(paths, port), conditions) for bar, seated, find in races]


def _row(bar: str, seated: Sequence["Seat"], find: Callable[[], "Budget"], race: _Race, conditions: Conditions) -> Row:
    budget, told = find(), race.told
    type(budget).objects.filter(pk=budget.pk).update(total_limit=budget.total_used + BUDGET)
    took = race.run(seated)
    assert len(told.seen) <= told.charged, (len(told.seen), told.charged)
    assert find().total_used - budget.total_used == told.charged
    assert told.refused, "nobody asked for more than there was"
    said = f"{told.charged:,} of {BUDGET:,} lines shown and charged, {told.refused} of {CLIENTS * CALLS} asked in vain"
    beyond = max(0, told.charged - BUDGET)
    return quantity(bar, beyond, 0, "", peer=f"{said}, {took:.1f} s", conditions=conditions)
