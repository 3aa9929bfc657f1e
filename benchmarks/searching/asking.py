# SPDX-License-Identifier: Apache-2.0
"""Asking the searcher itself, on its socket: first pages and counts beside ripgrep's, whole and within a grant."""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50, quantity
from benchmarks.searching import ground, peer
from benchmarks.searching.questions import DENSE, FIRST_MS, MANY, QUESTIONS, SCAN_SECONDS, Kind, Question
from glasshouse.engines.codeindex.search import asking
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.questions import Ask, Found, SearcherSilentError, Tallied, Waiting
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

_PULSE: Final = 0.003
_WAIT: Final = 5.0
_SCANS_APART: Final = 0.2
_MORE: Final = 2  # first pages taken besides, for each that is taken with ripgrep's
_NOTHING: Final = Tallied(0, 0, is_exact=False, is_running=True)


@dataclass(frozen=True, slots=True)
class Searcher:
    """A searcher that runs, and the release it is asked about."""

    socket: Path
    product: Uid
    root: Digest

    def ask(self, query: Query, patterns: Sequence[str], *, person: Uid | None = None) -> tuple[float, Found, Ask]:
        """Return the seconds to the first page; a new person asks, who has asked nothing before."""
        asked = Ask(
            person=person or Uid.new(),
            organisation=Uid.new(),
            grant=Uid.new(),
            product=self.product,
            roots=(self.root,),
            patterns=tuple(patterns),
            paths=(),
            language="",
            query=query,
            context=0,
        )
        begun = time.perf_counter()
        while isinstance(found := asking.search(self.socket, asked, wait=_WAIT), Waiting):
            pass
        return time.perf_counter() - begun, found, asked

    def count(self, found: Found, asked: Ask) -> Tallied:
        """Wait for the count of a search."""
        told = found.tally
        while told.is_running:
            time.sleep(_PULSE)
            told = asking.tally(self.socket, asked.person, asked.grant, found.ticket)
        return told

    def settle(self, found: Found, asked: Ask) -> None:
        """Wait until nothing is under way for a search, so that what is measured next has the machine."""
        told = found.tally
        while told.is_running or told.is_sharing:
            time.sleep(_PULSE)
            told = asking.tally(self.socket, asked.person, asked.grant, found.ticket)


@dataclass(slots=True)
class Taken:
    """Times of one query, in seconds: ours and ripgrep's."""

    question: Question
    others: float = 0.0
    first: list[float] = field(default_factory=list)
    count: list[float] = field(default_factory=list)
    peer_first: list[float] = field(default_factory=list)
    peer_count: list[float] = field(default_factory=list)
    tally: Tallied = _NOTHING
    peer_tally: tuple[int, int] = (0, 0)

    def p50(self, times: str) -> float:
        """Return the median of a column, in ms."""
        columns = {
            "first": self.first,
            "count": self.count,
            "peer_first": self.peer_first,
            "peer_count": self.peer_count,
        }
        return statistics.median(columns[times]) * 1000

    @property
    def is_same(self) -> bool:
        """Whether the count is ripgrep's, or at most that where it is "at least"."""
        ours = (self.tally.lines, self.tally.files)
        return ours == self.peer_tally if self.tally.is_exact else ours[0] <= self.peer_tally[0]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was taken: of everything, and of a grant of some folders."""

    whole: Sequence[Taken]
    narrow: Sequence[Taken]
    folders: int


@contextmanager
def searching() -> Iterator[Searcher]:
    """Run a searcher on the lab, as `glasshouse serve` does, until the block ends."""
    from django.conf import settings

    socket = settings.GLASSHOUSE.run / "search.sock"
    socket.unlink(missing_ok=True)
    command = [sys.executable, "-m", "glasshouse.edges.searcher", "--socket", str(socket)]
    process = subprocess.Popen(command)
    ref = ground.releases(ground.CORPUS)[0]
    searcher = Searcher(socket, ref.product, ref.root)
    try:
        wait_for(searcher)
        yield searcher
    finally:
        process.terminate()
        process.wait(30)


def wait_for(searcher: Searcher) -> None:
    """Wait until the whole corpus is searched."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            _, found, _ = searcher.ask(QUESTIONS[-1].query, ground.whole())
        except SearcherSilentError:
            time.sleep(0.1)
            continue
        if found.loading is None and all(one.reason != "not-indexed" for one in found.skipped):
            return
        time.sleep(0.1)
    raise SystemExit("the searcher did not come up")


def ask_all(folder: Path, searcher: Searcher, *, repeats: int) -> Answers:
    """Ask every query of both sides in turn, on everything and within a grant of a tenth."""
    patterns, places = ground.part(folder, one_in=10)
    return Answers(
        [taken(searcher, one, ground.whole(), [ground.tree(folder)], repeats) for one in (*QUESTIONS, *DENSE)],
        [taken(searcher, one, patterns, places, repeats) for one in QUESTIONS],
        len(patterns),
    )


