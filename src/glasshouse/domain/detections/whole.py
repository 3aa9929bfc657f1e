# SPDX-License-Identifier: Apache-2.0
"""One detection with all that is known of it: what its tool says, where, how it gets there, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import listing, places, shelf
from glasshouse.domain.detections.errors import NoDetectionError
from glasshouse.domain.detections.listing import Row
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.sights import Sight
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.formats.sarif import Location, Result, Suppression
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

MOST_STEPS = 100
"""Steps of a flow that are told; a longer one says how many there are."""


@dataclass(frozen=True, slots=True)
class Step:
    """A place that a result names. `is_hidden` where it lies in a file that may not be seen: nothing of it is told.

    `outside` names a file that is none of the release, `nesting` is the depth of its call.
    """

    path: TreePath | None = None
    outside: str = ""
    span: Span | None = None
    message: str = field(default="", repr=False)
    nesting: int = 0
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the code that leads to the place; `total` counts its steps, told or not."""

    steps: Sequence[Step]
    total: int
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the newest report of a release said of it. `line` is 0 where none is told."""

    release: ReleaseRef
    state: DetectionState
    at: datetime
    version: str
    path: TreePath | None
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """The report that a detection stands in: who said it, taken from what.

    `digest` is of the file or record that it came from; `claims_complete` when it came with somebody's word for that.
    """

    uid: Uid
    tool: str
    version: str
    digest: Digest
    taken_at: datetime
    party: str
    is_complete: bool
    claims_complete: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A detection. `told_in` is the report whose words stand here: an older one where the newest did not see it.

    `first_seen` is the release in which it was new, None where that may not be seen.
    """

    row: Row
    source: Source
    told_in: Source
    place: Step
    others: Sequence[Step]
    ways: Sequence[Way]
    help: str
    severity_raw: str
    cwes: Sequence[int]
    suppressions: Sequence[Suppression]
    history: Sequence[Moment]
    first_seen: ReleaseRef | None
    neighbours: Sequence[Row]


def whole(sight: Sight, uid: Uid, among: Collection[Uid]) -> Whole:
    """Return one detection that may be seen, with what became of it in releases `among` these.

    Raises NoDetectionError.
    """
    standing, reports = _standing(sight, uid), sight.reports()
    told = listing.details(sight.release.product, [standing])[standing.pk]
    (row,) = listing.rows_of(sight, reports, [standing])
    seen_in = Report.objects.get(pk=standing.seen_in_id)
    first_seen, history = _history(sight, standing, among)
    place, *others = [_step(sight.patterns, one) for one in told.locations] or [Step()]
    return Whole(
        row=row,
        source=_source(standing.report),
        told_in=_source(seen_in),
        place=place,
        others=[*others, *(_step(sight.patterns, one) for one in told.related)][:MOST_STEPS],
        ways=[_way(sight.patterns, told, number) for number in range(len(told.flows))],
        help=_help(seen_in, told),
        severity_raw=told.severity_raw,
        cwes=told.cwes or row.rule.cwes,
        suppressions=told.suppressions,
        history=history,
        first_seen=first_seen,
        neighbours=listing.rows_of(sight, reports, _neighbours(reports, standing)),
    )


def _standing(sight: Sight, uid: Uid) -> Standing:
    rows = Standing.objects.filter(report__in=sight.reports(), detection__uid=uid.text)
    covered = places.places_of(sight.release).among(sight.patterns)
    found = rows.select_related("detection__first", "report").first()
    if found is None or (covered is not None and found.path_id not in covered):
        raise NoDetectionError
    return found


def _step(patterns: Patterns, location: Location, message: str = "", nesting: int = 0) -> Step:
    if location.path is not None and not patterns.covers(location.path):
        return Step(nesting=nesting, is_hidden=True)
    span = location.region.span if location.region else None
    return Step(location.path, location.outside, span, location.message or message, nesting)


def _way(patterns: Patterns, told: Result, number: int) -> Way:
    flow = told.flows[number]
    steps = [_step(patterns, one.location, nesting=one.nesting) for one in flow.steps[:MOST_STEPS]]
    return Way(steps, len(flow.steps), flow.message)


def _help(report: Report, told: Result) -> str:
    rule = shelf.Kept(Uid(report.product), report.pack).run().rule_of(told)
    return (rule.help or rule.summary) if rule else ""


def _source(report: Report) -> Source:
    return Source(
        uid=Uid(report.uid),
        tool=report.tool,
        version=report.version,
        digest=Digest(bytes(report.digest)),
        taken_at=report.taken_at or report.asked_at,
        party=report.party,
        is_complete=report.is_complete,
        claims_complete=bool(report.counts.get("claims_complete")),
    )


def _history(sight: Sight, standing: Standing, among: Collection[Uid]) -> tuple[ReleaseRef | None, Sequence[Moment]]:
    """Return where it was new, and what the newest report of each release said of it, the oldest release first."""
    rows = Release.objects.select_related("product").filter(uid__in=[one.text for one in among]).order_by("pk")
    refs = {row.uid: releases.ref(row) for row in rows}
    stood = Standing.objects.filter(
        detection=standing.detection_id, report__party__in=sight.parties, report__release__in=refs
    )
    newest: dict[str, Standing] = {}
    taken = stood.exclude(report__taken_at=None).select_related("report")
    for one in taken.order_by("report__taken_at", "report"):
        newest[one.report.release] = one
    told = listing.details(sight.release.product, newest.values())
    moments = []
    for release, ref in refs.items():
        if release in newest:
            place = told[newest[release].pk].place
            path = place.path if place else None
            if sight.patterns.is_whole or (path and sight.patterns.covers(path)):
                moments.append(_moment(ref, newest[release], path))
    first = refs.get(standing.detection.first.release)
    return first if any(one.release == first for one in moments) else None, moments


def _moment(ref: ReleaseRef, standing: Standing, path: TreePath | None) -> Moment:
    report = standing.report
    state = DetectionState(standing.state)
    return Moment(ref, state, report.taken_at or report.asked_at, report.version, path, standing.first_line)


def _neighbours(reports: Sequence[Report], standing: Standing) -> list[Standing]:
    """Return what other rules and tools found at some of the same lines of the same content."""
    if not standing.path_id or not standing.first_line:
        return []
    rows = Standing.objects.filter(
        Q(first_line__lte=standing.last_line, last_line__gte=standing.first_line),
        report__in=reports,
        path=standing.path_id,
        state__in=[state.value for state in SEEN],
    ).exclude(pk=standing.pk)
    blob = bytes(standing.blob)
    found = rows.select_related("detection", "report").order_by("first_line", "report", "number")
    return [one for one in found[:MOST_STEPS] if bytes(one.blob) == blob]
