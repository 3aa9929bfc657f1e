# SPDX-License-Identifier: Apache-2.0
"""Raising a finding from a note: what was one side's becomes both sides', in words that are written for both."""

from datetime import datetime

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.rules import check_may_write
from glasshouse.domain.findings import commands as findings
from glasshouse.domain.findings.values import FoundAt, NewFinding, Severity, State, Step
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import notes, questions
from glasshouse.domain.readingroom.errors import NotShownError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid


def raise_from_note(viewer: Viewer, note: Uid, title: str, severity: Severity, words: str, *, now: datetime) -> Uid:
    """Raise a finding at the lines of one of the viewer's own notes; the note itself stays theirs and sealed."""
    row = notes.own(viewer, note)
    engagement = Uid(row.engagement.uid)
    check_may_write(engagements.clearance(engagement, viewer.row, now))
    place = notes.place_of(row)
    if place is None or place.path is None or place.span is None:
        raise NotShownError("A finding is at lines of a file.", hint="Open a file, and write the note on its lines.")
    new = NewFinding(
        engagement=engagement,
        product=Uid(row.engagement.product),
        title=title,
        words=words,
        severity=severity,
        places=(FoundAt(place.release, place.path, Digest.parse(place.digest), place.span),),
    )
    return findings.raise_finding(viewer, new, now=now)


def move_finding(viewer: Viewer, uid: Uid, step: Step, reason: str, *, now: datetime, release: str = "") -> State:
    """Take the viewer's step on a finding that they have a part in."""
    reach = questions.reach_of(viewer)
    return findings.take_step(viewer, uid, step, reason, reach=reach, now=now, release=release)


def comment_on_finding(viewer: Viewer, uid: Uid, text: str, *, now: datetime) -> None:
    """Say something of a finding that the viewer has a part in."""
    findings.comment(viewer, uid, text, reach=questions.reach_of(viewer), now=now)
