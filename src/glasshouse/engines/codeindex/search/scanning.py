# SPDX-License-Identifier: Apache-2.0
"""Going through the candidates: in runs of neighbours, in the corpus's order, in steps short enough to take turns."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Final, NamedTuple, TypeVar

import numpy as np

from glasshouse.engines.codeindex.search.folding import NEWLINE
from glasshouse.engines.codeindex.search.loading import COLD, Integers, Loaded, text_of
from glasshouse.engines.codeindex.search.matching import Text
from glasshouse.engines.codeindex.search.planning import Plan
from glasshouse.engines.codeindex.search.scopes import Scope

_RUN: Final = 1 << 20  # bytes of one call of the matcher
_GAP: Final = 1 << 14  # bytes that are sooner gone through than left out
_ALONE: Final = 4 << 20  # bytes that one thread goes through before a second one helps
_BATCH: Final = 256  # runs of one step
_KEPT: Final = 4  # cold documents in memory at a time

# Two, as re2 lets others run while it works; more would only take turns from each other's searches.
_HELPERS: Final = 2
_helpers: Final = ThreadPoolExecutor(_HELPERS, thread_name_prefix="search")
_Result = TypeVar("_Result")


class Run(NamedTuple):
    """Neighbouring chunks [begin, end) of a segment; the first `skipped` lines were seen before."""

    loaded: Loaded
    begin: int
    end: int
    size: int
    skipped: int = 0


def candidates(loaded: Loaded, plan: Plan, scope: Scope, *, since: int = 0) -> Integers:
    """Return the chunks in scope, from `since` on, that a plan leaves, and small ones between two of them."""
    may_be_read = scope.of_chunks(loaded) > 0
    may_be_read[:since] = False
    left = loaded.segment.postings.candidates(plan) if may_be_read.any() else None
    if left is None:
        return np.flatnonzero(may_be_read)
    left[1:-1] |= left[:-2] & left[2:] & (loaded.segment.lengths[1:-1] < _GAP)
    return np.flatnonzero(may_be_read & left)


def runs(loaded: Loaded, chunks: Integers, *, weights: Integers | None = None) -> Iterator[Run]:
    """Join candidate chunks to runs; all documents of one have the same weight where weights are given.

    The chunks of a cold document are one run with what lies between them, which is in scope as they are.
    """
    if not len(chunks):
        return
    left, right = chunks[:-1], chunks[1:]
    places, ends = loaded.places, loaded.ends
    is_hot = loaded.held_in[left] != COLD
    follows = is_hot & (right == left + 1)
    follows &= (loaded.held_in[left] == loaded.held_in[right]) & (places[right] == ends[left])
    follows |= ~is_hot & (loaded.documents[left] == loaded.documents[right])
    follows &= places[left] // _RUN == places[right] // _RUN
    if weights is not None:
        follows &= weights[left] == weights[right]
    breaks = np.flatnonzero(~follows)
    begins = chunks[np.concatenate([[0], breaks + 1])]
    lasts = chunks[np.concatenate([breaks, [len(chunks) - 1]])]
    sizes = ends[lasts] - places[begins]
    for begin, last, size in zip(begins.tolist(), lasts.tolist(), sizes.tolist(), strict=True):
        yield Run(loaded, begin, last + 1, size)


class Texts:
    """Gives the text of runs: from memory, or read again; keeps the last few documents that were read."""

    def __init__(self, read: Callable[[bytes], bytes]) -> None:
        self._read = read
        self._kept: dict[tuple[Loaded, int], bytes] = {}

    def of(self, run: Run) -> tuple[Text, int, int]:
        """Return a text, and where in it the run begins and ends."""
        loaded = run.loaded
        arena = int(loaded.held_in[run.begin])
        text: Text
        text = loaded.arenas[arena].view if arena != COLD else self._cold(loaded, int(loaded.documents[run.begin]))
        start, stop = int(loaded.places[run.begin]), int(loaded.ends[run.end - 1])
        if run.skipped:
            newlines = np.flatnonzero(np.frombuffer(text, dtype=np.uint8, count=stop - start, offset=start) == NEWLINE)
            start += int(newlines[run.skipped - 1]) + 1
        return text, start, stop

    def _cold(self, loaded: Loaded, document: int) -> bytes:
        text = self._kept.get((loaded, document))
        if text is None:
            text = text_of(loaded.segment, document, self._read)
            if len(self._kept) >= _KEPT:
                self._kept = {}
            self._kept[loaded, document] = text
        return text


def in_order(
    runs: Iterable[Run], work: Callable[[Run], _Result], is_out: Callable[[], bool]
) -> Iterator[tuple[Run, _Result | None]]:
    """Yield each run with what `work` makes of it; None, and no more, for the first that there was no time for.

    `is_out` is asked between short steps, always by the thread that called; two others help once the way is long.
    """
    ways = iter(runs)
    done = 0
    for batch in _batches(ways):
        if done >= _ALONE:
            ways = chain(batch, ways)
            break
        if is_out():
            yield batch[0], None
            return
        for run in batch:
            yield run, work(run)
            done += run.size
    else:
        return
    under_way: deque[tuple[list[Run], Future[list[_Result]]]] = deque()
    try:
        for batch in _batches(ways):
            under_way.append((batch, _helpers.submit(_worked, batch, work)))
            if len(under_way) <= _HELPERS:
                continue
            if is_out():
                yield under_way[0][0][0], None
                return
            yield from _finished(under_way.popleft())
        while under_way:
            yield from _finished(under_way.popleft())
    finally:
        for _, future in under_way:
            future.cancel()


def _batches(runs: Iterable[Run]) -> Iterator[list[Run]]:
    batch: list[Run] = []
    size = 0
    for run in runs:
        batch.append(run)
        size += run.size
        if size >= _RUN or len(batch) >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _worked(batch: list[Run], work: Callable[[Run], _Result]) -> list[_Result]:
    return [work(run) for run in batch]


def _finished(step: tuple[list[Run], Future[list[_Result]]]) -> Iterator[tuple[Run, _Result]]:
    batch, future = step
    yield from zip(batch, future.result(), strict=True)
