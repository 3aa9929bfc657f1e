# SPDX-License-Identifier: Apache-2.0
"""Decisions of sites as pure functions: who may arrange, what a span of a house is, who may come in when."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Origin, Viewer
from glasshouse.domain.sites.errors import BookingEndedError, HoursError, OutsideHoursError
from glasshouse.domain.sites.values import DAY_MINUTES, SLOT_SECONDS, WEEKDAYS, Hours, Link, wall
from glasshouse.kernel.errors import InvalidError, NotFoundError

ARRANGERS: Final = (Role.LAB_MANAGER, Role.CUSTODIAN)
"""Who adds houses, books and receives."""
EARLY: Final = timedelta(minutes=30)
"""So long before a booking begins somebody may be let in."""
LATE: Final = timedelta(minutes=15)
"""So long after a booking ends somebody who has not left still counts as present."""
_SHA256_DIGITS: Final = 64
SKEW: Final = timedelta(minutes=1)
WORD_LASTS: Final = timedelta(minutes=5)
"""So long a machine's word holds; the page says it again every two minutes."""
_MOST_DEVICES: Final = 20
_RECEIPT: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,7}", re.ASCII)
Networks = tuple[IPv4Network | IPv6Network, ...]


def check_arranges(viewer: Viewer, *roles: Role) -> None:
    """Raise unless the viewer is of the vendor's staff and holds one of the roles, an arranger's if none is named."""
    if not viewer.is_vendor:
        raise NotFoundError
    viewer.check_role(*(roles or ARRANGERS))


def actor_of(by: Viewer | str, *roles: Role) -> str:
    """Return who the journal says acted: an operator at the machine, `operator:NAME`, or a viewer with the role."""
    if isinstance(by, str):
        return by
    check_arranges(by, *roles)
    return by.uid.text


@cache
def zones() -> frozenset[str]:
    """Return the IANA zones that name a place, and UTC."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raise for what names none."""
    if name not in zones():
        raise HoursError(f"{name!r} is no time zone.", hint="Give an IANA name, for instance Europe/Brussels.")
    return ZoneInfo(name)


def networks_of(ranges: Iterable[str]) -> Networks:
    """Read address ranges in CIDR form; raise for none, and for one that every address is in."""
    found = []
    for text in ranges:
        try:
            network = ip_network(text.strip())
        except ValueError as error:
            raise InvalidError(
                f"{text!r} is no address range.", hint="For instance 192.0.2.16/28, without host bits."
            ) from error
        if network.prefixlen == 0:
            raise InvalidError("A range of every address keeps nobody out.", hint="Name the room's own network.")
        found.append(network)
    if not found:
        raise InvalidError("A workstation asks from at least one address range.")
    return tuple(dict.fromkeys(found))


def is_inside(address: str, ranges: Networks) -> bool:
    """Say whether an address lies in one of the ranges; what is no address lies in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped  # a dual-stack socket reports 192.0.2.20 as ::ffff:192.0.2.20
    return any(found in network for network in ranges)


def is_at(origin: Origin, ranges: Networks, certificate: str) -> bool:
    """Say whether a question comes from a workstation's addresses, and with its certificate where it has one."""
    return is_inside(origin.address, ranges) and (not certificate or origin.certificate == certificate)


