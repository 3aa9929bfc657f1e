# SPDX-License-Identifier: Apache-2.0
"""A workstation's key: enrolled by a custodian on the machine, its word taken, ended."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import machines, queries, rules
from glasshouse.domain.sites.commands.houses import locked_site
from glasshouse.domain.sites.errors import (
    KeyCopiedError,
    KeyMalformedError,
    NoSessionError,
    NotArrivedError,
    NotEnrolledError,
    OutsideRangeError,
    TakenError,
)
from glasshouse.domain.sites.models import Arrival, Attendee, Workstation, WorkstationKey
from glasshouse.domain.sites.values import Ended, Link, NewKey, Word
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Asserted:
    """A session that a machine spoke for, until when its word holds."""

    workstation: Uid
    until: datetime


def challenge(viewer: Viewer, *, now: datetime) -> str:
    """Return what a machine must sign to speak for the viewer's session within the next minute."""
    return machines.challenge(_session(viewer), now=now)


def enrol_key(viewer: Viewer, workstation: Uid, new: NewKey, *, now: datetime) -> WorkstationKey:
    """Trust the key that the machine at which the custodian sits has just made; the one before ends."""
    found = queries.workstation(viewer, workstation)
    rules.check_arranges(viewer, Role.CUSTODIAN)
    if found.retired_at is not None:
        raise NotEnrolledError("This workstation is out of use.")
    machines.check_challenge(new.challenge, _session(viewer), now=now)
    machines.check_key(new.spki)
    machines.check_link(new.link)
    said = machines.enrolment(settings.GLASSHOUSE.url, workstation, new.challenge, new.spki, new.link)
    machines.check_signed(new.spki, said, new.signature)
    _check_place(viewer, found)
    with journal.transaction():
        _end(found, Ended.REPLACED, now)
        try:
            key = WorkstationKey.objects.create(
                uid=Uid.new().text,
                workstation=found,
                spki=new.spki,
                fingerprint=machines.fingerprint(new.spki),
                link=new.link,
                enrolled_at=now,
                enrolled_by_id=viewer.row,
            )
        except IntegrityError as error:
            raise KeyMalformedError("This key was enrolled before.", hint="Let the machine make another.") from error
        fields = {"fingerprint": key.fingerprint, "key": key.uid}
        journal.record("sites.key-enrolled", actor=viewer.uid.text, at=now, subject=workstation, fields=fields)
    return key


def end_key(viewer: Viewer, workstation: Uid, *, now: datetime) -> None:
    """End a workstation's key: nobody is at this machine any more until another key is enrolled."""
    found = queries.workstation(viewer, workstation)
    with journal.transaction():
        key = _end(found, Ended.REVOKED, now)
        if key is None:
            raise NotEnrolledError("This workstation has no key.")
        _tell_ended(key, viewer, now)


def retire_workstation(viewer: Viewer, workstation: Uid, *, now: datetime) -> None:
    """Take a machine out of use, its key with it; raises while a booking to come keeps it."""
    found = queries.workstation(viewer, workstation)
    with journal.transaction():
        locked_site(Uid(found.room.site.uid))
        booked = Attendee.objects.filter(workstation=found, booking__cancelled_at=None, booking__ends__gt=now)
        if booked.exists():
            raise TakenError("A booking to come keeps this workstation.", hint="Cancel it first.")
        if not Workstation.objects.filter(pk=found.pk, retired_at=None).update(retired_at=now):
            raise NotEnrolledError("This workstation was taken out of use before.")
        key = _end(found, Ended.REVOKED, now)
        if key is not None:
            _tell_ended(key, viewer, now)
        journal.record("sites.workstation-retired", actor=viewer.uid.text, at=now, subject=workstation)


