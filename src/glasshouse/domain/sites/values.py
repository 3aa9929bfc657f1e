# SPDX-License-Identifier: Apache-2.0
"""Values of sites: hours, what is to be booked, how somebody arrived, where a session stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from django.db.models import TextChoices

from glasshouse.domain.sites.errors import HoursError
from glasshouse.kernel.ids import Uid

DAY_MINUTES: Final = 1440
SLOT_SECONDS: Final = 900
"""Length of a claim. Every zone's distance from UTC is a multiple of it."""
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOUR: Final = 60


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """When a site is open on one weekday, in minutes of its own wall clock; Monday is 0, midnight at the end 1440."""

    weekday: int
    opens: int
    closes: int

    def __post_init__(self) -> None:
        """Refuse hours that no day has."""
        if not 0 <= self.weekday < len(WEEKDAYS) or not 0 <= self.opens < self.closes <= DAY_MINUTES:
            raise HoursError("Hours begin before they end, on the same day.", hint="For instance 08:30-18:00.")

    @classmethod
    def parse(cls, weekday: int, text: str) -> Self:
        """Read `08:30-18:00`; `24:00` is the day's end."""
        found = _SPAN.fullmatch(text.strip())
        if found is None:
            raise HoursError(f"{text!r} is no span of a day.", hint="For instance 08:30-18:00.")
        hour, minute, last_hour, last_minute = (int(part) for part in found.groups())
        if minute >= _HOUR or last_minute >= _HOUR:
            raise HoursError(f"{text!r} is no span of a day.", hint="An hour has 60 minutes.")
        return cls(weekday, hour * _HOUR + minute, last_hour * _HOUR + last_minute)

    @property
    def day(self) -> str:
        """Name the weekday."""
        return WEEKDAYS[self.weekday]

    @property
    def text(self) -> str:
        """Write the span as it is read."""
        return f"{wall(self.opens)}-{wall(self.closes)}"


def wall(minute: int) -> str:
    """Write a minute of the day as a clock shows it."""
    return f"{minute // _HOUR:02d}:{minute % _HOUR:02d}"


def week(text: str) -> tuple[Hours, ...]:
    """Read a week's hours, `mon-fri 08:30-18:00, sat 09:00-12:00`; a weekday stands once."""
    found: dict[int, Hours] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        days, _, span = part.partition(" ")
        first, _, last = days.lower().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise HoursError(f"{days!r} names no weekday.", hint="For instance mon-fri 08:30-18:00, sat 09:00-12:00.")
        named = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
        if not named or not found.keys().isdisjoint(named):
            raise HoursError(f"{part!r} names no day, or one that has hours already.", hint="Write mon before fri.")
        found |= {day: Hours.parse(day, span) for day in named}
    return tuple(found[day] for day in sorted(found))


def told(hours: Sequence[Hours]) -> list[tuple[str, str]]:
    """Write a week's hours, Monday first: pairs of weekdays and span, neighbours of one span together."""
    found: list[tuple[list[Hours], str]] = []
    for one in hours:
        if found and found[-1][1] == one.text and found[-1][0][-1].weekday + 1 == one.weekday:
            found[-1][0].append(one)
        else:
            found.append(([one], one.text))
    return [(days[0].day if len(days) == 1 else f"{days[0].day}-{days[-1].day}", span) for days, span in found]


@dataclass(frozen=True, slots=True)
class NewSite:
    """A house that is to be added; `zone` is an IANA name, `country` ISO 3166-1 alpha-2."""

    name: str
    place: str
    country: str
    zone: str
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class SiteName:
    """A house by its name and where it stands."""

    uid: Uid
    name: str
    place: str
    country: str


class TextKind(TextChoices):
    """What a site says to those who come."""

    PURPOSE = "purpose", "purpose"
    NOTICE = "notice", "notice"
    BRIEFING = "briefing", "briefing"


class Identity(TextChoices):
    """What somebody showed at the door. The kind is kept, never a number, a copy or a date of birth."""

    PASSPORT = "passport", "passport"
    CARD = "identity-card", "identity card"
    PERMIT = "residence-permit", "residence permit"
    SERVICE = "service-card", "service card of an authority"


@dataclass(frozen=True, slots=True)
class Engaged:
    """An engagement and whose it is, as the room of engagements hands it in."""

    uid: Uid
    organisation: Uid


@dataclass(frozen=True, slots=True)
class Expected:
    """A visitor of a booking, and the workstation that is kept for them."""

    person: Uid
    workstation: Uid | None = None


@dataclass(frozen=True, slots=True)
class NewBooking:
    """Who is to come, when, where, and which custodian receives them."""

    room: Uid
    custodian: Uid
    expected: Sequence[Expected]
    begins: datetime
    ends: datetime
    engaged: Engaged | None = None


@dataclass(frozen=True, slots=True)
class NewArrival:
    """What the custodian saw and did at the door. `devices` lie in the locker whose receipt is named.

    `workstation` replaces the one that the booking keeps for this visitor, when that one is out of order.
    """

    person: Uid
    identity: Identity
    devices: int
    receipt: str
    briefing: int
    escort: Uid | None = None
    workstation: Uid | None = None


class Ended(TextChoices):
    """Why a workstation's key counts no more."""

    REPLACED = "replaced", "another key was enrolled"
    REVOKED = "revoked", "a custodian ended it"
    COPIED = "copied", "it was used from two machines"


class Link(StrEnum):
    """What the next link of a key's chain says about the machine that shows it."""

    NEXT = "next"
    REPEATED = "repeated"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a machine made: its public half, the first link of its chain, its word on both."""

    challenge: str
    spki: bytes
    link: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """A machine's word that a session is at it: it shows the last link of its key's chain and names the next."""

    workstation: Uid
    challenge: str
    shown: bytes
    next: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Presence:
    """What is proved about the session that asks: nothing unless a custodian let its person in.

    `site` and `workstation` are set together, by a session that asserted the workstation's key within the last
    minutes and asks from its addresses; `arrival` is there from the door on.
    """

    site: Uid | None = None
    workstation: Uid | None = None
    second_person: bool = False
    arrival: Uid | None = None


ELSEWHERE: Final = Presence()
"""Nothing is proved."""
