# SPDX-License-Identifier: Apache-2.0
"""Scans by rules that a visitor's organisation brought: under a grant to run tools, in a visit, in one engagement."""

from datetime import datetime

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.admissions import queries as admissions
from glasshouse.domain.admissions import trying
from glasshouse.domain.admissions.values import Kind
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import visit_of
from glasshouse.domain.readingroom.errors import NoTierError
from glasshouse.domain.scans import asking
from glasshouse.domain.scans.asking import Asker, Started
from glasshouse.kernel.ids import Uid


def start_brought_scan(viewer: Viewer, grant: Uid, release: Uid, brought: Uid, *, now: datetime) -> Started:
    """Ask for a scan by rules that were admitted; what comes of it is the viewer's organisation's alone.

    The vendor's side reads that a run of brought rules was asked for. Raises GrantUnknownError, RefusedError,
    NoVisitError, NotBroughtError for what is of another engagement, NotAdmittedError, NoToolError, ScanBusyError, and
    NoTierError for a tool, which this lab cannot hold.
    """
    room = queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    visit = visit_of(room)
    found = admissions.usable(viewer, brought, room.engagement, now)
    if found.kind == Kind.IMAGE:
        raise NoTierError(
            f"This lab has no tier for visitors' programs: {trying.tier()}.",
            hint="Bring rules for a tool of the lab instead, or ask the operator for a host with the stronger tier.",
        )
    asker = Asker(viewer.uid.text, grant.text, viewer.organisation.text, brought.text)
    with journal.transaction():
        started = asking.ask(room.release, asker, [trying.TOOLS[Kind(found.kind)]], now=now)
        journal.record(
            "readingroom.brought-scan-asked",
            actor=viewer.uid.text,
            at=now,
            subject=visit.uid,
            engagement=room.engagement,
            fields={"release": room.release.evidence()},
            visitor={"scan": {**started.evidence(), "brought": brought.text}},
        )
    return started
