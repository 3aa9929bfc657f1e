# SPDX-License-Identifier: Apache-2.0
"""A house in Brussels with a room and two workstations, for the tests of sites and of what builds on them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import commands, values
from glasshouse.domain.sites.models import Arrival, Booking
from glasshouse.domain.sites.values import Expected, Identity, NewArrival, NewBooking, NewSite, TextKind
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, House

RANGE: Final = "192.0.2.16/28"
INSIDE: Final = "192.0.2.20"
MORNING: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Ten in Brussels, an hour after NOW."""
BRUSSELS: Final = NewSite(
    "Brussels", "Rue de la Loi 1, Brussels", "BE", "Europe/Brussels", values.week("mon-fri 08:30-18:00")
)


@dataclass(slots=True)
class Place:
    """The house and its lab."""

    house: House
    site: Uid
    room: Uid
    left: Uid
    right: Uid
    briefing: int = 1

    def booking(
        self,
        *expected: Expected,
        begins: datetime = MORNING,
        hours: float = 2,
        room: Uid | None = None,
        custodian: Viewer | None = None,
    ) -> NewBooking:
        """Return a booking of the room; the reviewer at the left workstation unless others are named."""
        return NewBooking(
            room or self.room,
            (custodian or self.house.cast.custodian).uid,
            expected or (Expected(self.house.cast.reviewer.uid, self.left),),
            begins,
            begins + timedelta(hours=hours),
        )

    def book(self, *expected: Expected, begins: datetime = MORNING, hours: float = 2) -> Booking:
        """Let the lab manager book."""
        return commands.book(self.house.cast.manager, self.booking(*expected, begins=begins, hours=hours), now=NOW)


def settle(house: House) -> Place:
    """Add the house."""
    manager = house.cast.manager
    site = Uid(commands.add_site(manager, BRUSSELS, now=NOW).uid)
    room = Uid(commands.add_room(manager, site, "Room 1", 3, now=NOW).uid)
    left, right = (
        Uid(commands.add_workstation(manager, room, name, [RANGE], now=NOW).uid) for name in ("Left", "Right")
    )
    commands.set_text(manager, site, TextKind.BRIEFING, "Telephones stay in the locker.", now=NOW)
    return Place(house, site, room, left, right)


def arrival(
    place: Place,
    booking: Booking,
    viewer: Viewer | None = None,
    *,
    receipt: str = "L-14",
    escort: Viewer | None = None,
    now: datetime = MORNING,
) -> Arrival:
    """Let the custodian receive somebody, the reviewer unless another is named."""
    cast = place.house.cast
    person = (viewer or cast.reviewer).uid
    new = NewArrival(person, Identity.PASSPORT, 2, receipt, place.briefing, escort.uid if escort else None)
    return commands.arrive(cast.custodian, Uid(booking.uid), new, now=now)
