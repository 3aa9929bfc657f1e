# SPDX-License-Identifier: Apache-2.0
"""Verbs of notices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import mailing, queries
from glasshouse.domain.notices.kinds import KINDS
from glasshouse.domain.notices.models import Notice, Posting, Silence
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid

_ONCE: Final = "INSERT INTO notices_told (clock, at) VALUES (%s, %s) ON CONFLICT (clock) DO NOTHING"


def tell(persons: Iterable[int], kind: str, *, subject: Uid, route: str, now: datetime) -> None:
    """Put a notice into these persons' inboxes, inside the transaction and under the entry of what happened.

    `persons` are rows; `kind` is one of KINDS, `route` names the page of `subject`. Raises outside a transaction. Who
    has not seen yet that the same happened to the same object is told nothing new: ten words are one notice.
    """
    if kind not in KINDS:
        raise ValueError(f"there are no words for a notice of kind {kind}")
    if not connection.in_atomic_block:
        raise RuntimeError("notices.tell needs the transaction of what it tells of")
    told = set(persons)
    unseen = Notice.objects.filter(person__in=told, kind=kind, subject=subject.text, seen_at=None)
    made = Notice.objects.bulk_create(
        Notice(uid=Uid.new().text, person_id=person, kind=kind, subject=subject.text, route=route, at=now)
        for person in sorted(told - set(unseen.values_list("person", flat=True)))
    )
    mailing.post(made, kind, now=now)


def tell_once(clock: str, persons: Iterable[int], kind: str, *, subject: Uid, route: str, now: datetime) -> bool:
    """Tell as `tell` does, unless this clock was told of before; say whether it was the first time.

    `clock` names what is told of, however often it is looked at: by one worker again, by two at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONCE, [clock, now])
        is_first = bool(cursor.rowcount)
    if is_first:
        tell(persons, kind, subject=subject, route=route, now=now)
    return is_first


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


def forget_inbox(person: int) -> None:
    """Remove a person's notices, what of them waits to be mailed, and their word on mail, in their erasure."""
    Posting.objects.filter(person_id=person).delete()
    Notice.objects.filter(person_id=person).delete()
    Silence.objects.filter(person_id=person).delete()
