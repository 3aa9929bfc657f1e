# SPDX-License-Identifier: Apache-2.0
"""Questions about houses, bookings and who is there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import rules
from glasshouse.domain.sites.models import (
    Arrival,
    Booking,
    NoticeRead,
    Room,
    Site,
    SiteText,
    Workstation,
    WorkstationKey,
)
from glasshouse.domain.sites.values import ELSEWHERE, Hours, Presence, SiteName, TextKind
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def site_rows() -> QuerySet[Site]:
    """Return the houses for the operator's terminal: names, places and machines, and nobody who comes there."""
    return Site.objects.filter(closed_at=None).prefetch_related("hours", "rooms__workstations")


def site_named(named: str) -> Site:
    """Return a house by its name or uid, for the operator's terminal."""
    found = site_rows().filter(Q(name=named) | Q(uid=named)).first()
    if found is None:
        raise NotFoundError(f"No site is called {named}.", hint="List them with `glasshouse site list`.")
    return found


def room_named(where: Uid, named: str) -> Room:
    """Return a room of a house by its name or uid, for the operator's terminal."""
    found = Room.objects.filter(Q(name=named) | Q(uid=named), site__uid=where.text).first()
    if found is None:
        raise NotFoundError(f"No room there is called {named}.", hint="List them with `glasshouse site list`.")
    return found


def sites_of(viewer: Viewer) -> QuerySet[Site]:
    """Return the houses that the viewer may look into: all for those who arrange visits, else those booked for them."""
    if _arranges(viewer):
        return site_rows()
    booked = Booking.objects.filter(attendees__person_id=viewer.row, cancelled_at=None)
    return site_rows().filter(pk__in=booked.values("room__site"))


def sites(viewer: Viewer) -> list[SiteName]:
    """Return what each house is called and where it stands: whoever asks for an engagement may wish for one."""
    del viewer  # every signed-in person may know the addresses; rooms, hours and people are narrowed
    rows = Site.objects.filter(closed_at=None).values_list("uid", "name", "place", "country")
    return [SiteName(Uid(uid), name, place, country) for uid, name, place, country in rows]


def site(viewer: Viewer, uid: Uid) -> Site:
    """Return one house that the viewer may look into."""
    found = sites_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def hours_of(found: Site) -> list[Hours]:
    """Return a house's hours, Monday first."""
    return [Hours(one.weekday, one.opens, one.closes) for one in found.hours.all()]


def texts(viewer: Viewer, uid: Uid) -> Mapping[TextKind, SiteText]:
    """Return the newest purpose, notice and briefing of a house the viewer may look into, as far as set."""
    newest: dict[TextKind, SiteText] = {}
    for text in site(viewer, uid).texts.all():
        newest.setdefault(TextKind(text.kind), text)
    return newest


def room(viewer: Viewer, uid: Uid) -> Room:
    """Return one room, for those who arrange visits."""
    found = Room.objects.select_related("site").filter(uid=uid.text, site__closed_at=None).first()
    if found is None or not _arranges(viewer):
        raise NotFoundError
    return found


def workstation(viewer: Viewer, uid: Uid) -> Workstation:
    """Return one machine, for those who arrange visits."""
    rows = Workstation.objects.select_related("room__site").filter(uid=uid.text, room__site__closed_at=None)
    found = rows.first()
    if found is None or not _arranges(viewer):
        raise NotFoundError
    return found


def enrolled(viewer: Viewer, uid: Uid) -> frozenset[str]:
    """Return the uids of a house's workstations that have a live key, for those who arrange visits."""
    rows = WorkstationKey.objects.filter(workstation__room__site=site(viewer, uid), ended_at=None)
    return frozenset(rows.values_list("workstation__uid", flat=True)) if _arranges(viewer) else frozenset()


def machine(viewer: Viewer, uid: Uid) -> Workstation:
    """Return the machine that the viewer was let in to, or any for those who arrange visits."""
    if _arranges(viewer):
        return workstation(viewer, uid)
    found = arrivals_of(viewer).filter(departed_at=None, workstation__uid=uid.text).first()
    if found is None or found.workstation is None:
        raise NotFoundError
    return found.workstation


def bookings_of(viewer: Viewer) -> QuerySet[Booking]:
    """Return the bookings that the viewer may see: all for those who arrange visits, else those they come under."""
    rows = (
        Booking.objects.select_related("room__site", "custodian", "booked_by")
        .prefetch_related("attendees__person__organisation", "attendees__workstation")
        .order_by("begins", "pk")
    )
    if _arranges(viewer):
        return rows
    return rows.filter(Q(attendees__person_id=viewer.row))


def coming(viewer: Viewer, now: datetime) -> QuerySet[Booking]:
    """Return the bookings under which the viewer is expected, the next one first; nobody else's."""
    return bookings_of(viewer).filter(attendees__person_id=viewer.row, cancelled_at=None, ends__gt=now)


