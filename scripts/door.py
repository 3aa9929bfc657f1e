# SPDX-License-Identifier: Apache-2.0
"""The demo's house: a room with two workstations, and the reviewer booked from the next quarter of an hour on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands, queries, rules
from glasshouse.domain.sites.values import SLOT_SECONDS, Expected, NewBooking, NewSite, TextKind, week
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from scripts.cast import Member

HOURS: Final = "mon-sun 00:00-24:00"
LONGEST: Final = timedelta(hours=3)
SAYS: Final = {
    TextKind.PURPOSE: "Source is read here under agreed limits, and both sides can prove what was shown.",
    TextKind.NOTICE: "What you open is recorded, for you as well. Nobody ranks you or passes your reading on.",
    TextKind.BRIEFING: "Telephones, watches and cameras stay in the locker.\nAsk before you take notes on paper.",
}


def furnish(actor: str, cast: Mapping[Role, Member]) -> None:
    """Add the house unless it is there, and leave the custodian somebody to receive."""
    now = clock.now()
    if queries.site_rows().exists():  # the demo was set up before
        return
    new = NewSite("Brussels", "Rue de la Loi 1, Brussels", "BE", "Europe/Brussels", week(HOURS))
    site = Uid(commands.add_site(actor, new, now=now).uid)
    for kind, text in SAYS.items():
        commands.set_text(actor, site, kind, text, now=now)
    room = Uid(commands.add_room(actor, site, "Room 1", 2, now=now).uid)
    left, _right = (
        Uid(commands.add_workstation(actor, room, name, ["127.0.0.0/8", "::1/128"], now=now).uid)
        for name in ("Left", "Right")
    )
    begins = datetime.fromtimestamp((int(now.timestamp()) // SLOT_SECONDS + 1) * SLOT_SECONDS, tz=UTC)
    zone = rules.zone_of(new.zone)
    midnight = rules.day_of(zone, begins.astimezone(zone).date())[1]
    booking = NewBooking(
        room,
        cast[Role.CUSTODIAN].viewer.uid,
        [Expected(cast[Role.REVIEWER].viewer.uid, left)],
        begins,
        min(begins + LONGEST, midnight),
    )
    commands.book(cast[Role.LAB_MANAGER].viewer, booking, now=now)
