# SPDX-License-Identifier: Apache-2.0
"""How many standings there are of each severity at each path, in the order of a list, as columns.

A report never changes, so what was counted once under the same patterns and the same narrowing is remembered.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from glasshouse.domain.detections.models import Standing
from glasshouse.domain.detections.places import Places
from glasshouse.domain.detections.values import SEVERITIES

RANK: Final = {severity.value: rank for rank, severity in enumerate(SEVERITIES)}
_NOWHERE: Final = 2**62
_Columns = NDArray[np.int64]


class Group(NamedTuple):
    """Where standings stand in the order: how bad they are, and the place of their path among the release's."""

    rank: int
    place: int
    path: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """Standings of one report to be counted; the same `key` MUST mean the same ones for ever."""

    key: tuple[object, ...]
    rows: QuerySet[Standing] = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Groups in order, a column each: ranks, places, paths (0 for none) and counts."""

    ranks: _Columns
    places: _Columns
    paths: _Columns
    counts: _Columns

    @classmethod
    def of(cls, questions: Sequence[Question], here: Places, *, is_kept: bool) -> "Order":
        """Count what is asked of each report together, remembered where it `is_kept`."""
        counted = [(_counted if is_kept else _counted.__wrapped__)(one) for one in questions]
        ranks, paths, counts = np.concatenate([np.zeros((3, 0), np.int64), *counted], axis=1)
        places = _places(paths, here)
        order = np.lexsort((places, ranks))
        ranks, places, paths, counts = (one[order] for one in (ranks, places, paths, counts))
        if not len(ranks):
            return cls(ranks, places, paths, counts)
        # Two tools say something of the same file: a group is there once.
        first = np.flatnonzero(np.r_[True, (np.diff(ranks) != 0) | (np.diff(places) != 0)])
        return cls(ranks[first], places[first], paths[first], np.add.reduceat(counts, first))

    @property
    def total(self) -> int:
        """Return how many there are."""
        return int(self.counts.sum())

    def behind(self, group: Group | None) -> Iterator[tuple[Group, int]]:
        """Yield the groups behind one, or all, with their counts."""
        start = 0
        if group is not None:
            before = (self.ranks < group.rank) | ((self.ranks == group.rank) & (self.places <= group.place))
            start = int(np.count_nonzero(before))
        for at in range(start, len(self.ranks)):
            path = int(self.paths[at])
            yield Group(int(self.ranks[at]), int(self.places[at]), path or None), int(self.counts[at])

    def by_place(self, most: int) -> Iterator[tuple[int, int]]:
        """Yield how many there are at each of the first `most` places, whatever their severity."""
        here = self.places < most
        found, inverse = np.unique(self.places[here], return_inverse=True)
        sums = np.zeros(len(found), np.int64)
        np.add.at(sums, inverse, self.counts[here])
        yield from zip(found.tolist(), sums.tolist(), strict=True)


def group_of(standing: Standing, here: Places) -> Group:
    """Return where a standing stands."""
    path = standing.path_id or 0
    place = int(_places(np.array([path], np.int64), here)[0])
    return Group(RANK[standing.severity], place, path or None)


def _places(paths: _Columns, here: Places) -> _Columns:
    """Return the places of paths: behind the release's files those that it has no more, and then what names none."""
    files = np.flatnonzero(here.rows)
    known = here.rows[files]
    order = np.argsort(known)
    at = np.searchsorted(known[order], paths)
    found = np.where(paths > 0, len(here.files) + paths, _NOWHERE)
    inside = at < len(known)
    is_file = np.zeros(len(paths), np.bool_)
    is_file[inside] = known[order][at[inside]] == paths[inside]
    found[is_file] = files[order][at[is_file]]
    return found


@functools.lru_cache(maxsize=16)
def _counted(question: Question) -> _Columns:
    rows = question.rows.values_list("severity", "path").annotate(count=Count("pk")).order_by()
    found = [(RANK[severity], path or 0, count) for severity, path, count in rows.iterator(chunk_size=10_000)]
    return np.array(found, np.int64).reshape(-1, 3).T
