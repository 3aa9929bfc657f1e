# SPDX-License-Identifier: Apache-2.0
"""Adding houses, rooms and machines, and saying when they are open, for what and for how long things are kept.

`by` is an operator at the machine (`operator:NAME`) or a viewer who arranges visits.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection
from django.db.models import Max

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import rules
from glasshouse.domain.sites.errors import SiteExistsError, StillInsideError, TakenError
from glasshouse.domain.sites.models import Booking, OpenHours, Room, Site, SiteText, Workstation
from glasshouse.domain.sites.values import Hours, NewSite, TextKind, wall
from glasshouse.kernel import countries, texts
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

_NAME, _PLACE, _TEXT = 80, 200, 20_000
_MOST_SEATS, _MOST_DAYS = 200, 3_650


def add_site(by: Viewer | str, new: NewSite, *, now: datetime) -> Site:
    """Add a house with its hours; purpose, notice and briefing follow."""
    actor = rules.actor_of(by, Role.LAB_MANAGER)
    name, place = _line(new.name, _NAME), _line(new.place, _PLACE)
    country, zone = countries.parse(new.country), rules.zone_of(new.zone).key
    with journal.transaction():
        try:
            site = Site.objects.create(
                uid=Uid.new().text, name=name, place=place, country=country, zone=zone, added_at=now
            )
        except IntegrityError as error:
            raise SiteExistsError(f"There is a site called {name}.") from error
        _write_hours(site, new.hours)
        journal.record(
            "sites.site-added",
            actor=actor,
            at=now,
            subject=Uid(site.uid),
            fields={"country": country, "hours": _spans(new.hours), "name": name, "place": place, "zone": zone},
        )
    return site


def set_hours(by: Viewer | str, site: Uid, hours: Sequence[Hours], *, now: datetime) -> Site:
    """Change a site's hours; raises while a booking to come would fall outside them."""
    actor = rules.actor_of(by)
    with journal.transaction():
        found = locked_site(site)
        zone = rules.zone_of(found.zone)
        outside = 0
        for booking in Booking.objects.filter(room__site=found, cancelled_at=None, ends__gt=now):
            try:
                rules.check_open(hours, zone, booking.begins, booking.ends)
            except InvalidError:
                outside += 1
        if outside:
            raise TakenError(f"{outside} bookings to come lie outside these hours.", hint="Cancel them first.")
        found.hours.all().delete()
        _write_hours(found, hours)
        journal.record(
            "sites.hours-set", actor=actor, at=now, subject=site, fields={"hours": _spans(hours), "zone": found.zone}
        )
    return found


def set_text(by: Viewer | str, site: Uid, kind: TextKind, text: str, *, now: datetime) -> SiteText:
    """Add the next version of what a site says; the entry pins its digest."""
    actor = rules.actor_of(by)
    content = texts.readable(text, what=f"The {kind.label}", limit=_TEXT)
    digest = hashlib.sha256(content.encode()).digest()
    with journal.transaction():
        found = locked_site(site)
        version = (found.texts.filter(kind=kind).aggregate(Max("version"))["version__max"] or 0) + 1
        made = SiteText.objects.create(site=found, kind=kind, version=version, text=content, digest=digest, set_at=now)
        journal.record(
            "sites.text-set",
            actor=actor,
            at=now,
            subject=site,
            fields={"digest": digest.hex(), "kind": kind.value, "version": version},
        )
    return made


def set_retention(by: Viewer | str, site: Uid, days: int, *, now: datetime, booking_days: int | None = None) -> Site:
    """Say how many days after a visit what is personal about it is kept, and who was expected: as long if not said."""
    actor = rules.actor_of(by, Role.LAB_MANAGER)
    kept = days if booking_days is None else booking_days
    if not 1 <= days <= _MOST_DAYS or not 1 <= kept <= _MOST_DAYS:
        raise InvalidError(f"Retention is between 1 and {_MOST_DAYS:,} days.")
    with journal.transaction():
        found = locked_site(site)
        fields = {
            "before": found.retention_days,
            "booking_before": found.booking_days,
            "booking_days": kept,
            "days": days,
        }
        found.retention_days, found.booking_days = days, kept
        found.save(update_fields=["retention_days", "booking_days"])
        journal.record("sites.retention-set", actor=actor, at=now, subject=site, fields=fields)
    return found


