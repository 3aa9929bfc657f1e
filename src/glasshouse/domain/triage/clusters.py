# SPDX-License-Identifier: Apache-2.0
"""What several tools say of the same lines, linked and never merged: pure functions over where each result lies.

Two detections are alike when they are of different tools, lie in the same file of a release at lines that overlap, and
share a family of weaknesses. A cluster is all that likeness connects. A side's own word links two that are not alike,
or parts two that are. A hostile tool may put any number of results on one line, so no pair is looked at in vain.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Pair = tuple[int, int]
_MOST_PARTED: Final = 2_000
"""Members of a cluster that a word parts; of a larger one the word is kept, and does not count."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a detection lies, by its row: in which file, at which lines, found by which tool, of which families.

    `place` stands for a file of one release, and so for its content; it and `first` are 0 where there is none.
    """

    row: int
    tool: str
    place: int
    first: int
    last: int
    families: frozenset[str]

    def is_like(self, other: "Mark") -> bool:
        """Say whether another tool says of some of the same lines what this one says."""
        return (
            self.tool != other.tool
            and self.place == other.place != 0
            and self.first != 0 != other.first
            and self.first <= other.last
            and other.first <= self.last
            and not self.families.isdisjoint(other.families)
        )


def clusters(marks: Collection[Mark], words: Mapping[Pair, bool]) -> list[list[int]]:
    """Return the clusters of more than one detection, each by its rows in order, the first by its first row.

    `words` says of a pair, the smaller row first, that a side links or parts it.
    """
    known = {one.row: one for one in marks}
    parents = {row: row for row in known}
    for left, right in _alike(marks):
        _join(parents, left, right)
    linked = [pair for pair, is_linked in words.items() if is_linked and pair[0] in known and pair[1] in known]
    for left, right in linked:
        _join(parents, left, right)
    found = _groups(parents)
    parted = {pair for pair, is_linked in words.items() if not is_linked}
    if parted:
        touched = {_root(parents, row) for pair in parted for row in pair if row in parents}
        found = [
            part
            for group in found
            for part in (
                _without(group, known, parted, set(linked)) if _root(parents, group[0]) in touched else [group]
            )
        ]
    return sorted(group for group in found if len(group) > 1)


def _alike(marks: Iterable[Mark]) -> Iterator[Pair]:
    """Yield enough pairs that are alike to connect all that likeness connects."""
    places: defaultdict[tuple[int, str], list[Mark]] = defaultdict(list)
    for one in marks:
        if one.place and one.first:
            for family in one.families:
                places[one.place, family].append(one)
    for here in places.values():
        yield from _sweep(sorted(here, key=lambda one: (one.first, one.last, one.row)))


def _sweep(here: Sequence[Mark]) -> Iterator[Pair]:
    """Yield pairs of one place. What one of another tool reaches is connected from then on, and counts as one."""
    reaching: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # last line and row, by tool
    for one in here:
        for tool in list(reaching):
            ahead = [(last, row) for last, row in reaching[tool] if last >= one.first]
            if tool != one.tool and ahead:
                for _, row in ahead:
                    yield one.row, row
                ahead = [max(ahead)]
            reaching[tool] = ahead
        reaching[one.tool].append((one.last, one.row))


def _without(
    group: Sequence[int], known: Mapping[int, Mark], parted: Collection[Pair], linked: Collection[Pair]
) -> list[list[int]]:
    """Return what is left of a cluster whose side parts some of its pairs."""
    if len(group) > _MOST_PARTED:
        return [list(group)]
    parents = {row: row for row in group}
    for at, left in enumerate(group):
        for right in group[at + 1 :]:
            pair = (left, right)
            if pair not in parted and (pair in linked or known[left].is_like(known[right])):
                _join(parents, left, right)
    return _groups(parents)


def _root(parents: dict[int, int], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


def _join(parents: dict[int, int], left: int, right: int) -> None:
    one, other = sorted((_root(parents, left), _root(parents, right)))
    parents[other] = one


def _groups(parents: dict[int, int]) -> list[list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for row in sorted(parents):
        found[_root(parents, row)].append(row)
    return list(found.values())
