# SPDX-License-Identifier: Apache-2.0
"""Questions about notices: everybody asks for their own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Min, QuerySet

from glasshouse.domain.notices.models import Notice, Posting, PostingState, Silence, Told
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_OF_LATE: Final = timedelta(days=30)


def inbox(viewer: Viewer) -> QuerySet[Notice]:
    """Return the viewer's notices, newest first, seen ones too."""
    return Notice.objects.filter(person_id=viewer.row).order_by("-at", "-pk")


def unseen_of(viewer: Viewer) -> QuerySet[Notice]:
    """Return the viewer's notices that they have not seen, newest first."""
    return inbox(viewer).filter(seen_at=None)


def unseen(viewer: Viewer) -> int:
    """Return how many of the viewer's notices they have not seen."""
    return unseen_of(viewer).count()


def told(clocks: Collection[str]) -> set[str]:
    """Return which of these clocks were told of."""
    return set(Told.objects.filter(clock__in=clocks).values_list("clock", flat=True))


def wants_mail(viewer: Viewer) -> bool:
    """Say whether the viewer wants mail of what no clock runs on."""
    return not Silence.objects.filter(person_id=viewer.row).exists()


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the lab's mail stands: what waits and since when, what failed of late, when it last sent something."""

    waiting: int
    oldest: datetime | None
    most_attempts: int
    failed: int
    last_sent: datetime | None


def outbox(*, now: datetime) -> Outbox:
    """Return how the lab's mail stands. It names nobody; who may know is judged by the caller."""
    waiting = Posting.objects.filter(state=PostingState.WAITING)
    told = waiting.aggregate(oldest=Min("notice__at"), attempts=Max("attempts"))
    failed = Posting.objects.filter(
        state__in=[PostingState.REFUSED, PostingState.GIVEN_UP], ended_at__gt=now - _OF_LATE
    )
    sent = Posting.objects.filter(state=PostingState.SENT).aggregate(last=Max("ended_at"))
    return Outbox(waiting.count(), told["oldest"], told["attempts"] or 0, failed.count(), sent["last"])


def notice(viewer: Viewer, uid: Uid) -> Notice:
    """Return one of the viewer's own notices."""
    found = inbox(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found
