# SPDX-License-Identifier: Apache-2.0
"""Judging what tools found, and putting it to the vendor as a finding that is answered within its clock."""

from collections.abc import Sequence
from datetime import datetime

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.rules import check_has_signed, check_may_write
from glasshouse.domain.findings import commands as findings
from glasshouse.domain.findings.errors import NoFindingError
from glasshouse.domain.findings.values import FoundAt, NewFinding, Severity
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.errors import NotShownError
from glasshouse.domain.readingroom.triaging import Where, scope_of
from glasshouse.domain.triage import commands as triage
from glasshouse.domain.triage import queries
from glasshouse.domain.triage.values import NewVerdict, Origin, Scope
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


def judge(
    viewer: Viewer,
    where: Where,
    detections: Sequence[Uid],
    new: NewVerdict,
    *,
    now: datetime,
    origin: Origin = Origin.WORD,
) -> Uid:
    """Give one verdict on detections of a release, all or none, as `triage.commands.judge` does."""
    scope = _writable(viewer, where, now)
    return triage.judge(viewer, scope, detections, new, now=now, origin=origin)


def judge_rule(
    viewer: Viewer,
    where: Where,
    detection: Uid,
    pattern: str,
    new: NewVerdict,
    *,
    now: datetime,
) -> Uid:
    """Give one verdict on a detection's rule under a path pattern, for a time."""
    return triage.judge_rule(viewer, _writable(viewer, where, now), detection, pattern, new, now=now)


def raise_from_detections(
    viewer: Viewer,
    where: Where,
    detections: Sequence[Uid],
    *,
    title: str,
    severity: Severity,
    words: str,
    now: datetime,
) -> Uid:
    """Put detections to the vendor: a finding at their lines that names them, with the clock of its severity.

    What the visitor's side says of the detections stays theirs; the finding's words are written for both.
    """
    scope = _writable(viewer, where, now)
    if scope.engagement is None:
        raise NoFindingError
    spots = queries.spots(viewer, scope, detections)
    places = tuple(
        FoundAt(where.release, TreePath(spot.path), Digest(spot.digest), Span(spot.first, max(spot.first, spot.last)))
        for spot in spots
        if spot.path and spot.digest and spot.first
    )
    if not places:
        raise NotShownError(
            "A finding is at lines of a file.", hint="These detections name none that is in this release."
        )
    new = NewFinding(
        engagement=scope.engagement,
        product=scope.release.product,
        title=title,
        words=words,
        severity=severity,
        places=places,
        detections=tuple(spot.uid for spot in spots),
    )
    return findings.raise_finding(viewer, new, now=now)


def _writable(viewer: Viewer, where: Where, now: datetime) -> Scope:
    scope = scope_of(viewer, where, now)
    if scope.engagement is not None:
        clearance = engagements.clearance(scope.engagement, viewer.row, now)
        check_may_write(clearance)
        check_has_signed(has_signed=clearance.has_signed)
    return scope
