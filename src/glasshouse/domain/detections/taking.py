# SPDX-License-Identifier: Apache-2.0
"""One run of a file of results on its way into a report: its results folded, its standings compared with the base's."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from glasshouse.domain.detections import shelf
from glasshouse.domain.detections.models import Report
from glasshouse.domain.detections.sightings import Noted, Spot, Tree, sightings
from glasshouse.domain.detections.values import Looked
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity import (
    Coverage,
    DetectionState,
    Match,
    Sighting,
    coverage_of,
    match,
    state_of,
)
from glasshouse.kernel.paths import TreePath

Progress = Callable[[int, int], None]
_OTHERS: Final = frozenset({sarif.Kind.PASS, sarif.Kind.NOT_APPLICABLE, sarif.Kind.INFORMATIONAL})
"""Kinds that complain of nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the database keeps of a result beside its standing."""

    rule: tuple[str, str]
    severity: sarif.Severity
    first: int
    last: int
    is_suppressed: bool


class Stood(NamedTuple):
    """A standing of the base as its row has it, in the order of `STOOD`."""

    detection: int
    known: str
    seen_in: int
    seen_number: int
    rule: int
    path: int | None
    severity: str
    blob: bytes
    first_line: int
    last_line: int
    is_suppressed: bool


STOOD: Final = Stood._fields


class Before(NamedTuple):
    """A standing of the base, and what identity sees of it."""

    row: Stood
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Stands:
    """A standing of the new report: seen now (`number`), known from before (`before`), or both."""

    state: DetectionState
    known: DetectionState
    number: int | None
    before: Before | None


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
    base: Sequence[Before]
    rule_of: Callable[[int], tuple[str, str]]
    looked: Looked
    known_in: int | None
    progress: Progress
    rows: list[Row] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    stands: list[Stands] = field(default_factory=list)
    results: int = 0
    folded: int = 0
    not_failed: int = 0
    outside: int = 0
    _prints: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def blocks(self, results: Iterable[sarif.Result]) -> Iterator[bytes]:
        """Yield the report's pack."""
        kept, blocks = self._kept(results), 0
        while batch := list(islice(kept, shelf.A_BLOCK)):
            yield shelf.result_block(self.run, batch)
            blocks += 1
            self.progress(self.results, self.run.result_count)
        seen = sightings(self.tree, self.noted, self._known())
        self.stands = self._standing(seen)
        every = [*seen, *(one.before.sighting for one in self.stands if one.number is None and one.before)]
        yield from shelf.ending(self.run, len(self.rows), blocks, every)

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
            self._note(result)
            yield result

    def _note(self, result: sarif.Result) -> None:
        place = result.place or sarif.Location()
        region = place.region
        self.outside += self.tree.file(place.path) is None
        self.rows.append(
            Row(
                (result.component, result.rule_id),
                result.severity,
                region.start_line if region else 0,
                region.end_line if region else 0,
                any(one.status is sarif.SuppressionStatus.ACCEPTED for one in result.suppressions),
            )
        )
        rule = self._rule((result.component, result.rule_id))
        prints = tuple(self._short(one) for one in (*result.fingerprints, *result.partial_fingerprints))
        self.noted.append(
            Noted(rule, place.path, region.start_line if region else 0, region.start_column if region else 0, prints)
        )

    def _rule(self, name: tuple[str, str]) -> str:
        return "\0".join((self.run.tool.name, *name))

    def _known(self) -> dict[Spot, Sighting]:
        """Return what the base saw in files, where it was made with the functions of all of them known."""
        return {
            Spot(self._rule(self.rule_of(row.rule)), one.path, one.line, one.column, bytes(row.blob)): one
            for row, one in self.base
            if row.seen_in == self.known_in and row.blob
        }

    def _short(self, one: tuple[str, str]) -> tuple[str, str]:
        name, value = one
        made = (name, hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).hexdigest() if value else "")
        return self._prints.setdefault(made, made)

    def _standing(self, seen: Sequence[Sighting]) -> list[Stands]:
        """Return the standings: those of the results in their order, then what the base has and this has not."""
        pairs: Mapping[int, Match] = {one.after: one for one in match([one.sighting for one in self.base], seen)}
        stands: list[Stands] = []
        for number in range(len(seen)):
            pair = pairs.get(number)
            before = self.base[pair.before] if pair else None
            last = DetectionState(before.row.known) if before else None
            state = state_of(last, pair.tier if pair else None, Coverage.ANALYSED)
            stands.append(Stands(state, state, number, before))
        found = {pair.before for pair in pairs.values()}
        coverages = _Coverages(self.looked, self.tree.paths, self.run.rules())
        for place, before in enumerate(self.base):
            if place not in found:
                known = DetectionState(before.row.known)
                state = state_of(known, None, coverages.at(before.sighting.path, self.rule_of(before.row.rule)))
                stands.append(Stands(state, known if state is DetectionState.UNKNOWN else state, None, before))
        return stands

    def states(self) -> Mapping[DetectionState, int]:
        """Return how many standings there are of each state."""
        return Counter(one.state for one in self.stands)


def claimed(run: sarif.Run, paths: frozenset[TreePath], *, is_complete: bool) -> Looked:
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
    return Looked(paths - failed if is_complete else frozenset(), is_whole)


@dataclass(frozen=True, slots=True)
class _Coverages:
    """What a run can say of a standing that it did not see."""

    looked: Looked
    listed: frozenset[TreePath]
    rules: Mapping[tuple[str, str], sarif.Rule]

    def at(self, raw: bytes, rule: tuple[str, str]) -> Coverage:
        known = self.rules.get(rule)
        return coverage_of(
            TreePath(raw) if raw else None,
            rule_is_on=known.is_enabled if known else not self.rules,
            analysed=self.looked.analysed,
            listed=self.listed,
            is_complete=self.looked.is_complete,
        )


def _likeness(result: sarif.Result) -> bytes:
    """Return what two results share that say the same of the same place."""
    place = result.place or sarif.Location()
    region = place.region
    parts = (
        result.component,
        result.rule_id,
        str(place.path or ""),
        place.outside,
        f"{region.start_line}.{region.start_column}" if region else "",
        "" if place.byte_range is None else str(place.byte_range.offset),
        result.message,
    )
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def details_of(stands: Stands, report: Report) -> tuple[int, int]:
    """Return in which report, by row, the details of a standing lie, and under which number."""
    if stands.number is not None:
        return report.pk, stands.number
    assert stands.before is not None  # noqa: S101 -- what is not seen now is known from before
    return stands.before.row.seen_in, stands.before.row.seen_number
