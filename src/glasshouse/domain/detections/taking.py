# SPDX-License-Identifier: Apache-2.0
"""One run of a file of results on its way into a report: its results folded, its standings compared with the base's."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.detections import shelf
from glasshouse.domain.detections.base import NO_ROW, STATES, Base
from glasshouse.domain.detections.noted import Noted
from glasshouse.domain.detections.sightings import Tree, sightings
from glasshouse.domain.detections.values import Looked
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity import Coverage, DetectionState, Tier, coverage_of, state_of
from glasshouse.engines.identity.matching import paired
from glasshouse.engines.identity.tables import Sightings
from glasshouse.kernel.paths import TreePath

Progress = Callable[[int, int], None]
_OTHERS: Final = frozenset({sarif.Kind.PASS, sarif.Kind.NOT_APPLICABLE, sarif.Kind.INFORMATIONAL})
"""Kinds that complain of nothing."""


class Stands(NamedTuple):
    """The standings of a new report as columns: those of its results in their order, then what was not seen again.

    `state` and `known` are numbers of `STATES`; `before` is the standing of the base, NO_ROW for what is new.
    """

    state: NDArray[np.uint8]
    known: NDArray[np.uint8]
    before: NDArray[np.int64]


class Heard(NamedTuple):
    """A run as it stood in what came, which one of its runs it was, and where its tool looked."""

    number: int
    run: sarif.Run
    looked: Looked


@dataclass(slots=True)
class Taking:
    """Reads the results of one run; `blocks` MUST be read to its end before the rest is asked.

    `known_in` is the row of the base where what it read of unchanged files need not be read again.
    """

    tree: Tree
    run: sarif.Run
    base: Base
    looked: Looked
    known_in: int | None
    progress: Progress
    noted: Noted = field(default_factory=Noted)
    stands: Stands = field(default_factory=lambda: _joined([]))
    results: int = 0
    folded: int = 0
    not_failed: int = 0
    outside: int = 0

    def blocks(self, results: Iterable[sarif.Result]) -> Iterator[bytes]:
        """Yield the report's pack."""
        kept, blocks = self._kept(results), 0
        while batch := list(islice(kept, shelf.A_BLOCK)):
            yield shelf.result_block(self.run, batch)
            blocks += 1
            self.progress(self.results, self.run.result_count)
        seen = sightings(self.tree, self.run.tool.name, self.noted, self.base, self.known_in)
        again = self._again(seen)
        gone = self._gone(again)
        self.stands = _joined([again, gone])
        yield from shelf.ending(self.run, len(self.noted), blocks, seen.joined(self.base.sightings, gone.before))

    def _kept(self, results: Iterable[sarif.Result]) -> Iterator[sarif.Result]:
        """Yield the results that complain of something, each place and message once, and note what is compared."""
        known: set[bytes] = set()
        for result in results:
            self.results += 1
            if result.kind in _OTHERS:
                self.not_failed += 1
                continue
            likeness = _likeness(result)
            if likeness in known:
                self.folded += 1
                continue
            known.add(likeness)
            self.outside += result.place is None or result.place.path not in self.tree
            self.noted.add(result)
            yield result

    def _again(self, seen: Sightings) -> Stands:
        """Return the standings of what was seen."""
        pairs = paired(self.base.sightings, seen)
        lasts = np.where(pairs.before == NO_ROW, len(STATES), 0).astype(np.uint8)
        lasts[pairs.before != NO_ROW] = self.base.rows["known"][pairs.before[pairs.before != NO_ROW]]
        table = [
            [_number(state_of(last, Tier(tier) if tier else None, Coverage.ANALYSED)) for tier in (0, *Tier)]
            for last in (*STATES, None)
        ]
        state = np.array(table, np.uint8)[lasts, pairs.tiers]
        return Stands(state, state, pairs.before)

    def _gone(self, again: Stands) -> Stands:
        """Return the standings of what the base has and this has not."""
        is_found = np.zeros(len(self.base), bool)
        is_found[again.before[again.before != NO_ROW]] = True
        coverages = _Coverages(self.looked, self.tree, self.run.rules())
        before = np.flatnonzero(~is_found)
        rows = self.base.rows[before]
        state, known = np.empty(len(before), np.uint8), rows["known"].copy()
        for at, (place, last, rule) in enumerate(
            zip(before.tolist(), rows["known"].tolist(), rows["rule"].tolist(), strict=True)
        ):
            coverage = coverages.at(self.base.path(place), self.base.rules[rule])
            found = state_of(STATES[last], None, coverage)
            state[at] = _number(found)
            if found is not DetectionState.UNKNOWN:
                known[at] = state[at]
        return Stands(state, known, before)

    def states(self) -> Mapping[DetectionState, int]:
        """Return how many standings there are of each state."""
        counts = np.bincount(self.stands.state, minlength=len(STATES)).tolist()
        return {state: count for state, count in zip(STATES, counts, strict=True) if count}


def _joined(parts: Sequence[Stands]) -> Stands:
    empty = Stands(np.empty(0, np.uint8), np.empty(0, np.uint8), np.empty(0, np.int64))
    return Stands(*(np.concatenate(columns) for columns in zip(empty, *parts, strict=True)))


def _number(state: DetectionState) -> int:
    return STATES.index(state)


def claimed(run: sarif.Run, tree: Tree, *, is_complete: bool) -> Looked:
    """Return where a tool looked that came with a file: everywhere, if somebody claims it and it does not object."""
    failed = {
        place.path
        for call in run.invocations
        for told in call.notifications
        if told.is_failure
        for place in told.locations
        if place.path
    }
    is_whole = is_complete and not failed and all(call.is_successful for call in run.invocations)
    return Looked(tree.paths - failed if is_complete else frozenset(), is_whole)


@dataclass(frozen=True, slots=True)
class _Coverages:
    """What a run can say of a standing that it did not see."""

    looked: Looked
    tree: Tree
    rules: Mapping[tuple[str, str], sarif.Rule]

    def at(self, raw: bytes, rule: tuple[str, str]) -> Coverage:
        known = self.rules.get(rule)
        return coverage_of(
            TreePath(raw) if raw else None,
            rule_is_on=known.is_enabled if known else not self.rules,
            analysed=self.looked.analysed,
            listed=self.tree,
            is_complete=self.looked.is_complete,
        )


def _likeness(result: sarif.Result) -> bytes:
    """Return what two results share that say the same of the same place."""
    place = result.place or sarif.Location()
    region = place.region
    offset = place.byte_range.offset if place.byte_range else -1
    spot = f"{region.start_line}.{region.start_column}.{offset}" if region else f"{offset}"
    said = (spot, result.component, result.rule_id, place.outside, result.message)
    path = place.path.raw if place.path else b""
    return hashlib.blake2b(path + "\0".join(("", *said)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
