# SPDX-License-Identifier: Apache-2.0
"""In which chunks of a segment each trigram stands: lists of 16-bit numbers, or a bitmap where that is shorter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.folding import TRIGRAMS
from glasshouse.engines.codeindex.search.planning import Join, Plan

MAX_CHUNKS: Final = 1 << 16
_AT_ONCE: Final = 1 << 20  # entries that are moved in one step, which bounds the memory of a merge

Marks = npt.NDArray[np.bool_]


class Lists(NamedTuple):
    """Trigrams in ascending order, how many chunks each is in, and these chunks in ascending order, end to end."""

    trigrams: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    chunks: npt.NDArray[np.uint16]

    @classmethod
    def of_keys(cls, keys: npt.NDArray[np.uint64]) -> Self:
        """Make lists of distinct keys, each a trigram before the 16 bits of a chunk; sorts them in place."""
        keys.sort()
        codes = (keys >> np.uint64(16)).astype(np.uint32)
        begins = np.flatnonzero(np.diff(codes, prepend=np.uint32(TRIGRAMS)))
        counts = np.diff(begins, append=len(codes))
        return cls(codes[begins], counts, keys.astype(np.uint16))

    def renumbered(self, numbers: npt.NDArray[np.int64]) -> "Lists":
        """Give each chunk its new number, in the same order; chunks with a negative one are left out."""
        if len(numbers) == 0 or numbers.min() >= 0:
            return Lists(self.trigrams, self.counts, numbers.astype(np.uint16)[self.chunks])
        stays = numbers[self.chunks] >= 0
        kept = np.zeros(len(stays) + 1, dtype=np.int64)
        np.cumsum(stays, out=kept[1:])
        ends = np.cumsum(self.counts)
        counts = kept[ends] - kept[ends - self.counts]
        chunks = numbers[self.chunks[stays]].astype(np.uint16)
        return Lists(self.trigrams[counts > 0], counts[counts > 0], chunks)


def joined(parts: Sequence[Lists]) -> Lists:
    """Join lists of which each has only higher chunk numbers than those before it."""
    if len(parts) == 1:
        return parts[0]
    totals = np.zeros(TRIGRAMS, dtype=np.int64)
    for part in parts:
        totals[part.trigrams] += part.counts
    places = np.cumsum(totals) - totals
    chunks = np.empty(int(totals.sum()), dtype=np.uint16)
    for part in parts:
        ends = np.cumsum(part.counts)
        begin = 0
        for upto in np.append(np.arange(_AT_ONCE, len(part.chunks), _AT_ONCE), len(part.chunks)).tolist():
            stop = int(np.searchsorted(ends, upto, side="right")) if upto < len(part.chunks) else len(ends)
            if stop <= begin:
                continue
            trigrams, counts = part.trigrams[begin:stop], part.counts[begin:stop]
            first, last = int(ends[begin] - counts[0]), int(ends[stop - 1])
            shifts = places[trigrams] - (ends[begin:stop] - counts)
            chunks[np.repeat(shifts, counts) + np.arange(first, last)] = part.chunks[first:last]
            places[trigrams] += counts
            begin = stop
    trigrams = np.flatnonzero(totals).astype(np.uint32)
    return Lists(trigrams, totals[trigrams], chunks)


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Lists as they rest and are asked: `words` holds each trigram's chunks, or their bitmap where that is shorter."""

    chunks: int
    trigrams: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    words: npt.NDArray[np.uint16]
    _begins: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls,
        chunks: int,
        trigrams: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.int64],
        words: npt.NDArray[np.uint16],
    ) -> Self:
        """Take columns as they rest; raises ValueError when their lengths do not fit together."""
        lengths = np.minimum(counts, _words_of_a_bitmap(chunks))
        if len(counts) != len(trigrams) or int(lengths.sum()) != len(words):
            raise ValueError("the postings' lengths differ from what their counts say")
        return cls(chunks, trigrams, counts, words, np.cumsum(lengths) - lengths)

    @classmethod
    def packed(cls, chunks: int, lists: Lists) -> Self:
        """Turn the long lists into bitmaps."""
        width = _words_of_a_bitmap(chunks)
        is_long = lists.counts > width
        stays = ~np.repeat(is_long, lists.counts)
        lengths = np.minimum(lists.counts, width)
        begins = np.cumsum(lengths) - lengths
        words = np.empty(int(lengths.sum()), dtype=np.uint16)
        in_words = np.ones(len(words), dtype=np.bool_)
        ends = np.cumsum(lists.counts)
        for row in np.flatnonzero(is_long).tolist():
            marks = np.zeros(width * 16, dtype=np.bool_)
            marks[lists.chunks[ends[row] - lists.counts[row] : ends[row]]] = True
            place = slice(int(begins[row]), int(begins[row]) + width)
            words[place] = np.packbits(marks, bitorder="little").view("<u2")
            in_words[place] = False
        words[in_words] = lists.chunks[stays]
        return cls.of(chunks, lists.trigrams, lists.counts, words)

    def unpacked(self) -> Lists:
        """Return plain lists again."""
        chunks = np.empty(int(self.counts.sum()), dtype=np.uint16)
        width = _words_of_a_bitmap(self.chunks)
        is_long = self.counts > width
        in_chunks = np.repeat(~is_long, self.counts)
        stays = np.repeat(~is_long, np.minimum(self.counts, width))
        chunks[in_chunks] = self.words[stays]
        ends = np.cumsum(self.counts)
        for row in np.flatnonzero(is_long).tolist():
            chunks[ends[row] - self.counts[row] : ends[row]] = np.flatnonzero(self._marks(row))
        return Lists(self.trigrams, self.counts, chunks)

    def candidates(self, plan: Plan) -> Marks | None:
        """Mark the chunks that a plan leaves; None when it leaves all."""
        if plan.is_all:
            return None
        codes = np.array(sorted(plan.codes()), dtype=np.uint32)
        rows = np.searchsorted(self.trigrams, codes)
        known = rows < len(self.trigrams)
        known[known] = self.trigrams[rows[known]] == codes[known]
        found = dict(zip(codes[known].tolist(), rows[known].tolist(), strict=True))
        return self._left_by(plan, found)

    def _left_by(self, plan: Plan, rows: dict[int, int]) -> Marks:
        if plan.join is Join.ANY_OF:
            marks = np.zeros(self.chunks, dtype=np.bool_)
            for row in self._rows(plan.trigrams, rows):
                self._mark(row, marks)
            for part in plan.parts:
                marks |= self._left_by(part, rows)
            return marks
        if not plan.trigrams <= rows.keys():
            return np.zeros(self.chunks, dtype=np.bool_)
        marks = np.ones(self.chunks, dtype=np.bool_)
        for row in self._rows(plan.trigrams, rows):  # the rarest first, so that nothing is soon nothing
            marks &= self._marks(row)
            if not marks.any():
                return marks
        for part in plan.parts:
            marks &= self._left_by(part, rows)
        return marks

    def _rows(self, trigrams: Iterable[int], rows: dict[int, int]) -> list[int]:
        return sorted((rows[code] for code in trigrams if code in rows), key=self.counts.__getitem__)

    def _marks(self, row: int) -> Marks:
        marks = np.zeros(self.chunks, dtype=np.bool_)
        self._mark(row, marks)
        return marks

    def _mark(self, row: int, marks: Marks) -> None:
        begin, count, width = self._begins[row], self.counts[row], _words_of_a_bitmap(self.chunks)
        if count <= width:
            marks[self.words[begin : begin + count]] = True
        else:
            bits = np.unpackbits(self.words[begin : begin + width].view(np.uint8), bitorder="little", count=self.chunks)
            marks |= bits.view(np.bool_)


def _words_of_a_bitmap(chunks: int) -> int:
    return (chunks + 15) // 16
