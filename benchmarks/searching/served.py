# SPDX-License-Identifier: Apache-2.0
"""Searching as people do: over HTTP, signed in, every page charged and journalled before it is shown."""

import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50
from benchmarks.pages import wait_for_lab
from benchmarks.searching import asking, ground
from benchmarks.searching.asking import Searcher
from benchmarks.searching.questions import QUESTIONS
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.kernel.ids import Uid

THINK: Final = 2.0
_PAUSE: Final = 0.02


@dataclass(slots=True)
class Person:
    """Somebody signed in, with a grant on the corpus, who keeps a connection for the pages of a search."""

    grant: Uid
    release: Uid
    cookie: str
    connection: http.client.HTTPConnection

    def ask(self, query: Query) -> float:
        """Return the seconds until a page is shown, as the page's script would wait for it."""
        asked = {
            "releases": [str(self.release)],
            "pattern": query.pattern,
            "is_literal": query.is_literal,
            "ignores_case": query.ignores_case,
            "whole_word": query.whole_word,
            "context": 0,
        }
        self.connection.close()  # the server does so when it is long unused; opening it again is in the time
        begun = time.perf_counter()
        while self._post(asked)["showing"] is None:
            time.sleep(_PAUSE)
        return time.perf_counter() - begun

    def _post(self, asked: dict[str, object]) -> dict[str, Any]:
        headers = {"Cookie": self.cookie, "X-Glasshouse": "benchmark", "Content-Type": "application/json"}
        self.connection.request("POST", f"/api/v1/grants/{self.grant}/search", json.dumps(asked), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, (answer.status, text[:300])
        told: dict[str, Any] = json.loads(text)
        return told


@contextmanager
def serving() -> Iterator[Searcher]:
    """Run the lab as it is run, and yield its searcher when it holds the corpus."""
    from django.conf import settings

    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings"}
    command = [sys.executable, "-m", "glasshouse.edges.cli", "serve", "--listen", f"127.0.0.1:{ground.PORT}"]
    process = subprocess.Popen([*command, "--workers", "2"], env=environment)
    ref = ground.releases(ground.CORPUS)[0]
    searcher = Searcher(settings.GLASSHOUSE.run / "search.sock", ref.product, ref.root)
    try:
        wait_for_lab(ground.PORT)
        asking.wait_for(searcher)
        yield searcher
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def rows(folder: Path, *, number: int, seconds: float, repeats: int) -> list[Row]:
    """Compare HTTP with the socket, then let many people search at once."""
    seated = ground.reviewers(number)
    ground.forget_jobs()
    people = [
        Person(grant, release, cookie, http.client.HTTPConnection("localhost", ground.PORT, timeout=30))
        for _, grant, release, cookie in seated
    ]
    with serving() as searcher:
        for person in people:
            person.ask(QUESTIONS[0].query)
        return [_added(folder, searcher, people, repeats), _many(folder, people, seconds)]


def _added(folder: Path, searcher: Searcher, people: Sequence[Person], repeats: int) -> Row:
    """Ask each query over HTTP and on the socket in turn; tell what HTTP, sign-in, charge and journal add."""
    others = Others()
    added: dict[str, float] = {}
    turn = 0
    for question in QUESTIONS:
        pairs: list[tuple[float, float]] = []
        for _ in range(repeats):
            turn += 1
            full = people[turn % len(people)].ask(question.query)
            time.sleep(0.05)
            bare, found, asked = searcher.ask(question.query, ground.whole())
            searcher.settle(found, asked)
            pairs.append((full, bare))
        full, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        added[question.name] = (full - bare) * 1000
    worst = max(added, key=added.__getitem__)
    return at_most(
        "over HTTP, signed in and journalled: added to a first page, the worst p50",
        added[worst],
        40,
        "ms",
        peer=f"{worst}; median of {len(added)} queries {statistics.median(added.values()):.1f} ms",
        conditions=Conditions(fsync_p50(folder), others.share()),
    )


def _many(folder: Path, people: Sequence[Person], seconds: float) -> Row:
    """Let one person search, then all of them, with a time to think between two searches."""
    others = Others()
    alone = _searching(people[:1], seconds, think=0.5)
    together = _searching(people, seconds, think=THINK)
    single, p95 = _at(alone, 0.95), _at(together, 0.95)
    return at_most(
        f"{len(people)} people, {THINK:.0f} s to think: p95 of a first page",
        p95,
        2 * single + 50,
        "ms",
        peer=f"{len(together)} searches, p50 {_at(together, 0.5):.1f} ms; one person p95 {single:.1f} ms, p50"
        f" {_at(alone, 0.5):.1f} ms; the limit is twice that and 50 ms",
        conditions=Conditions(fsync_p50(folder), others.share()),
    )


def _searching(people: Sequence[Person], seconds: float, *, think: float) -> list[float]:
    """Return the times of first pages, in ms and in order."""
    until = time.monotonic() + seconds
    times: list[float] = []

    def work(number: int, person: Person) -> None:
        draw = random.Random(number)  # noqa: S311 -- repeatable, not secret
        time.sleep(draw.random() * think)
        while time.monotonic() < until:
            times.append(person.ask(draw.choice(QUESTIONS).query) * 1000)
            time.sleep(think * draw.uniform(0.5, 1.5))

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)


def _at(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]
