# SPDX-License-Identifier: Apache-2.0
"""Letting visitors in and seeing them out: the custodian's word on who came, under which booking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import queries, rules
from glasshouse.domain.sites.commands.bookings import locked
from glasshouse.domain.sites.errors import (
    AlreadyInsideError,
    BriefingChangedError,
    DepartedError,
    EscortError,
    NotBookedError,
)
from glasshouse.domain.sites.models import Arrival, Attendee, Booking, Room, Site, SiteText, Workstation
from glasshouse.domain.sites.values import NewArrival, TextKind
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

FORGOTTEN: Final[Mapping[str, str | int]] = {"identity": "", "devices": 0, "receipt": "", "session": ""}
"""What is left of an arrival: that somebody under this uid was there, when, and who let them in."""


def arrive(viewer: Viewer, booking: Uid, new: NewArrival, *, now: datetime) -> Arrival:
    """Let a visitor in whom the booking expects: identity seen, devices in the locker, briefing read, escort named."""
    room = queries.booking(viewer, booking).room
    rules.check_arranges(viewer, Role.CUSTODIAN)
    receipt = rules.check_locker(new.devices, new.receipt)
    with journal.transaction():
        found = locked(booking)
        rules.check_may_arrive(found.begins, found.ends, found.cancelled_at, now)
        attendee = _attendee(found, new.person)
        briefing = _briefing(room.site, new.briefing)
        escort = _escort(viewer, room, new.escort) if new.escort else None
        workstation = _workstation(room, attendee, new)
        try:
            with transaction.atomic():
                arrival = Arrival.objects.create(
                    uid=Uid.new().text,
                    booking=found,
                    person=attendee.person,
                    site=room.site,
                    workstation=workstation,
                    identity=new.identity,
                    devices=new.devices,
                    receipt=receipt,
                    briefing=briefing,
                    escort=escort,
                    arrived_at=now,
                    received_by_id=viewer.row,
                )
        except IntegrityError as error:
            raise AlreadyInsideError(
                "This visitor, workstation or locker is in use.", hint="See out who is still recorded as inside."
            ) from error
        fields: Fields = {
            "booking": found.uid,
            "briefing": {"digest": bytes(briefing.digest).hex(), "version": briefing.version},
            "devices": new.devices,
            "receipt": receipt,
            "site": room.site.uid,
            "workstation": workstation.uid if workstation else "",
        }
        _tell("sites.arrived", viewer, arrival, now, fields)
    return arrival


def change_escort(viewer: Viewer, arrival: Uid, escort: Uid | None, *, now: datetime) -> Arrival:
    """Name another second person for a visitor, or say that there is none now: conditions on one hold no more."""
    found = queries.arrival(viewer, arrival)
    rules.check_arranges(viewer, Role.CUSTODIAN)
    with journal.transaction():
        locked(Uid(found.booking.uid))
        found.refresh_from_db()
        _check_inside(found)
        found.escort = _escort(viewer, found.booking.room, escort) if escort else None
        found.save(update_fields=["escort"])
        _tell("sites.escort-changed", viewer, found, now, {})
    return found


def depart(viewer: Viewer, arrival: Uid, *, returned: bool, now: datetime) -> Arrival:
    """See a visitor out; `returned` says whether their devices left the locker. Their session is at no machine then."""
    found = queries.arrival(viewer, arrival)
    rules.check_arranges(viewer, Role.CUSTODIAN)
    with journal.transaction():
        locked(Uid(found.booking.uid))
        found.refresh_from_db()
        _check_inside(found)
        found.departed_at, found.released_by_id = max(now, found.arrived_at), viewer.row
        found.returned = returned if found.devices else None
        found.session, found.asserted_at = "", None
        found.save(update_fields=["departed_at", "released_by", "returned", "session", "asserted_at"])
        _tell("sites.departed", viewer, found, now, {"devices": found.devices, "returned": found.returned})
    return found


def _check_inside(arrival: Arrival) -> None:
    if arrival.departed_at is not None:
        raise DepartedError("This departure was recorded before.")


def _attendee(booking: Booking, person: Uid) -> Attendee:
    rows = booking.attendees.select_related("person", "workstation").filter(person__uid=person.text)
    found = rows.filter(person__is_active=True).first()
    if found is None:
        raise NotBookedError("This booking does not expect this person.", hint="Book them first.")
    return found


def _briefing(site: Site, version: int) -> SiteText:
    newest = site.texts.filter(kind=TextKind.BRIEFING).first()
    if newest is None:
        raise BriefingChangedError("This site has no briefing yet.", hint="Write it on the site's page first.")
    if newest.version != version:
        raise BriefingChangedError(
            f"Briefing {newest.version} holds now, not {version}.", hint="Let the visitor read it, then record them."
        )
    return newest


def _escort(viewer: Viewer, room: Room, uid: Uid) -> Person:
    person = people.person_by_uid(viewer, uid)
    if not person.organisation.is_vendor:
        raise EscortError(f"{person.name} is not of the vendor's staff.")
    elsewhere = Arrival.objects.filter(escort=person, departed_at=None).exclude(booking__room=room)
    if elsewhere.exists():
        raise EscortError(f"{person.name} escorts somebody in another room.", hint="Nobody is in two rooms.")
    return person


def _workstation(room: Room, attendee: Attendee, new: NewArrival) -> Workstation | None:
    if new.workstation is None:
        return attendee.workstation
    found = room.workstations.filter(uid=new.workstation.text, retired_at=None).first()
    if found is None:
        raise InvalidError(f"No such workstation stands in {room.name}.")
    return found


def _tell(kind: str, viewer: Viewer, arrival: Arrival, now: datetime, fields: Fields) -> None:
    journal.record(
        kind,
        actor=viewer.uid.text,
        at=now,
        subject=Uid(arrival.uid),
        engagement=Uid(arrival.booking.engagement) if arrival.booking.engagement else None,
        fields=fields,
        personal={
            "escort": arrival.escort.uid if arrival.escort else "",
            "identity": arrival.identity,
            "person": arrival.person.uid,
        },
    )


def forget_arrivals(person: int) -> None:
    """Remove what is personal about somebody's arrivals, inside the transaction of their approved erasure."""
    Arrival.objects.filter(person_id=person).update(**FORGOTTEN)
