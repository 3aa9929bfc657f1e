# SPDX-License-Identifier: Apache-2.0
"""Pairing the sightings of two runs one to one.

Each tier pairs what the tiers before it left, by one key. Where a key stands for several, those with the same lines
round them are paired first, and the rest in the order of the source. All steps are linear but for sorting: a file of
fifty thousand equal lines is no harder than another.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.engines.identity.keys import Sighting
from glasshouse.engines.identity.tables import Numbers, Records, Sightings, numbered
from glasshouse.engines.identity.tiers import Match, Tier


class _Place(NamedTuple):
    """What ties are broken by."""

    path: int
    near: tuple[int, int, int, int]


Part = Callable[[_Place], Hashable]
_LINE, _FILE, _FUNCTION, _AROUND, _NAME, _FORM = range(6)
_TIERS: Final = (
    (Tier.LINE, _LINE, False),
    (Tier.FILE, _FILE, False),
    (Tier.FUNCTION, _FUNCTION, False),
    (Tier.AROUND, _AROUND, False),
    (Tier.NAME, _NAME, False),
    (Tier.EDITED, _FORM, True),
    (Tier.EDITED, _FORM, False),
)
"""A tier, its key, and whether the hint is part of it."""
_ROUNDS: Final[tuple[Part, ...]] = (
    lambda one: one.near,
    lambda one: (one.near[1], one.near[2]),
    lambda one: (one.path, one.near[1]),
    lambda one: (one.path, one.near[2]),
    lambda one: one.near[1],
    lambda one: one.near[2],
    lambda one: one.path,
    lambda _: True,
)
"""What ties are broken by: the lines round a sighting, from both sides to one, then its file, then order alone."""


def match(before: Sequence[Sighting], after: Sequence[Sighting]) -> list[Match]:
    """Return who is who, in the order of `after`. Who is in no match is gone, or new.

    The same sightings twice match all in the first tier. The order in which sightings are given does not matter.
    """
    found = paired(Sightings.of(before), Sightings.of(after))
    return [
        Match(a, b, Tier(tier))
        for b, (a, tier) in enumerate(zip(found.before.tolist(), found.tiers.tolist(), strict=True))
        if tier
    ]


class Paired(NamedTuple):
    """For each sighting after: which one before it is, and by what tier; -1 and 0 where it is none."""

    before: Numbers
    tiers: NDArray[np.uint8]


def paired(before: Sightings, after: Sightings) -> Paired:
    """Return who is who, as `match` does, of tables."""
    matching = _Matching(before, after)
    for tier, key, is_hinted in _TIERS:
        matching.take(tier, key, is_hinted=is_hinted)
    return matching.found


class _Matching:
    """Two runs, and who of them is still unmatched, in the order of the source."""

    def __init__(self, before: Sightings, after: Sightings) -> None:
        self._before, self._after = before.records, after.records
        self._old, self._new = _sorted(before), _sorted(after)
        every = list(dict.fromkeys((*before.paths, *after.paths)))
        self._old_paths, self._new_paths = before.among(every), after.among(every)
        self.found = Paired(np.full(len(after), -1, np.int64), np.zeros(len(after), np.uint8))

    def take(self, tier: Tier, key: int, *, is_hinted: bool) -> None:
        """Match who shares a key."""
        old, left = _keyed(self._before, self._old, key, is_hinted=is_hinted)
        new, right = _keyed(self._after, self._new, key, is_hinted=is_hinted)
        numbers, count = numbered(np.concatenate([left, right]))
        left_of, right_of = numbers[: len(old)], numbers[len(old) :]
        lefts, rights = np.bincount(left_of, minlength=count), np.bincount(right_of, minlength=count)
        single = (lefts == 1) & (rights == 1)
        a, b = np.zeros(count, np.int64), np.zeros(count, np.int64)
        a[left_of], b[right_of] = old, new
        self._note(tier, a[single], b[single])
        tied = (lefts > 0) & (rights > 0) & ~single
        if tied.any():
            pairs = np.array(list(self._untied_all(old, left_of, new, right_of, tied)), np.int64).reshape(-1, 2)
            self._note(tier, pairs[:, 0], pairs[:, 1])

    def _note(self, tier: Tier, a: Numbers, b: Numbers) -> None:
        self.found.before[b], self.found.tiers[b] = a, tier
        gone = np.zeros(len(self._before), bool)
        gone[a] = True
        self._old = self._old[~gone[self._old]]
        self._new = self._new[self.found.tiers[self._new] == 0]

    def _untied_all(
        self, old: Numbers, left_of: Numbers, new: Numbers, right_of: Numbers, tied: NDArray[np.bool_]
    ) -> Iterator[tuple[int, int]]:
        here, there = tied[left_of], tied[right_of]
        left, right = old[here].tolist(), new[there].tolist()
        places = dict(zip(left, _places(self._before, self._old_paths, old[here]), strict=True))
        others = dict(zip(right, _places(self._after, self._new_paths, new[there]), strict=True))
        groups: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for a, number in zip(left, left_of[here].tolist(), strict=True):
            groups[number][0].append(a)
        for b, number in zip(right, right_of[there].tolist(), strict=True):
            groups[number][1].append(b)
        for group in groups.values():
            yield from _untied(*group, places, others)


def _untied(
    left: Sequence[int], right: Sequence[int], before: dict[int, _Place], after: dict[int, _Place]
) -> Iterator[tuple[int, int]]:
    """Pair a group, round by round, as many as its smaller side holds."""
    for part in _ROUNDS:
        waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for a in left:
            waiting[part(before[a])].append(a)
        rest: list[int] = []
        for b in right:
            if same := waiting.get(part(after[b])):
                yield same.popleft(), b
            else:
                rest.append(b)
        still = {a for places in waiting.values() for a in places}
        left, right = [a for a in left if a in still], rest
        if not left or not right:
            return


def _places(records: Records, paths: Numbers, which: Numbers) -> Iterator[_Place]:
    near = records["near"][which].tolist()
    return (_Place(path, tuple(one)) for path, one in zip(paths[which].tolist(), near, strict=True))


def _keyed(records: Records, which: Numbers, key: int, *, is_hinted: bool) -> tuple[Numbers, NDArray[np.uint64]]:
    """Return those that have the key, and their keys."""
    keys = records["keys"][which, key].astype(np.uint64)
    if is_hinted:
        hints = records["hint"][which].astype(np.uint64)
        has = hints.any(axis=1)
        keys = np.concatenate([keys, hints], axis=1)
    else:
        has = keys.any(axis=1)
    return which[has], keys[has]


def _sorted(sightings: Sightings) -> Numbers:
    """Return the places of sightings in the order of the source; keys order those that it does not."""
    records = sightings.records
    of_keys = [records["keys"][:, key, part] for key in (_LINE, _FORM) for part in (0, 1)]
    of_text = [*records["near"].T, *records["hint"].T]
    order = (sightings.among(sorted(sightings.paths)), records["line"], records["column"], *of_keys, *of_text)
    return np.lexsort([one.astype(np.int64 if one.dtype.kind == "i" else np.uint64) for one in reversed(order)])
