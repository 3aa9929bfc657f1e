# SPDX-License-Identifier: Apache-2.0
"""Ending sessions: by their owner, by the custodian, by a newer one. The next request of an ended one is nobody's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import sessions
from glasshouse.domain.people.models import DeviceSignIn, EndedSession, Hold, Person
from glasshouse.domain.people.values import SessionEnd
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock, texts
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

MAX_REASON: Final = 500
SEEN_EVERY: Final = timedelta(minutes=5)
"""How coarse *last seen* is: nobody's day is followed more closely, and a page costs no write of its own."""
_TOLD_FOR: Final = timedelta(days=1)  # longer than a session lives, so that its browser can still be told


def end_session(viewer: Viewer, name: str, *, now: datetime) -> None:
    """End one of the viewer's own sessions at once."""
    with journal.transaction():
        person = _locked(viewer.uid)
        mine = [row for row in sessions.live(now).filter(user=person) if sessions.name_of(row.session_key) == name]
        if not mine:
            raise NotFoundError
        _end(person, mine, SessionEnd.OWNER, actor=viewer.uid, now=now)


def end_other_sessions(viewer: Viewer, *, now: datetime) -> int:
    """End every session of the viewer but the one that asks; return how many there were."""
    with journal.transaction():
        person = _locked(viewer.uid)
        others = [
            row
            for row in sessions.live(now).filter(user=person)
            if sessions.name_of(row.session_key) != viewer.origin.session
        ]
        if others:
            _end(person, others, SessionEnd.OWNER, actor=viewer.uid, now=now)
    return len(others)


def end_session_of(viewer: Viewer, whose: Uid, name: str, reason: str, *, now: datetime) -> None:
    """End anybody's session, as a custodian, for a reason that its owner may read."""
    sessions.check_keeps_sessions(viewer)
    reason = texts.readable(reason, what="The reason", limit=MAX_REASON)
    with journal.transaction():
        person = _locked(whose)
        rows = sessions.live(now).filter(user=person)
        named = [row for row in rows if sessions.name_of(row.session_key) == name]
        if not named:
            raise NotFoundError
        _end(person, named, SessionEnd.CUSTODIAN, actor=viewer.uid, now=now, reason=reason)


def confirm_session(viewer: Viewer, name: str, *, now: datetime) -> None:
    """Say that it is the viewer who acts in one of their own sessions, elsewhere; the edge has asked for the factor."""
    with journal.transaction():
        person = _locked(viewer.uid)
        mine = [row for row in sessions.live(now).filter(user=person) if sessions.name_of(row.session_key) == name]
        if not mine:
            raise NotFoundError
        for row in mine:
            row.data = {**row.data, sessions.CONFIRMED: clock.to_text(now)}
            row.save(update_fields=["data"])
        journal.record(
            "people.session-confirmed",
            actor=viewer.uid.text,
            at=now,
            subject=viewer.uid,
            personal={"session": name},
        )


def keep_to_limit(whose: Uid, *, now: datetime) -> int:
    """End the oldest sessions of a person beyond what settings allow at once; return how many ended."""
    with journal.transaction():
        person = _locked(whose)
        lab = settings.GLASSHOUSE
        most = lab.sessions_staff if person.organisation.is_vendor else lab.sessions_visitor
        over = list(sessions.live(now).filter(user=person)[most:])
        if over:
            _end(person, over, SessionEnd.LIMIT, actor=whose, now=now)
    return len(over)


def note_seen(key: str, address: str, *, now: datetime) -> None:
    """Note that a session asked something, and from where, unless that was noted within the last five minutes.

    Nothing is journalled: what somebody did is, and this only helps its owner tell one session from another.
    """
    due = UserSession.objects.filter(session_key=key, last_seen_at__lte=now - SEEN_EVERY)
    if due.exists():  # asked outside of the transaction, for most of the time there is nothing to write
        with journal.transaction():
            due.update(last_seen_at=now, **({"ip": address} if address else {}))


def forget_sign_ins(actor: str, *, now: datetime) -> int:
    """Forget sessions that are over, failed sign-ins and terminals, all older than settings say; return how many.

    What is still live is never touched. One entry tells the counts, where there are any.
    """
    before = now - timedelta(days=settings.GLASSHOUSE.sign_in_days)
    with journal.transaction():
        Session.objects.filter(expire_date__lt=now).delete()
        live = Session.objects.values("session_key")
        past = UserSession.objects.filter(last_seen_at__lt=before).exclude(session_key__in=live)
        counts = {
            "failures": AccessAttempt.objects.filter(attempt_time__lt=before).delete()[0],
            "sessions": past.exclude(user__in=Hold.objects.filter(lifted_at=None).values("person")).delete()[0],
            "terminals": DeviceSignIn.objects.filter(until__lt=before).delete()[0],
        }
        if any(counts.values()):
            days = settings.GLASSHOUSE.sign_in_days
            journal.record("people.sign-ins-forgotten", actor=actor, at=now, fields={**counts, "days": days})
    return sum(counts.values())


def _locked(whose: Uid) -> Person:
    """Return a person whose sessions nobody else changes until the transaction ends."""
    rows = Person.objects.select_related("organisation").filter(uid=whose.text)
    person = (rows.select_for_update(of=("self",)) if connection.features.has_select_for_update else rows).first()
    if person is None:
        raise NotFoundError
    return person


def _end(
    person: Person, rows: Iterable[UserSession], why: SessionEnd, *, actor: Uid, now: datetime, reason: str = ""
) -> None:
    EndedSession.objects.filter(ended_at__lt=now - _TOLD_FOR).delete()
    names = []
    for row in rows:
        names.append(sessions.name_of(row.session_key))
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
    EndedSession.objects.bulk_create(EndedSession(name=name, person=person, ended_at=now, why=why) for name in names)
    journal.record(
        "people.sessions-ended",
        actor=actor.text,
        at=now,
        subject=Uid(person.uid),
        fields={"count": len(names), "why": why.value},
        personal={"reason": reason, "sessions": sorted(names)},
    )
