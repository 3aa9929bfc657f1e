# SPDX-License-Identifier: Apache-2.0
"""One file side by side in two releases.

Lines are matched by anchors: common beginnings and ends first, then lines that occur once on both sides in rising
order (patience), then the gaps between, exactly where they are small and repeat little. A hostile pair of files
costs n log n, never n squared: where a gap is too large, or the gaps before it took all the work that one pair of
files may take, it is shown as replaced, which is true if not shortest.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

MAX_GAP = 120
# Equal pairs of lines times blocks they may fall into, over all gaps of a pair of files: a second or two at worst.
# Ordinary files need a hundredth of it.
MAX_WORK = 20_000_000


class Side(StrEnum):
    """What a row of the difference shows."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Pair:
    """A row: the line's index on each side, from 0, None where the side has none."""

    side: Side
    before: int | None
    after: int | None


class _Stretch(NamedTuple):
    """Indexes from `low` up to `high`, which is not included, on both sides."""

    low_a: int
    high_a: int
    low_b: int
    high_b: int

    @property
    def is_small(self) -> bool:
        return self.high_a - self.low_a <= MAX_GAP and self.high_b - self.low_b <= MAX_GAP


def matches(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield pairs of indexes of equal lines, rising on both sides."""
    head = 0
    shorter = min(len(before), len(after))
    while head < shorter and before[head] == after[head]:
        yield head, head
        head += 1
    tail = 0
    while tail < shorter - head and before[-tail - 1] == after[-tail - 1]:
        tail += 1
    high_a, high_b = len(before) - tail, len(after) - tail
    low_a = low_b = head
    gaps = _Gaps(before, after)
    for index_a, index_b in _anchors(before, after, _Stretch(low_a, high_a, low_b, high_b)):
        yield from gaps.matches(_Stretch(low_a, index_a, low_b, index_b))
        yield index_a, index_b
        low_a, low_b = index_a + 1, index_b + 1
    yield from gaps.matches(_Stretch(low_a, high_a, low_b, high_b))
    yield from ((high_a + step, high_b + step) for step in range(tail))


class _Gaps:
    """Matches between anchors; all gaps of a pair of files share one allowance of work."""

    def __init__(self, before: Sequence[bytes], after: Sequence[bytes]) -> None:
        self._before, self._after = before, after
        self._work_left = MAX_WORK

    def matches(self, gap: _Stretch) -> Iterator[tuple[int, int]]:
        """Match equal neighbours of the anchor first, the rest exactly when it is small and the work allows it."""
        low_a, high_a, low_b, high_b = gap
        while low_a < high_a and low_b < high_b and self._before[low_a] == self._after[low_b]:
            yield low_a, low_b
            low_a, low_b = low_a + 1, low_b + 1
        rest = _Stretch(low_a, high_a, low_b, high_b)
        if rest.is_small and self._may_match(rest):
            matcher = SequenceMatcher(None, self._before[low_a:high_a], self._after[low_b:high_b], autojunk=False)
            for start_a, start_b, size in matcher.get_matching_blocks():
                yield from ((low_a + start_a + step, low_b + start_b + step) for step in range(size))

    def _may_match(self, gap: _Stretch) -> bool:
        """Pay for a gap: each block that is found may look at every pair of equal lines again."""
        count_b = Counter(self._after[gap.low_b : gap.high_b])
        pairs = sum(count_b[line] for line in self._before[gap.low_a : gap.high_a])
        self._work_left -= pairs * min(gap.high_a - gap.low_a, gap.high_b - gap.low_b)
        return self._work_left >= 0


def _anchors(before: Sequence[bytes], after: Sequence[bytes], part: _Stretch) -> list[tuple[int, int]]:
    """Return lines that occur once on each side, the longest series that rises on both."""
    count_a = Counter(before[part.low_a : part.high_a])
    count_b = Counter(after[part.low_b : part.high_b])
    place_b = {after[index]: index for index in range(part.low_b, part.high_b) if count_b[after[index]] == 1}
    return _rising(
        [
            (index, place_b[before[index]])
            for index in range(part.low_a, part.high_a)
            if count_a[before[index]] == 1 and before[index] in place_b
        ]
    )


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest series of pairs that rises on both sides (patience sorting); the first side rises already."""
    tops: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for place, (_, value) in enumerate(pairs):
        pile = bisect_left(tops, value)
        back.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(value)
            ends.append(place)
        else:
            tops[pile], ends[pile] = value, place
    series = []
    place = ends[-1] if ends else -1
    while place >= 0:
        series.append(pairs[place])
        place = back[place]
    return series[::-1]
