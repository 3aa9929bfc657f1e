# SPDX-License-Identifier: Apache-2.0
"""Verbs of notices."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import queries
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid


def tell(persons: Iterable[int], kind: str, *, subject: Uid, route: str, now: datetime) -> None:
    """Put a notice into these persons' inboxes, inside the transaction and under the entry of what happened.

    `persons` are rows; `route` names the page of `subject`. Raises outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("notices.tell needs the transaction of what it tells of")
    Notice.objects.bulk_create(
        Notice(uid=Uid.new().text, person_id=person, kind=kind, subject=subject.text, route=route, at=now)
        for person in sorted(set(persons))
    )


def see(viewer: Viewer, uid: Uid, *, now: datetime) -> Notice:
    """Say that the viewer has seen one of their own notices, and return it; seen again, it stays as it was."""
    found = queries.notice(viewer, uid)
    with journal.transaction():
        if Notice.objects.filter(pk=found.pk, seen_at=None).update(seen_at=now):
            journal.record("notices.seen", actor=viewer.uid.text, at=now, subject=uid)
    return found


def see_all(viewer: Viewer, *, now: datetime) -> int:
    """Say that the viewer has seen all of their notices; return how many were new."""
    with journal.transaction():
        seen = Notice.objects.filter(person_id=viewer.row, seen_at=None).update(seen_at=now)
        if seen:
            journal.record("notices.all-seen", actor=viewer.uid.text, at=now, personal={"notices": seen})
    return seen
