# SPDX-License-Identifier: Apache-2.0
"""Ends of what was brought: its visitor takes it back, or its engagement is over. The content is removed."""

from datetime import datetime

from django.db.models import Q

from glasshouse.domain.admissions import queries, rules
from glasshouse.domain.admissions.commands import recording
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import KEPT, State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid


def withdraw(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """Take back what the viewer's organisation brought, at any time; what runs with it is told so and ends.

    Raises NotBroughtError for everybody else, SettledError where nothing of it is here any more.
    """
    found = queries.own(viewer, uid)
    with journal.transaction():
        row = recording.locked(uid)
        if row.state not in KEPT:
            rules.check_may_settle(State(row.state))
        recording.settle(row, State.WITHDRAWN, by=viewer.row, now=now)
        recording.record(row, "withdrawn", viewer.uid.text, now=now, told={})
    recording.tidy(Uid(found.organisation.uid))


def end_over(*, now: datetime) -> int:
    """Remove what was brought in engagements that are over; return how much it was."""
    over = Q(engagement__ends__lte=now) | ~Q(engagement__closed_at=None)
    rows = Brought.objects.select_related("organisation").filter(over, state__in=KEPT)
    ended = list(rows.values_list("uid", "organisation__uid"))
    for uid, _ in ended:
        with journal.transaction():
            row = recording.locked(Uid(uid))
            if row.state in KEPT:
                recording.settle(row, State.OVER, by=None, now=now)
                recording.record(row, "over", "operator:worker", now=now, told={})
    for party in {party for _, party in ended}:
        recording.tidy(Uid(party))
    return len(ended)
