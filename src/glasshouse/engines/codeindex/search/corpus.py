# SPDX-License-Identifier: Apache-2.0
"""All segments of one product, loaded: the first hits of a query in a scope, and how many there are."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.excerpts import SHOWN, cut
from glasshouse.engines.codeindex.search.folding import NEWLINE
from glasshouse.engines.codeindex.search.loading import (
    COLD,
    Arena,
    Batch,
    Budget,
    Loaded,
    batches,
    filled,
    placed,
    told,
)
from glasshouse.engines.codeindex.search.matching import Matcher, Query, Text, matcher
from glasshouse.engines.codeindex.search.planning import plan
from glasshouse.engines.codeindex.search.results import Count, Hit, Page, Place, Spread
from glasshouse.engines.codeindex.search.scanning import Run, Texts, candidates, in_order, runs
from glasshouse.engines.codeindex.search.scopes import Scope
from glasshouse.engines.codeindex.search.segments import Segment
from glasshouse.engines.codeindex.search.tallying import Tally, chunks_of, counted, every_line
from glasshouse.kernel.errors import GlasshouseError

__all__ = ["SHOWN", "Budget", "Corpus", "Count", "Hit", "Page", "Place", "Scope", "Spread"]

_READERS: Final = 2
_readers: Final = ThreadPoolExecutor(_READERS, thread_name_prefix="load")


def _never() -> bool:
    return False


class Corpus:
    """The documents of one product, each with a number that it keeps; to search while segments are added."""

    def __init__(self, read: Callable[[bytes], bytes], *, budget: Budget) -> None:
        """Take how to read a document by its digest, verified, and what plain text it may hold."""
        self._reads = read
        self._budget = budget
        self._changing = Lock()  # of those who add; those who search take the tuple as it is
        self._segments: tuple[Loaded, ...] = ()
        self._numbers: dict[bytes, int] = {}
        self._generation = 0

    @property
    def documents(self) -> int:
        """How many documents there are, lost ones included; their numbers are below it."""
        return len(self._numbers)

    @property
    def generation(self) -> int:
        """How often the segments have changed."""
        return self._generation

    @property
    def held(self) -> int:
        """How many bytes of plain text are held, those that are awaited included."""
        return sum(arena.size for arena in _arenas(self._segments))

    @property
    def awaited(self) -> int:
        """How many bytes of plain text `load` would read."""
        return sum(int(loaded.rooms.sizes[loaded.awaited].sum()) for loaded in self._segments)

    def add(self, segment: Segment, *, loads: bool = True) -> None:
        """Make a segment's documents searchable; those that are so already stay as they are."""
        self.replace((), segment, loads=loads)

    def replace(self, old: Sequence[Segment], new: Segment, *, loads: bool = True) -> None:
        """Serve from `new`, which MUST hold all of them, the documents of `old`; text that is held is not read again.

        Unless it `loads`, other text is read when it is needed, until `load` has read it. Raises ValueError when an old
        segment is not here or the new one holds less; then nothing has changed.
        """
        with self._changing:
            left = [loaded for loaded in self._segments if not any(loaded.segment is one for one in old)]
            gone = [loaded for loaded in self._segments if any(loaded.segment is one for one in old)]
            if len(gone) != len(old):
                raise ValueError("a segment to replace is not in this corpus")
            served = {number for loaded in left for number in loaded.numbers.tolist()}
            numbers, fresh = self._numbered(new, served)
            alive = {number for number in self._numbers.values() if number >= 0}
            if not alive.intersection(chain.from_iterable(one.numbers.tolist() for one in gone)) <= {*numbers}:
                raise ValueError("the new segment does not hold all documents of the old ones")
            loaded = placed(new, np.array(numbers, dtype=np.int64), budget=self._budget, homes=_homes(gone))
            at = self._segments.index(gone[0]) if gone else len(left)
            self._numbers.update(fresh)
            self._segments = (*left[:at], loaded, *left[at:])
            self._generation += 1
        if loads:
            self.load()

    def load(self, *, is_out: Callable[[], bool] = _never) -> int:
        """Read the text that the budget has room for, in two threads, and return how many documents could not be read.

        These are here no more. All else is searched meanwhile as it is afterwards, only slower. `is_out`, asked by the
        calling thread, may end it early.
        """
        lost = 0
        under_way: deque[tuple[Batch, Future[tuple[list[int], list[int]]]]] = deque()
        for batch in chain.from_iterable(map(batches, self._segments)):
            if is_out():
                break
            under_way.append((batch, _readers.submit(filled, batch, self._reads)))
            if len(under_way) > _READERS:
                lost += self._settle(*under_way.popleft())
        while under_way:
            lost += self._settle(*under_way.popleft())
        return lost

    def _settle(self, batch: Batch, reading: "Future[tuple[list[int], list[int]]]") -> int:
        there, lost = reading.result()
        segment = batch.loaded.segment
        with self._changing:
            self._segments = tuple(told(one, there, lost) if one.segment is segment else one for one in self._segments)
            for document in lost:
                self._lose(segment.digest(document))
        return len(lost)

    def _read(self, digest: bytes) -> bytes:
        """Read a document that a search needs; one that cannot be read fails this search and is in none after it."""
        try:
            return self._reads(digest)
        except GlasshouseError:
            with self._changing:
                self._lose(digest)
            raise

    def _lose(self, digest: bytes) -> None:
        if self._numbers.get(digest, -1) >= 0:
            self._numbers[digest] = -1
            self._generation += 1

    def close(self) -> None:
        """Forget all; the memory goes with the searches that are under way."""
        with self._changing:
            self._segments, self._numbers = (), {}
            self._generation += 1

    def numbers_of(self, digests: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return the number of each document; -1 for one that is not here."""
        known = self._numbers
        return np.fromiter((known.get(digest, -1) for digest in digests), dtype=np.int64, count=len(digests))

    def scope(self, numbers: npt.NDArray[np.int64], weights: npt.NDArray[np.int64]) -> Scope:
        """Return the scope of these documents; `weights` says at how many visible paths each stands."""
        dense = np.zeros(self.documents, dtype=np.int64)
        is_known = (numbers >= 0) & (numbers < len(dense))
        np.add.at(dense, numbers[is_known], weights[is_known])
        return Scope(dense)

    def place(self, digest: bytes, line: int) -> Place | None:
        """Return the place right behind a line of a document; None when the document is not here."""
        number = self._numbers.get(digest)
        return None if number is None or number < 0 else Place(number, line)

    def lines(self, document: int, first: int, last: int) -> tuple[bytes, ...]:
        """Return the lines first..last of a document, counted from 1, as far as it has them, without newlines."""
        loaded, local = _where(self._segments, document)
        begin, end = np.searchsorted(loaded.documents, [local, local + 1]).tolist()
        first = max(first, 1)
        if begin == end or last < first:
            return ()
        firsts = loaded.first_lines[begin:end]
        top = max(begin, begin + int(np.searchsorted(firsts, first, side="right")) - 1)
        bottom = begin + int(np.searchsorted(firsts, last, side="right"))
        text, start, stop = Texts(self._read).of(Run(loaded, top, max(bottom, top + 1), 0))
        return _some_lines(text, start, stop, skipped=first - int(loaded.first_lines[top]), wanted=last - first + 1)

    def may_hold(self, query: Query, scope: Scope) -> npt.NDArray[np.int64]:
        """Return the documents in scope, sorted by number, that the index alone cannot exclude; no text is read."""
        found = [loaded.numbers[loaded.documents[candidates(loaded, plan(query), scope)]] for loaded in self._segments]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def search(
        self,
        query: Query,
        scope: Scope,
        *,
        first: int = 50,
        after: Place | None = None,
        is_out: Callable[[], bool] = _never,
    ) -> Page:
        """Return the first hits behind a place; raises LookupError when `after` is of no document here.

        `is_out` is asked by the calling thread, between steps of a few milliseconds, and may wait for its turn.
        """
        found, texts = matcher(query), Texts(self._read)

        def matches(run: Run) -> tuple[Text, list[tuple[int, int]]]:
            text, start, stop = texts.of(run)
            return text, found.first(text, start, stop, first)

        hits: list[Hit] = []
        for run, result in in_order(self._runs_behind(query, scope, after), matches, is_out):
            if result is None:
                return Page(tuple(hits), _before(run))
            hits.extend(_hits(run, *result, found))
            if len(hits) >= first:
                return Page(tuple(hits[:first]), hits[first - 1].place)
        return Page(tuple(hits), None)

    def count(self, query: Query, scope: Scope, *, is_out: Callable[[], bool] = _never) -> Count:
        """Count what matches; as far as it came when `is_out`, asked as in `search`, ended it."""
        found, segments = matcher(query), self._segments
        if found.is_every_line:
            totals = np.array([(0, 0, 0), *scope.line_totals(segments)], dtype=np.int64).sum(axis=0).tolist()
            return Count(totals[0], totals[1], totals[2], is_exact=True, spread=every_line(segments, scope))
        tally = Tally(found, Texts(self._read), scope)
        for run, result in in_order(counted(query, scope, segments), tally.of, is_out):
            if result is None:
                return tally.total(is_exact=False)
            tally.add(run, *result)
        return tally.total(is_exact=True)

    def spread(self, query: Query, scope: Scope, *, is_out: Callable[[], bool] = _never) -> tuple[Spread, bool]:
        """Count the lines of each document by itself, and say whether `is_out` left time for all of them.

        For what `count` did not tell, as it takes longer the closer the lines lie.
        """
        tally = Tally(matcher(query), Texts(self._read), scope)
        numbers: list[int] = []
        lines: list[int] = []
        for run, result in in_order(counted(query, scope, self._segments), tally.each, is_out):
            if result is None:
                return Spread.of(numbers, lines), False
            numbers += run.loaded.numbers[result[0]].tolist()
            lines += result[1]
        return Spread.of(numbers, lines), True

    def _numbered(self, segment: Segment, served: set[int]) -> tuple[list[int], dict[bytes, int]]:
        """Give each document of a segment its number; -1 where another segment serves it."""
        numbers = []
        fresh: dict[bytes, int] = {}
        for document in range(len(segment)):
            digest = segment.digest(document)
            number = self._numbers.get(digest)
            if number is None:
                number = fresh[digest] = len(self._numbers) + len(fresh)
            numbers.append(-1 if number in served else number)
        return numbers, fresh

    def _runs_behind(self, query: Query, scope: Scope, after: Place | None) -> Iterator[Run]:
        segments, since = self._segments, 0
        if after is not None:
            loaded, local = _where(segments, after.document)
            segments = segments[segments.index(loaded) :]
            begin, end = np.searchsorted(loaded.documents, [local, local + 1]).tolist()
            since = begin + max(int(np.searchsorted(loaded.first_lines[begin:end], after.line, side="right")) - 1, 0)
        for loaded in segments:
            chunks = candidates(loaded, plan(query), scope, since=since)
            if after is not None and since < end and len(chunks) and chunks[0] == since:
                skipped = after.line - int(loaded.first_lines[since]) + 1
                if skipped < loaded.segment.lines[since]:
                    yield Run(loaded, since, since + 1, int(loaded.segment.lengths[since]), max(skipped, 0))
                chunks = chunks[1:]
            yield from runs(loaded, chunks)
            after, since = None, 0


def _hits(run: Run, text: Text, lines: list[tuple[int, int]], found: Matcher) -> Iterator[Hit]:
    loaded = run.loaded
    chunks = chunks_of(run, np.array([begin for begin, _ in lines], dtype=np.int64)).tolist()
    chunk_before, at, line = -1, 0, 0
    for (begin, end), chunk in zip(lines, chunks, strict=True):
        if chunk != chunk_before:
            chunk_before, at, line = chunk, int(loaded.places[chunk]), int(loaded.first_lines[chunk])
        line += int(np.count_nonzero(np.frombuffer(text, np.uint8, begin - at, at) == NEWLINE))
        at = begin
        document = int(loaded.documents[chunk])
        content = bytes(text[begin:end])
        shown, column, spans = cut(content, found.spans(content))
        number = int(loaded.numbers[document])
        yield Hit(number, loaded.segment.digest(document), line, shown, column, end - begin, spans)


def _before(run: Run) -> Place:
    """Return the place right before a run."""
    document = int(run.loaded.documents[run.begin])
    line = int(run.loaded.first_lines[run.begin]) - 1 + run.skipped
    return Place(int(run.loaded.numbers[document]), line)


def _some_lines(text: Text, start: int, stop: int, *, skipped: int, wanted: int) -> tuple[bytes, ...]:
    """Return as many lines of a text, which ends with a newline, as there are behind those skipped."""
    if skipped:
        newlines = np.flatnonzero(np.frombuffer(text, dtype=np.uint8, count=stop - start, offset=start) == NEWLINE)
        start = start + int(newlines[skipped - 1]) + 1 if skipped <= len(newlines) else stop
    return tuple(bytes(text[start : stop - 1]).split(b"\n", wanted)[:wanted]) if start < stop else ()


def _where(segments: Sequence[Loaded], number: int) -> tuple[Loaded, int]:
    for loaded in segments:  # numbers follow each other in a segment as it was built
        local = number - int(loaded.numbers[0]) if len(loaded.numbers) else -1
        if 0 <= local < len(loaded.numbers) and loaded.numbers[local] == number >= 0:
            return loaded, local
    for loaded in segments:
        places = np.flatnonzero(loaded.numbers == number)
        if number >= 0 and len(places):
            return loaded, int(places[0])
    raise LookupError("no document of this corpus has this number")


def _arenas(segments: Iterable[Loaded]) -> set[Arena]:
    return {arena for loaded in segments for arena in loaded.arenas}


def _homes(segments: Iterable[Loaded]) -> dict[int, tuple[Arena, int]]:
    """Return where the text of each document lies that is held."""
    homes = {}
    for loaded in segments:
        firsts = np.flatnonzero(np.diff(loaded.documents, prepend=-1))
        for chunk in firsts[loaded.held_in[firsts] != COLD].tolist():
            number = int(loaded.numbers[loaded.documents[chunk]])
            homes[number] = loaded.arenas[int(loaded.held_in[chunk])], int(loaded.places[chunk])
    homes.pop(-1, None)
    return homes
