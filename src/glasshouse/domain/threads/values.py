# SPDX-License-Identifier: Apache-2.0
"""Values of threads."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices

from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

_MAX_HOURS = 24 * 90


class AboutKind(TextChoices):
    """What a thread may be about."""

    LINES = "lines", "lines of a release"
    FINDING = "finding", "a finding"


class State(TextChoices):
    """Whose turn it is."""

    WAITING = "waiting", "waits for the vendor"
    ANSWERED = "answered", "answered"
    CLOSED = "closed", "closed"


class Side(StrEnum):
    """Which party of an engagement somebody speaks for."""

    VISITOR = "visitor"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Clock:
    """How long the vendor has for an answer, in hours of real time."""

    hours: int

    def __post_init__(self) -> None:
        """Refuse a clock that nobody could keep, or that nobody would live to hear."""
        if not 1 <= self.hours <= _MAX_HOURS:
            raise InvalidError(f"A clock has 1 to {_MAX_HOURS:,} hours.")

    def due(self, now: datetime) -> datetime:
        """Return when an answer to a word of this moment is due."""
        return now + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True)
class About:
    """What a thread is about; `uid` is a release's or a finding's, `place` sealed by the caller, empty where none."""

    kind: AboutKind
    uid: Uid
    place: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread as it begins: of which engagement and product, about what, and how long an answer may take."""

    engagement: Uid
    product: Uid
    about: About
    clock: Clock


@dataclass(frozen=True, slots=True)
class Said:
    """One message. Callers decide who is told its author's name."""

    author_row: int
    author: str
    side: Side
    at: datetime
    words: str = field(repr=False)
