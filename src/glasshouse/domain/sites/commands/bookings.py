# SPDX-License-Identifier: Apache-2.0
"""Booking a room, a custodian and workstations for a span of quarter hours."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import queries, rules
from glasshouse.domain.sites.commands.houses import locked_site
from glasshouse.domain.sites.errors import BookingEndedError, StillInsideError, TakenError
from glasshouse.domain.sites.models import Attendee, Booking, Claim, Room, Workstation
from glasshouse.domain.sites.values import Expected, Hours, NewBooking
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

Seated = Sequence[tuple[Person, Workstation | None]]


def book(viewer: Viewer, new: NewBooking, *, now: datetime) -> Booking:
    """Book a room, a custodian and workstations for visitors; raises when any of them is taken for a part of it."""
    rules.check_arranges(viewer)
    room = Room.objects.select_related("site").filter(uid=new.room.text, site__closed_at=None).first()
    if room is None:
        raise NotFoundError
    custodian = people.person_by_uid(viewer, new.custodian)
    if not custodian.organisation.is_vendor or not custodian.roles.filter(role=Role.CUSTODIAN).exists():
        raise InvalidError(f"{custodian.name} is no custodian.")
    span = rules.slots(new.begins, new.ends)
    if new.begins < now:
        raise InvalidError("A booking begins in the future.")
    with journal.transaction():
        locked_site(Uid(room.site.uid))
        seated = _seated(viewer, room, new)
        hours = [Hours(one.weekday, one.opens, one.closes) for one in room.site.hours.all()]
        rules.check_open(hours, rules.zone_of(room.site.zone), new.begins, new.ends)
        booking = Booking.objects.create(
            uid=Uid.new().text,
            room=room,
            custodian=custodian,
            engagement=str(new.engaged.uid) if new.engaged else "",
            begins=new.begins,
            ends=new.ends,
            booked_by_id=viewer.row,
            booked_at=now,
        )
        Attendee.objects.bulk_create(
            Attendee(booking=booking, person=person, workstation=workstation) for person, workstation in seated
        )
        _claim(booking, span, seated)
        _tell("sites.booked", viewer, booking, now)
    return booking


def cancel_booking(viewer: Viewer, booking: Uid, *, now: datetime) -> Booking:
    """Give a booking up and free what it claimed; raises while somebody is in the house under it."""
    queries.booking(viewer, booking)
    rules.check_arranges(viewer)
    with journal.transaction():
        found = locked(booking)
        if found.cancelled_at is not None or found.ends <= now:
            raise BookingEndedError("This booking is over or was cancelled before.")
        if found.arrivals.filter(departed_at=None).exists():
            raise StillInsideError("Somebody is in the house under this booking.", hint="See them out first.")
        Booking.objects.filter(pk=found.pk).update(cancelled_at=now)
        found.claims.all().delete()
        _tell("sites.booking-cancelled", viewer, found, now)
    found.refresh_from_db()
    return found


def locked(booking: Uid) -> Booking:
    """Return a booking's row, held until the caller's transaction ends: arrivals and cancelling exclude each other."""
    rows = Booking.objects.filter(uid=booking.text)
    if transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    found = rows.first()
    if found is None:
        raise NotFoundError
    return found


def _seated(viewer: Viewer, room: Room, new: NewBooking) -> Seated:
    if not new.expected or len(new.expected) > room.seats:
        raise InvalidError(f"{room.name} seats between 1 and {room.seats} visitors.")
    persons = [people.person_by_uid(viewer, one.person) for one in new.expected]
    if len({person.pk for person in persons}) != len(persons):
        raise InvalidError("A visitor is expected once.")
    if any(person.organisation.is_vendor for person in persons):
        raise InvalidError("A booking is for visitors.", hint="The vendor's own people are not booked.")
    if new.engaged and any(person.organisation.uid != new.engaged.organisation.text for person in persons):
        raise InvalidError("The visitors of an engagement's booking are of its organisation.")
    workstations = [_workstation(room, one) for one in new.expected]
    kept = [workstation.pk for workstation in workstations if workstation]
    if len(set(kept)) != len(kept):
        raise InvalidError("A workstation is for one visitor.")
    return list(zip(persons, workstations, strict=True))


def _workstation(room: Room, expected: Expected) -> Workstation | None:
    if expected.workstation is None:
        return None
    found = room.workstations.filter(uid=expected.workstation.text, retired_at=None).first()
    if found is None:
        raise InvalidError(f"No such workstation stands in {room.name}.")
    return found


def _claim(booking: Booking, span: range, seated: Seated) -> None:
    """Claim each quarter hour of each resource; in one order, so that two bookings never wait for each other."""
    resources = sorted(_resources(booking, seated))
    try:
        with transaction.atomic():
            Claim.objects.bulk_create(
                Claim(booking=booking, resource=resource, slot=slot) for resource in resources for slot in span
            )
    except IntegrityError as error:
        taken = Claim.objects.filter(slot__gte=span.start, slot__lt=span.stop, resource__in=resources)
        names = sorted({_name(resource, booking, seated) for resource in taken.values_list("resource", flat=True)})
        raise TakenError(
            f"Booked for a part of this span: {', '.join(names) or 'the room'}.",
            hint="The calendar shows what is free.",
        ) from error


def _resources(booking: Booking, seated: Seated) -> Iterator[str]:
    yield f"room:{booking.room.uid}"
    yield f"person:{booking.custodian.uid}"
    for person, workstation in seated:
        yield f"person:{person.uid}"
        if workstation:
            yield f"seat:{workstation.uid}"


def _name(resource: str, booking: Booking, seated: Seated) -> str:
    names = {f"room:{booking.room.uid}": booking.room.name, f"person:{booking.custodian.uid}": booking.custodian.name}
    for person, workstation in seated:
        names[f"person:{person.uid}"] = person.name
        if workstation:
            names[f"seat:{workstation.uid}"] = workstation.name
    return names[resource]


def _tell(kind: str, viewer: Viewer, booking: Booking, now: datetime) -> None:
    attendees = booking.attendees.select_related("person", "workstation")
    journal.record(
        kind,
        actor=viewer.uid.text,
        at=now,
        subject=Uid(booking.uid),
        engagement=Uid(booking.engagement) if booking.engagement else None,
        fields={
            "begins": clock.to_text(booking.begins),
            "ends": clock.to_text(booking.ends),
            "room": booking.room.uid,
            "site": booking.room.site.uid,
            "visitors": len(attendees),
            "workstations": [one.workstation.uid for one in attendees if one.workstation],
        },
        personal={"custodian": booking.custodian.uid, "persons": [one.person.uid for one in attendees]},
    )
    persons = {booking.custodian_id, *(one.person_id for one in attendees)} - {viewer.row}
    notices.tell(persons, kind, subject=Uid(booking.uid), route="booking", now=now)
