# SPDX-License-Identifier: Apache-2.0
"""Counting: the lines that match, run by run, at every visible path of their documents."""

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.loading import Loaded
from glasshouse.engines.codeindex.search.matching import Matcher, Query
from glasshouse.engines.codeindex.search.planning import plan
from glasshouse.engines.codeindex.search.results import Count, Spread
from glasshouse.engines.codeindex.search.scanning import Run, Texts, candidates, runs
from glasshouse.engines.codeindex.search.scopes import Scope

_FEW: Final = 64  # hits of a run that are looked at one by one
_DENSE: Final = 4096  # bytes between two hits under which that is slower than counting


def _never() -> bool:
    return False


class Tally:
    """Counts runs: their lines by `of`, which threads may share, and their sum by `add`."""

    def __init__(self, found: Matcher, texts: Texts, scope: Scope) -> None:
        self._found, self._texts, self._scope = found, texts, scope
        self._lines = 0
        self._numbers: list[int] = []
        self._is_summed = False
        self._marks: dict[Loaded, npt.NDArray[np.bool_]] = {}
        self._is_dense = False  # whether hits lay close in the last run: a guess, so that threads may race for it

    def of(self, run: Run) -> tuple[int, npt.NDArray[np.int64]]:
        """Return how many lines match, and in which documents of the segment: for each line, or once if they differ."""
        text, start, stop = self._texts.of(run)
        lines = 0
        if not self._is_dense:
            some = self._found.first(text, start, stop, _FEW)
            lines = len(some)
            if lines < _FEW:
                return lines, run.loaded.documents[chunks_of(run, np.array([a for a, _ in some], dtype=np.int64))]
            start = min(some[-1][1] + 1, stop)
        lines += self._found.count(text, start, stop, is_out=_never)[0]
        self._is_dense = lines * _DENSE > run.size
        if not lines:
            return 0, np.empty(0, dtype=np.int64)
        begins, bounds = _bounds(run)
        return lines, run.loaded.documents[begins[self._found.holding(text, bounds)]]

    def each(self, run: Run) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return in which documents of the segment lines match, and how many in each."""
        text, start, stop = self._texts.of(run)
        if not self._is_dense:
            some = self._found.first(text, start, stop, _FEW)
            if len(some) < _FEW:
                documents = run.loaded.documents[chunks_of(run, np.array([a for a, _ in some], dtype=np.int64))]
                return documents, [1] * len(some)
        begins, bounds = _bounds(run)
        is_held = self._found.holding(text, bounds)
        lines = [self._found.count(text, *bound, is_out=_never)[0] for bound in compress(bounds, is_held)]
        self._is_dense = sum(lines) * _DENSE > run.size
        return run.loaded.documents[begins[is_held]], lines

    def add(self, run: Run, lines: int, documents: npt.NDArray[np.int64]) -> None:
        """Add a run's count, at each visible path of its documents."""
        if lines:
            self._lines += lines * int(self._scope.of_chunks(run.loaded)[run.begin])
            if run.loaded not in self._marks:
                self._marks[run.loaded] = np.zeros(len(run.loaded.numbers), dtype=np.bool_)
            self._marks[run.loaded][documents] = True
            self._is_summed |= lines != len(documents)
            self._numbers += run.loaded.numbers[documents].tolist()

    def total(self, *, is_exact: bool) -> Count:
        """Return the count so far."""
        documents = sum(int(marks.sum()) for marks in self._marks.values())
        files = sum(int(self._scope.of_documents(loaded)[marks].sum()) for loaded, marks in self._marks.items())
        spread = None if self._is_summed else Spread.of(self._numbers, [1] * len(self._numbers))
        return Count(self._lines, documents, files, is_exact, spread)


def counted(query: Query, scope: Scope, segments: Iterable[Loaded]) -> Iterator[Run]:
    """Yield the runs to count; all documents of one stand at as many paths."""
    for loaded in segments:
        yield from runs(loaded, candidates(loaded, plan(query), scope), weights=scope.of_chunks(loaded))


def every_line(segments: Iterable[Loaded], scope: Scope) -> Spread:
    """Return how many lines each document in scope has."""
    numbers, lines = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for loaded in segments:
        of_each = np.zeros(len(loaded.numbers), dtype=np.int64)
        np.add.at(of_each, loaded.documents, loaded.segment.lines)
        counts = (scope.of_documents(loaded) > 0) & (of_each > 0)
        numbers.append(loaded.numbers[counts])
        lines.append(of_each[counts])
    return Spread.of(np.concatenate(numbers).tolist(), np.concatenate(lines).tolist())


def _bounds(run: Run) -> tuple[npt.NDArray[np.int64], list[tuple[int, int]]]:
    """Return the first chunk of each document of a run, and where in the text it begins and ends."""
    loaded = run.loaded
    is_first = loaded.first_lines[run.begin : run.end] == 1
    is_first[0] = True
    begins = np.flatnonzero(is_first) + run.begin
    lasts = np.append(begins[1:], run.end) - 1
    return begins, list(zip(loaded.places[begins].tolist(), loaded.ends[lasts].tolist(), strict=True))


def chunks_of(run: Run, begins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return in which chunks of a run these places of its text lie."""
    places = run.loaded.places[run.begin : run.end]
    return np.asarray(np.searchsorted(places, begins, side="right") - 1 + run.begin, dtype=np.int64)
