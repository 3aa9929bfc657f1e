# SPDX-License-Identifier: Apache-2.0
"""Questions about threads. `reach` holds the engagements that a visitor may see; the vendor's answering roles see all.

It is a required argument, so that no caller can forget to narrow.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, Count, Min, Q, QuerySet, When

from glasshouse.domain.journal import wording
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.threads import rules
from glasshouse.domain.threads.errors import NoThreadError
from glasshouse.domain.threads.models import Thread
from glasshouse.domain.threads.values import AboutKind, Said, Side, State
from glasshouse.kernel.ids import Uid

_TURN: Final = Case(*(When(state=one, then=place) for place, one in enumerate(State)))


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Threads that wait for somebody: how many, when the first is due, how many of them were called late."""

    count: int
    due: datetime | None
    late: int


def threads_of(viewer: Viewer, reach: Collection[Uid], *, kind: AboutKind) -> QuerySet[Thread]:
    """Return the threads about one kind of thing that the viewer has a part in: what waits longest comes first."""
    rows = Thread.objects.filter(about_kind=kind).order_by(_TURN, "due_at", "pk")
    try:
        side = rules.side_of(viewer)
    except NoThreadError:
        return rows.none()
    if side is Side.VENDOR:
        return rows
    return rows.filter(engagement__in=[uid.text for uid in reach])


def thread(viewer: Viewer, uid: Uid, reach: Collection[Uid], *, kind: AboutKind) -> Thread:
    """Return one thread that the viewer has a part in; raises NoThreadError."""
    found = threads_of(viewer, reach, kind=kind).filter(uid=uid.text).first()
    if found is None:
        raise NoThreadError
    return found


def awaiting(viewer: Viewer, reach: Collection[Uid], *, kind: AboutKind) -> Awaiting:
    """Return how many threads wait for the viewer: to be answered, or read; for who manages the lab, the late ones."""
    rows = threads_of(viewer, reach, kind=kind)
    if not viewer.is_vendor:
        rows = rows.filter(state=State.ANSWERED)
    elif viewer.may_act_as(Role.PRODUCT_OWNER):
        rows = rows.filter(state=State.WAITING)
    else:
        rows = rows.filter(state=State.WAITING).exclude(escalated_at=None)
    told = rows.order_by().aggregate(
        count=Count("pk"), due=Min("due_at"), late=Count("pk", filter=Q(state=State.WAITING) & ~Q(escalated_at=None))
    )
    return Awaiting(told["count"], told["due"], told["late"])


def messages(found: Thread, sealer: wording.Sealer) -> list[Said]:
    """Return what was said in a thread that was judged, oldest first."""
    rows = found.messages.select_related("author").order_by("at", "pk")
    return [
        Said(
            author_row=row.author_id,
            author=row.author.name,
            side=Side.VENDOR if row.is_vendor else Side.VISITOR,
            at=row.at,
            words=wording.read(bytes(row.words), sealer, context=row.uid),
        )
        for row in rows
    ]
