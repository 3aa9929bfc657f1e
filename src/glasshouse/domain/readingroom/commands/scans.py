# SPDX-License-Identifier: Apache-2.0
"""Scans under a visitor's grant: having the lab's tools run, stopping that, and seeing what became of files.

Figures are of files that the grant covers. Names of files are a showing: recorded before they leave, and free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import rfc8785

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.engagements.rules import check_has_signed
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.values import Room, View
from glasshouse.domain.scans import asking, overview
from glasshouse.domain.scans.asking import Asker, Started
from glasshouse.domain.scans.overview import Gaps, ScanSeen
from glasshouse.domain.scans.rules import check_may_stop
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class GapsShown:
    """Files that were not analysed, recorded as shown, beside their scan."""

    view: View
    scan: ScanSeen
    gaps: Gaps


def scans_room(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> Room:
    """Return the viewer's own grant on a release, judged: raises unless it lets them run tools, here and now."""
    room = queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    check_has_signed(has_signed=room.has_signed)
    return room


def parties_of(viewer: Viewer) -> tuple[str, ...]:
    """Return whose scans a viewer sees under a grant: those that are nobody's own, and their organisation's."""
    return overview.ALL if viewer.is_vendor else (*overview.ALL, viewer.organisation.text)


def start_scan(viewer: Viewer, grant: Uid, release: Uid, wanted: Sequence[str], *, now: datetime) -> Started:
    """Ask for a scan of a release under the viewer's own grant, in an open visit.

    Raises GrantUnknownError, RefusedError, NoVisitError, and as `scans.commands.start` does.
    """
    room = scans_room(viewer, grant, release, now=now)
    visit = visit_of(room)
    with journal.transaction():
        started = asking.ask(room.release, Asker(viewer.uid.text, grant.text), wanted, now=now)
        journal.record(
            "readingroom.scan-asked",
            actor=viewer.uid.text,
            at=now,
            subject=visit.uid,
            engagement=room.engagement,
            fields={"release": room.release.evidence(), "scan": started.evidence()},
        )
    return started


def stop_scan(viewer: Viewer, grant: Uid, release: Uid, scan: Uid, *, now: datetime) -> None:
    """Have a scan end early that the viewer asked for. Raises ScanUnknownError, NotYourScanError, ScanEndedError."""
    room = scans_room(viewer, grant, release, now=now)
    found = overview.scan_of(room.release, scan, parties_of(viewer))
    check_may_stop(viewer, found.asked_by, is_visitors=bool(found.grant))
    with journal.transaction():
        asking.halt(found, now=now)
        journal.record(
            "readingroom.scan-stop-asked",
            actor=viewer.uid.text,
            at=now,
            subject=Uid(found.uid),
            engagement=room.engagement,
            fields={"release": room.release.evidence()},
        )


def open_gaps(viewer: Viewer, grant: Uid, release: Uid, scan: Uid, *, now: datetime, first: int = 0) -> GapsShown:
    """Show which files a scan did not analyse and why, as far as the viewer's own grant covers them."""
    room = scans_room(viewer, grant, release, now=now)
    visit = visit_of(room)
    found = overview.scan_of(room.release, scan, parties_of(viewer))
    patterns = room.terms.patterns
    gaps = overview.gaps(found, room.release, patterns, first=first)
    listing = [[one.tool, str(one.path), one.mark.name, one.reason] for one in gaps.rows]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.scan-files-shown",
        shown=[],
        fields={
            "first": first,
            "items": len(listing),
            "listing": str(Digest.of(rfc8785.dumps(listing))),
            "scan": found.uid,
        },
        source={},
        now=now,
    )
    return GapsShown(view, overview.seen(found, room.release, patterns), gaps)
