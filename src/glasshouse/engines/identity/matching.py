# SPDX-License-Identifier: Apache-2.0
"""Pairing the sightings of two runs one to one.

Each tier pairs what the tiers before it left, by one key. Where a key stands for several, those with the same lines
round them are paired first, and the rest in the order of the source. All steps are linear but for one sort: a file of
fifty thousand equal lines is no harder than another.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from glasshouse.engines.identity.keys import Sighting


class Tier(IntEnum):
    """By what two sightings are one finding, the surest first."""

    LINE = 1
    FILE = 2
    FUNCTION = 3
    AROUND = 4
    NAME = 5
    EDITED = 6

    @property
    def needs_human(self) -> bool:
        """Say whether the line is another, so that a person decides whether the finding is the same."""
        return self is Tier.EDITED


class Match(NamedTuple):
    """Indexes of a sighting before and of the one after that it is."""

    before: int
    after: int
    tier: Tier


Key = Callable[[Sighting], bytes]
Part = Callable[[Sighting], Hashable]
_KEYS: Final[tuple[tuple[Tier, Key], ...]] = (
    (Tier.LINE, lambda one: one.keys.line),
    (Tier.FILE, lambda one: one.keys.file),
    (Tier.FUNCTION, lambda one: one.keys.function),
    (Tier.AROUND, lambda one: one.keys.around),
    (Tier.NAME, lambda one: one.keys.name),
    (Tier.EDITED, lambda one: one.keys.form + one.hint.encode() if one.hint else b""),
    (Tier.EDITED, lambda one: one.keys.form),
)
_ROUNDS: Final[tuple[Part, ...]] = (
    lambda one: one.near,
    lambda one: (one.near.before, one.near.after),
    lambda one: (one.path, one.near.before),
    lambda one: (one.path, one.near.after),
    lambda one: one.near.before,
    lambda one: one.near.after,
    lambda one: one.path,
    lambda _: True,
)
"""What ties are broken by: the lines round a sighting, from both sides to one, then its file, then order alone."""


def match(before: Sequence[Sighting], after: Sequence[Sighting]) -> list[Match]:
    """Return who is who, in the order of `after`. Who is in no match is gone, or new.

    The same sightings twice match all in the first tier. The order in which sightings are given does not matter.
    """
    matching = _Matching(before, after)
    for tier, key in _KEYS:
        matching.take(tier, key)
    return sorted(matching.found, key=lambda one: one.after)


class _Matching:
    """Two runs, and who of them is still unmatched, in the order of the source."""

    def __init__(self, before: Sequence[Sighting], after: Sequence[Sighting]) -> None:
        self._before, self._after = before, after
        self._old, self._new = _sorted(before), _sorted(after)
        self.found: list[Match] = []

    def take(self, tier: Tier, key: Key) -> None:
        """Match who shares a key."""
        pairs = list(self._paired(key))
        self.found.extend(Match(a, b, tier) for a, b in pairs)
        gone, come = {a for a, _ in pairs}, {b for _, b in pairs}
        self._old = [a for a in self._old if a not in gone]
        self._new = [b for b in self._new if b not in come]

    def _paired(self, key: Key) -> Iterator[tuple[int, int]]:
        groups: defaultdict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for a in self._old:
            if value := key(self._before[a]):
                groups[value][0].append(a)
        for b in self._new:
            if (value := key(self._after[b])) and value in groups:
                groups[value][1].append(b)
        for left, right in groups.values():
            if len(left) == len(right) == 1:
                yield left[0], right[0]
            elif right:
                yield from self._untied(left, right)

    def _untied(self, left: Sequence[int], right: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Pair a group, round by round, as many as its smaller side holds."""
        for part in _ROUNDS:
            waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
            for a in left:
                waiting[part(self._before[a])].append(a)
            rest: list[int] = []
            for b in right:
                if same := waiting.get(part(self._after[b])):
                    yield same.popleft(), b
                else:
                    rest.append(b)
            still = {a for places in waiting.values() for a in places}
            left, right = [a for a in left if a in still], rest
            if not left or not right:
                return


def _sorted(sightings: Sequence[Sighting]) -> list[int]:
    """Return the places of sightings in the order of the source; keys order those that it does not."""

    def order(place: int) -> tuple[bytes, int, int, bytes, bytes]:
        one = sightings[place]
        return one.path, one.line, one.column, one.keys.line, one.keys.form

    return sorted(range(len(sightings)), key=order)