def judged(folder: Path, answers: Answers) -> list[Row]:
    """Judge first pages and counts."""
    whole, narrow = answers.whole, answers.narrow
    fsync = fsync_p50(folder)
    found: list[Row] = []
    for one in whole:
        found += [_first(one, fsync), _count(one, fsync)]
    asked = whole[: len(QUESTIONS)]
    conditions = Conditions(fsync, max(one.others for one in (*whole, *narrow)))
    worst = max(asked, key=lambda one: one.p50("first") / one.p50("peer_first"))
    scans = [one for one in asked if one.question.kind is Kind.NOTHING and one.tally.is_exact]
    slowest = max(scans, key=lambda one: one.p50("count"))
    wrong = [one.question.name for one in (*whole, *narrow) if not one.is_same]
    return [
        *found,
        quantity(
            "first 50 against ripgrep, the worst",
            worst.p50("first") / worst.p50("peer_first"),
            1.0,
            "x",
            peer=f"{worst.question.name}: {worst.p50('first'):.1f} ms, ripgrep {worst.p50('peer_first'):.1f} ms",
            conditions=conditions,
        ),
        at_most(
            "counted without a trigram, the slowest",
            slowest.p50("count") / 1000,
            SCAN_SECONDS,
            "s",
            peer=f"{slowest.question.name}; ripgrep {slowest.p50('peer_count') / 1000:.2f} s",
            conditions=Conditions(fsync, slowest.others),
        ),
        _granted(asked, narrow, answers.folders, conditions),
        quantity(
            "queries whose count is not ripgrep's, whole and granted",
            len(wrong),
            0,
            "",
            peer=", ".join(wrong) or f"{len(whole) + len(narrow)} compared",
            conditions=conditions,
        ),
    ]


def taken(
    searcher: Searcher, question: Question, patterns: Sequence[str], places: Sequence[Path], repeats: int
) -> Taken:
    """Ask one query of both sides, several times in turn."""
    result = Taken(question)
    others = Others()
    for _ in range(repeats):
        begun = time.perf_counter()
        first, found, asked = searcher.ask(question.query, patterns)
        result.tally = searcher.count(found, asked)
        result.first.append(first)
        result.count.append(time.perf_counter() - begun)
        searcher.settle(found, asked)
        result.peer_first.append(peer.first(question.query, places))
        seconds, *counted = peer.count(question.query, places)
        result.peer_count.append(seconds)
        result.peer_tally = (counted[0], counted[1])
        for _ in range(_MORE):
            seconds, found, asked = searcher.ask(question.query, patterns)
            searcher.settle(found, asked)
            result.first.append(seconds)
    result.others = others.share()
    return result


def _first(one: Taken, fsync: float) -> Row:
    return at_most(
        f"first 50 of {one.question.name}",
        one.p50("first"),
        FIRST_MS[one.question.kind],
        "ms",
        peer=f"{one.question.kind}; ripgrep {one.p50('peer_first'):.1f} ms",
        conditions=Conditions(fsync, one.others),
    )


def _count(one: Taken, fsync: float) -> Row:
    """Judge a count against ripgrep's; a pattern with very many hits may end as "at least", in time."""
    ours, theirs = one.p50("count"), one.p50("peer_count")
    limit = 1.0 if one.question.is_literal else 1.2
    is_free = not one.question.is_literal and one.peer_tally[0] > MANY
    said = f"{one.tally.lines:,} lines" if one.tally.is_exact else f"at least {one.tally.lines:,} lines"
    told = f"{said}: {ours:.0f} ms; ripgrep {one.peer_tally[0]:,} in {theirs:.0f} ms"
    bar, value = f"count of {one.question.name}", round(ours / theirs, 3)
    conditions = Conditions(fsync, one.others)
    if is_free:
        return Row(bar, value, 0, "x", ours <= 2_200, f"{told}, 2 s allowed; {conditions}")
    return Row(bar, value, limit, "x", one.tally.is_exact and value <= limit, f"{told}; {conditions}")


def _granted(whole: Sequence[Taken], narrow: Sequence[Taken], folders: int, conditions: Conditions) -> Row:
    """Judge first pages within a grant: at most 1.3 times the whole's, or a fifth of its count."""

    def share(pair: tuple[Taken, Taken]) -> float:
        every, some = pair
        return some.p50("first") / max(1.3 * every.p50("first"), 0.2 * every.p50("count"))

    worst = max(zip(whole, narrow, strict=True), key=share)
    return quantity(
        "first 50 in a grant of 10 % of the paths, of what is allowed, the worst",
        share(worst),
        1.0,
        "x",
        peer=f"{folders} folders; {worst[1].question.name}: {worst[1].p50('first'):.1f} ms, whole"
        f" {worst[0].p50('first'):.1f} ms, its count {worst[0].p50('count'):.0f} ms",
        conditions=conditions,
    )


def beside_a_scan(folder: Path, searcher: Searcher, *, times: int) -> Row:
    """Ask for a literal while another person's full scans run, one after the other."""
    literal = QUESTIONS[1].query
    others = Others()
    alone = [_asked(searcher, literal) for _ in range(times)]
    with _busy(
        lambda number, person: searcher.ask(Query(rf"\b[a-f0-9]{{40}}zq{number}\b"), ground.whole(), person=person)
    ):
        time.sleep(0.2)
        beside = []
        for _ in range(times):
            beside.append(_asked(searcher, literal))
            time.sleep(0.05)
    return at_most(
        "a literal beside another's full scan, the longest delay",
        (max(beside) - statistics.median(alone)) * 1000,
        100,
        "ms",
        peer=f"p50 {statistics.median(beside) * 1000:.1f} ms of {times}, alone {statistics.median(alone) * 1000:.1f}"
        f" ms, at longest {max(alone) * 1000:.1f} ms",
        conditions=Conditions(fsync_p50(folder), others.share()),
    )


def _asked(searcher: Searcher, query: Query) -> float:
    seconds, found, asked = searcher.ask(query, ground.whole())
    searcher.settle(found, asked)
    return seconds


@contextmanager
def _busy(scan: Callable[[int, Uid], object]) -> Iterator[None]:
    stop, person = threading.Event(), Uid.new()

    def work() -> None:
        number = 0
        while not stop.is_set():
            scan(number, person)
            number += 1
            stop.wait(_SCANS_APART)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