def expected(viewer: Viewer, now: datetime) -> list[tuple[Booking, int]]:
    """Return the bookings under which a custodian may let somebody in now, and how many did not come yet."""
    if not viewer.is_vendor or not viewer.may_act_as(Role.CUSTODIAN):
        return []
    rows = bookings_of(viewer).filter(cancelled_at=None, begins__lte=now + rules.EARLY, ends__gt=now)
    came = set(Arrival.objects.filter(booking__in=rows).values_list("booking_id", "person_id"))
    out = [(one, sum((one.pk, who.person_id) not in came for who in one.attendees.all())) for one in rows]
    return [(one, number) for one, number in out if number]


def overdue(viewer: Viewer, now: datetime) -> int:
    """Return how many visitors a custodian has still to see out, their bookings being over."""
    if not viewer.is_vendor or not viewer.may_act_as(Role.CUSTODIAN):
        return 0
    return Arrival.objects.filter(departed_at=None, booking__ends__lte=now).count()


def booking(viewer: Viewer, uid: Uid) -> Booking:
    """Return one booking that the viewer may see."""
    found = bookings_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def calendar(viewer: Viewer, uid: Uid, begins: datetime, ends: datetime) -> list[Booking]:
    """Return a house's bookings that touch a span, those that were cancelled left out, as far as the viewer sees."""
    rows = bookings_of(viewer).filter(room__site=site(viewer, uid), cancelled_at=None)
    return list(rows.filter(begins__lt=ends, ends__gt=begins))


def arrivals_of(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the arrivals that the viewer may see, newest first: all for those who arrange visits, else their own."""
    rows = Arrival.objects.select_related(
        "booking__room", "site", "person__organisation", "workstation", "escort", "received_by", "briefing"
    ).order_by("-arrived_at", "-pk")
    return rows if _arranges(viewer) else rows.filter(person_id=viewer.row)


def arrival(viewer: Viewer, uid: Uid) -> Arrival:
    """Return one arrival that the viewer may see."""
    found = arrivals_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def in_house(viewer: Viewer, uid: Uid) -> list[Arrival]:
    """Return who is in a house now, longest there first, as far as the viewer may see."""
    return list(arrivals_of(viewer).filter(site=site(viewer, uid), departed_at=None).order_by("arrived_at", "pk"))


def unread_notices(viewer: Viewer, now: datetime) -> list[SiteText]:
    """Return the newest notice of each house that the viewer is expected in, as far as they have not read it yet."""
    due: dict[int, SiteText] = {}
    named = coming(viewer, now).values("room__site")
    for text in SiteText.objects.select_related("site").filter(site__in=named, kind=TextKind.NOTICE):
        due.setdefault(text.site_id, text)
    read = NoticeRead.objects.filter(person_id=viewer.row).values_list("text_id", flat=True)
    return [text for text in due.values() if text.pk not in set(read)]


def has_read_notice(person: int, notice: SiteText) -> bool:
    """Say whether somebody read this version of a notice, for the custodian who lets them in."""
    return NoticeRead.objects.filter(person_id=person, text=notice).exists()


def is_inside(person: int) -> bool:
    """Say whether somebody was let in and not seen out yet, for the rooms that would erase them."""
    return Arrival.objects.filter(person_id=person, departed_at=None).exists()


def machines_of_sessions(viewer: Viewer) -> Mapping[str, Workstation]:
    """Return the workstation that spoke last for each session in a house now, as far as the viewer may see."""
    inside = arrivals_of(viewer).filter(departed_at=None, workstation__isnull=False).exclude(session="")
    return {one.session: one.workstation for one in inside if one.workstation is not None}


def presence(viewer: Viewer, now: datetime) -> Presence:
    """Return what is proved about where the asking session is; nothing of a person whom no custodian let in.

    The machine's word is judged against the session, address and certificate of the very request that asks, so a
    session that was carried to another machine is nowhere.
    """
    rows = Arrival.objects.select_related("booking", "site", "workstation")
    found = rows.filter(person_id=viewer.row, departed_at=None).first()
    if found is None or rules.is_over(found.booking.ends, now):
        return ELSEWHERE
    here = Presence(arrival=Uid(found.uid), second_person=found.escort_id is not None)
    machine = found.workstation
    if machine is None or machine.retired_at is not None or not found.session:
        return here
    if found.session != viewer.origin.session or not rules.is_fresh(found.asserted_at, now):
        return here
    if not rules.is_at(viewer.origin, rules.networks_of(machine.ranges), machine.certificate):
        return here
    return replace(here, site=Uid(found.site.uid), workstation=Uid(machine.uid))


def _arranges(viewer: Viewer) -> bool:
    return viewer.is_vendor and viewer.may_act_as(*rules.ARRANGERS)