def assert_workstation(viewer: Viewer, word: Word, *, now: datetime) -> Asserted:
    """Take a machine's word that the viewer's session is at it; it holds for five minutes.

    Recorded when it begins: when another session was here before, or none for so long. Repeating it in time writes
    no entry, for a minute-by-minute trace of where a person sits would serve nobody. Raises KeyCopiedError, after
    ending the key and recording it, when the chain shows that two machines hold it.
    """
    session = _session(viewer)
    machines.check_challenge(word.challenge, session, now=now)
    key = _checked(viewer, word)
    with journal.transaction():
        rows = WorkstationKey.objects.select_related("workstation").filter(pk=key.pk, ended_at=None)
        if connection.features.has_select_for_update:
            rows = rows.select_for_update(of=("self",))
        live = rows.first()
        if live is None:
            raise NotEnrolledError("This workstation's key has ended.", hint="The custodian enrols another.")
        link = rules.next_link(bytes(live.link), bytes(live.shown), shown=word.shown, following=word.next)
        if link is Link.BROKEN:
            _end(live.workstation, Ended.COPIED, now)
            live.refresh_from_db()
            _tell_ended(live, viewer, now)
        else:
            _seat(viewer, live, session, now)
            if link is Link.NEXT:
                live.shown, live.link = live.link, word.next
            live.asserted_at = now
            live.save(update_fields=["shown", "link", "asserted_at"])
    if link is Link.BROKEN:
        raise KeyCopiedError(
            "This workstation's key was used from two machines, so it has ended.",
            hint="The custodian was told by the record; they enrol another key on the machine itself.",
        )
    return Asserted(word.workstation, now + rules.WORD_LASTS)


def _checked(viewer: Viewer, word: Word) -> WorkstationKey:
    """Return the live key that signed this word, from an address that is the workstation's."""
    rows = WorkstationKey.objects.select_related("workstation__room__site")
    key = rows.filter(workstation__uid=word.workstation.text, workstation__retired_at=None, ended_at=None).first()
    if key is None:
        raise NotEnrolledError("This workstation has no live key.", hint="The custodian enrols one on the machine.")
    machines.check_link(word.shown)
    machines.check_link(word.next)
    said = machines.assertion(settings.GLASSHOUSE.url, word.workstation, word.challenge, word.shown, word.next)
    machines.check_signed(bytes(key.spki), said, word.signature)
    _check_place(viewer, key.workstation)
    return key


def _check_place(viewer: Viewer, workstation: Workstation) -> None:
    if not rules.is_at(viewer.origin, rules.networks_of(workstation.ranges), workstation.certificate):
        raise OutsideRangeError(
            "This request does not come from the workstation's network.",
            hint="The custodian sets its address range and certificate.",
        )


def _seat(viewer: Viewer, key: WorkstationKey, session: str, now: datetime) -> None:
    rows = Arrival.objects.select_related("booking").filter(person_id=viewer.row, departed_at=None)
    arrival = rows.filter(workstation=key.workstation).first()
    if arrival is None or rules.is_over(arrival.booking.ends, now):
        raise NotArrivedError("No custodian let you in to this workstation.", hint="Ask the custodian at the door.")
    is_new = arrival.session != session or not rules.is_fresh(arrival.asserted_at, now)
    arrival.session, arrival.asserted_at = session, now
    arrival.save(update_fields=["session", "asserted_at"])
    if is_new:
        journal.record(
            "sites.workstation-asserted",
            actor=viewer.uid.text,
            at=now,
            subject=Uid(arrival.uid),
            engagement=Uid(arrival.booking.engagement) if arrival.booking.engagement else None,
            fields={"fingerprint": key.fingerprint, "workstation": key.workstation.uid},
        )


def _end(workstation: Workstation, why: Ended, now: datetime) -> WorkstationKey | None:
    """End the live key, if there is one, and with it whatever session was seated by it."""
    key = workstation.keys.filter(ended_at=None).first()
    if key is None:
        return None
    key.ended_at, key.ended = now, why
    key.save(update_fields=["ended_at", "ended"])
    Arrival.objects.filter(workstation=workstation, departed_at=None).update(session="", asserted_at=None)
    return key


def _tell_ended(key: WorkstationKey, viewer: Viewer, now: datetime) -> None:
    journal.record(
        "sites.key-ended",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(key.workstation.uid),
        fields={"fingerprint": key.fingerprint, "key": key.uid, "why": key.ended},
    )


def _session(viewer: Viewer) -> str:
    if not viewer.origin.session:
        raise NoSessionError("A workstation speaks for a browser's session.")
    return viewer.origin.session