def add_room(by: Viewer | str, site: Uid, name: str, seats: int, *, now: datetime) -> Room:
    """Add a room that seats so many visitors."""
    actor = rules.actor_of(by)
    called = _line(name, _NAME)
    if not 1 <= seats <= _MOST_SEATS:
        raise InvalidError(f"A room seats between 1 and {_MOST_SEATS} visitors.")
    with journal.transaction():
        found = locked_site(site)
        if found.rooms.filter(name=called).exists():
            raise SiteExistsError(f"{found.name} has a room called {called}.")
        room = Room.objects.create(uid=Uid.new().text, site=found, name=called, seats=seats)
        journal.record(
            "sites.room-added",
            actor=actor,
            at=now,
            subject=Uid(room.uid),
            fields={"name": called, "seats": seats, "site": site.text},
        )
    return room


def add_workstation(
    by: Viewer | str, room: Uid, name: str, ranges: Sequence[str], *, now: datetime, certificate: str = ""
) -> Workstation:
    """Add a machine and the addresses it asks from; it is trusted once its custodian has enrolled its key.

    `certificate` is the SHA-256 of a client certificate that a trusted proxy must then have seen.
    """
    actor = rules.actor_of(by)
    called, networks, pinned = _line(name, _NAME), rules.networks_of(ranges), rules.fingerprint(certificate)
    with journal.transaction():
        found = Room.objects.select_related("site").filter(uid=room.text).first()
        if found is None:
            raise NotFoundError
        locked_site(Uid(found.site.uid))
        if found.workstations.filter(name=called).exists():
            raise SiteExistsError(f"{found.name} has a workstation called {called}.")
        made = Workstation.objects.create(
            uid=Uid.new().text,
            room=found,
            name=called,
            ranges=[str(network) for network in networks],
            certificate=pinned,
        )
        journal.record(
            "sites.workstation-added",
            actor=actor,
            at=now,
            subject=Uid(made.uid),
            fields={"certificate": pinned, "name": called, "ranges": made.ranges, "room": room.text},
        )
    return made


def close_site(by: Viewer | str, site: Uid, *, now: datetime) -> Site:
    """Close a house for good; raises while a booking is to come or somebody is inside. What was recorded stays."""
    actor = rules.actor_of(by, Role.LAB_MANAGER)
    with journal.transaction():
        found = locked_site(site)
        if Booking.objects.filter(room__site=found, cancelled_at=None, ends__gt=now).exists():
            raise TakenError("There are bookings to come.", hint="Cancel them first.")
        if found.arrivals.filter(departed_at=None).exists():
            raise StillInsideError("Somebody is in the house.", hint="See them out first.")
        found.closed_at = now
        found.save(update_fields=["closed_at"])
        journal.record("sites.site-closed", actor=actor, at=now, subject=site)
    return found


def locked_site(uid: Uid) -> Site:
    """Return an open house, held until the caller's transaction ends: its hours, rooms and bookings follow one another.

    Else a booking and other hours, made at once, would each be right about a house that is gone.
    """
    rows = Site.objects.filter(uid=uid.text, closed_at=None)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    found = rows.first()
    if found is None:
        raise NotFoundError
    return found


def _write_hours(site: Site, hours: Sequence[Hours]) -> None:
    if len({one.weekday for one in hours}) != len(hours) or not hours:
        raise InvalidError("A site is open on at least one weekday, and once on each.")
    OpenHours.objects.bulk_create(
        OpenHours(site=site, weekday=one.weekday, opens=one.opens, closes=one.closes) for one in hours
    )


def _spans(hours: Sequence[Hours]) -> list[list[str | int]]:
    return [[one.weekday, wall(one.opens), wall(one.closes)] for one in sorted(hours)]


def _line(text: str, most: int) -> str:
    line = " ".join(text.split())
    if not line or len(line) > most or not line.isprintable():
        raise InvalidError(f"A name has between 1 and {most} characters, all of them visible.")
    return line