def instant(zone: ZoneInfo, day: date, minute: int, *, is_end: bool = False) -> datetime:
    """Return when a wall clock shows a minute of a day, in UTC.

    A minute that a clock skips is the moment it skips at; one that it shows twice is the first for what begins, the
    second for what ends. The day's own end is minute 1440.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    moment = shown.replace(tzinfo=zone, fold=int(is_end)).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == shown:
        return moment
    # PEP 495: inside a gap fold 1 reads by the offset after it, which is too early, fold 0 by the one before, too late.
    early, late = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (early, middle) if _is_after(middle, zone, late) else (middle, late)
    return late.replace(microsecond=0)


def _is_after(moment: datetime, zone: ZoneInfo, later: datetime) -> bool:
    return moment.astimezone(zone).utcoffset() == later.astimezone(zone).utcoffset()


def slots(begins: datetime, ends: datetime) -> range:
    """Return the quarter hours of a span, counted from the epoch; raise unless it begins and ends on one."""
    for moment in (begins, ends):
        if moment.timestamp() % SLOT_SECONDS:
            raise HoursError("A booking begins and ends on a quarter hour.")
    if begins >= ends:
        raise HoursError("A booking begins before it ends.")
    return range(int(begins.timestamp()) // SLOT_SECONDS, int(ends.timestamp()) // SLOT_SECONDS)


def check_open(hours: Collection[Hours], zone: ZoneInfo, begins: datetime, ends: datetime) -> None:
    """Raise unless the site is open from beginning to end, by its own wall clock on that day."""
    here = begins.astimezone(zone)
    today = next((one for one in hours if one.weekday == here.weekday()), None)
    if today is None:
        raise OutsideHoursError(f"The site is closed on that day ({WEEKDAYS[here.weekday()]}).")
    opens = instant(zone, here.date(), today.opens)
    closes = instant(zone, here.date(), today.closes, is_end=True)
    if not opens <= begins < ends <= closes:
        raise OutsideHoursError(
            f"On that day the site is open from {wall(today.opens)} to {wall(today.closes)}, {zone.key}.",
            hint="Choose a span inside these hours, on one day.",
        )


def moment_of(zone: ZoneInfo, shown: datetime) -> datetime:
    """Return the moment at which a site's clock shows this, in UTC; raise when it never does, or twice."""
    early, late = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return early
    if early.astimezone(zone).replace(tzinfo=None, fold=0) != shown:
        raise HoursError(f"The clock skips {shown:%H:%M} on that day.", hint="Choose a time after the change.")
    raise HoursError(f"The clock shows {shown:%H:%M} twice on that day.", hint="Choose a time outside that hour.")


def check_may_arrive(begins: datetime, ends: datetime, cancelled_at: datetime | None, now: datetime) -> None:
    """Raise unless the booking holds now: not cancelled, from half an hour before it begins until it ends."""
    if cancelled_at is not None:
        raise BookingEndedError("This booking was cancelled.", hint="Make another one.")
    if now < begins - EARLY:
        raise BookingEndedError("This booking has not begun.", hint="Visitors are let in half an hour before it.")
    if now >= ends:
        raise BookingEndedError("This booking is over.", hint="Make another one.")


def is_over(ends: datetime, now: datetime) -> bool:
    """Say whether a booking ended so long ago that whoever has not been seen out no longer counts as present."""
    return now >= ends + LATE


def check_locker(devices: int, receipt: str) -> str:
    """Return the receipt's number; raise unless devices have one and no devices have none."""
    number = receipt.strip().upper()
    if not 0 <= devices <= _MOST_DEVICES:
        raise InvalidError(f"A locker holds up to {_MOST_DEVICES} devices.")
    if bool(number) != bool(devices):
        raise InvalidError("Devices lie in a locker and have its receipt; no devices have none.")
    if number and not _RECEIPT.fullmatch(number):
        raise InvalidError(f"{receipt!r} is no receipt of a locker.", hint="Up to eight letters and digits: L-14.")
    return number


def is_fresh(asserted_at: datetime | None, now: datetime) -> bool:
    """Say whether a machine's word still holds. One from the future does not: a clock was moved."""
    return asserted_at is not None and asserted_at - SKEW <= now < asserted_at + WORD_LASTS


def next_link(link: bytes, before: bytes, *, shown: bytes, following: bytes) -> Link:
    """Say what a machine's links mean beside the key's: `link` is due, `before` was shown last.

    A machine that shows what is due is the one that got the last answer. One that repeats its last word lost that
    answer. Any other shows a link that somebody else has moved on from: the key is in two machines.
    """
    if shown == link and following != link:
        return Link.NEXT
    return Link.REPEATED if before and (shown, following) == (before, link) else Link.BROKEN


def day_of(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends at a site: 23, 24 or 25 hours."""
    return instant(zone, day, 0), instant(zone, day, DAY_MINUTES)


def fingerprint(text: str) -> str:
    """Read a certificate's SHA-256, colons allowed; empty for none."""
    digits = text.strip().replace(":", "").lower()
    if digits and (len(digits) != _SHA256_DIGITS or not set(digits) <= set("0123456789abcdef")):
        raise InvalidError(f"{text!r} is no SHA-256 of a certificate.", hint="64 hexadecimal digits.")
    return digits
