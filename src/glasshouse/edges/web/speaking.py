# SPDX-License-Identifier: Apache-2.0
"""Notes, questions and findings as pages show them: with the address of their lines, for whom it opens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import notes, questions, raised
from glasshouse.domain.readingroom import places as shown
from glasshouse.domain.readingroom.notes import Written
from glasshouse.domain.readingroom.questions import Question
from glasshouse.domain.threads.values import Clock
from glasshouse.edges.web.places import Place
from glasshouse.kernel.ids import Uid

_FEW = 5
_NEAR = 0.75


It = TypeVar("It", Written, Question)


@dataclass(frozen=True, slots=True)
class Listed(Generic[It]):
    """Something at a place, and the place's address where it opens for the viewer."""

    it: It
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The clock of an answer that is awaited, as a page draws it; whole seconds."""

    due: datetime
    now: datetime
    whole: int

    @classmethod
    def of(cls, clock: Clock, due: datetime, now: datetime) -> Self:
        """Return the clock of an answer that is due at a moment."""
        return cls(due, now, int(timedelta(hours=clock.hours).total_seconds()))

    @property
    def used(self) -> int:
        """Return how much of the time is over; never more than all of it."""
        return min(self.whole, max(0, self.whole - int((self.due - self.now).total_seconds())))

    @property
    def is_late(self) -> bool:
        """Say whether the time is over."""
        return self.now >= self.due

    @property
    def is_near(self) -> bool:
        """Say whether little of the time is left."""
        return self.used >= self.whole * _NEAR


def address_of(place: shown.Place | None, grant: Uid | None) -> str:
    """Return where lines open under a grant; empty where there are none, or no grant."""
    if place is None or place.path is None or grant is None:
        return ""
    lines = f"?lines={place.span}#L{place.span.first}" if place.span else ""
    return f"{Place.of(grant, place.release).file(place.path)}{lines}"


def listed(it: It) -> Listed[It]:
    """Return a note or a question with its address."""
    return Listed(it, address_of(it.place, it.grant))


def of_engagement(viewer: Viewer, engagement: Uid, now: datetime) -> dict[str, Any]:
    """Return the newest notes, the questions and the findings of an engagement, for a page of it."""
    written = notes.notes_of(viewer, engagement=engagement)
    return {
        "notes": [listed(one) for one in written[:_FEW]],
        "notes_in_all": len(written),
        "questions": [listed(one) for one in questions.questions_of(viewer, now, engagement=engagement)],
        "findings": raised.findings_of(viewer, engagement=engagement),
    }
