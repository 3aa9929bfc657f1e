# SPDX-License-Identifier: Apache-2.0
"""What one question may see, worked out before anything is looked at: documents, and the paths at which they stand."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import searching
from glasshouse.domain.releases.found import Unsearched
from glasshouse.domain.releases.searching import KINDS, Files, Mask
from glasshouse.edges.searcher.shelf import Holding
from glasshouse.engines.codeindex.search.corpus import Scope
from glasshouse.engines.codeindex.search.questions import Ask, Place, Skipped

NARROW: Final = 0.01
"""The part of a release's paths below which a grant is narrow."""
SOME: Final = 20
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """The documents of one release in scope: their numbers in the corpus, sorted, and the row of each."""

    files: Files
    numbers: Numbers
    rows: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Scoped:
    """A question's scope. `searched` counts paths; `is_narrow` when the grant covers less than one in a hundred."""

    scope: Scope
    searched: int
    skipped: tuple[Skipped, ...]
    is_narrow: bool
    weights: dict[int, int]
    standing: tuple[_Standing, ...]

    @property
    def is_whole(self) -> bool:
        """Say whether nothing in scope still waits to be indexed; else a tally is a least."""
        return all(one.reason != Unsearched.NOT_INDEXED for one in self.skipped)

    def digest(self, document: int) -> bytes:
        """Return the digest of a document in scope."""
        for one in self.standing:
            first = int(np.searchsorted(one.numbers, document))
            if first < len(one.numbers) and one.numbers[first] == document:
                return one.files.digest(int(one.rows[first]))
        raise LookupError("this document is not in scope")

    def places(self, document: int, most: int) -> tuple[list[Place], int]:
        """Return where a document stands in scope, the first places, and how many there are."""
        found: list[Place] = []
        for root, one in enumerate(self.standing):
            first = int(np.searchsorted(one.numbers, document))
            last = int(np.searchsorted(one.numbers, document, side="right"))
            found += [Place(root, one.files.path(int(row))) for row in one.rows[first : min(last, first + most)]]
        return found[:most], self.weights[document]


def scoped(asked: Ask, holding: Holding) -> Scoped:
    """Work out the scope of a question in the corpus as it is now."""
    limit = settings.GLASSHOUSE.search_file_bytes
    releases = [searching.files_of(asked.product, root, limit) for root in asked.roots]
    grant = Patterns(asked.patterns)
    own = [Patterns(asked.paths)] if asked.paths else []
    covered = [searching.narrowed(files, [grant], "") for files in releases]
    masks = [
        mask & searching.narrowed(files, own, asked.language) for files, mask in zip(releases, covered, strict=True)
    ]
    standing, skipped = [], _Skips()
    for root, (files, mask) in enumerate(zip(releases, masks, strict=True)):
        numbers = _numbers(holding, files)
        skipped.note(root, files, mask, numbers)
        rows = np.flatnonzero(mask & (numbers >= 0))
        order = np.argsort(numbers[rows], kind="stable")
        standing.append(_Standing(files, numbers[rows][order], rows[order]))
    every = np.concatenate([one.numbers for one in standing])
    documents, weights = np.unique(every, return_counts=True)
    paths = sum(len(files) for files in releases)
    empty = sum(
        int((mask & files.is_empty & (files.kinds == 0)).sum()) for files, mask in zip(releases, masks, strict=True)
    )
    return Scoped(
        scope=holding.corpus.scope(documents, weights),
        searched=len(every) + empty,
        skipped=skipped.told(),
        is_narrow=sum(int(mask.sum()) for mask in covered) < NARROW * paths,
        weights=dict(zip(documents.tolist(), weights.tolist(), strict=True)),
        standing=tuple(standing),
    )


def _numbers(holding: Holding, files: Files) -> Numbers:
    """Return each path's document in the corpus, -1 where it has none: what is not searched is never looked up."""
    numbers = np.full(len(files), -1, np.int64)
    rows = np.flatnonzero((files.kinds == 0) & ~files.is_empty)
    numbers[rows] = holding.corpus.numbers_of([files.digest(row) for row in rows.tolist()])
    return numbers


class _Skips:
    """Gathers what is in scope and was not searched."""

    def __init__(self) -> None:
        self._counts: dict[Unsearched, int] = {}
        self._some: dict[Unsearched, list[Place]] = {}

    def note(self, root: int, files: Files, mask: Mask, numbers: Numbers) -> None:
        """Add one release's."""
        for kind, reason in enumerate(KINDS):
            if reason is not None:
                self._add(reason, root, files, np.flatnonzero(mask & (files.kinds == kind)))
        missing = mask & (files.kinds == 0) & ~files.is_empty & (numbers < 0)
        self._add(Unsearched.NOT_INDEXED, root, files, np.flatnonzero(missing))

    def _add(self, reason: Unsearched, root: int, files: Files, rows: Numbers) -> None:
        if len(rows):
            self._counts[reason] = self._counts.get(reason, 0) + len(rows)
            some = self._some.setdefault(reason, [])
            some += [Place(root, files.path(row)) for row in rows[: max(SOME - len(some), 0)].tolist()]

    def told(self) -> tuple[Skipped, ...]:
        """Return the counts by reason."""
        return tuple(Skipped(reason.value, count, tuple(self._some[reason])) for reason, count in self._counts.items())
