# SPDX-License-Identifier: Apache-2.0
"""Legal holds: while one stands, nothing of its person is erased, by two or by age."""

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import queries
from glasshouse.domain.people.models import Hold
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import texts
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

MAX_REASON: Final = 500
KEEPERS: Final = (Role.LAB_MANAGER, Role.AUDITOR)
"""Who of the vendor sets and lifts holds."""


def check_keeps_holds(viewer: Viewer) -> None:
    """Raise not-found unless the viewer may set and lift holds: a lab manager or an auditor of the vendor."""
    if not viewer.is_vendor or not viewer.may_act_as(*KEEPERS):
        raise NotFoundError


def holds_of(viewer: Viewer) -> QuerySet[Hold]:
    """Return the holds that stand, newest first, for those who keep them."""
    check_keeps_holds(viewer)
    rows = Hold.objects.select_related("person__organisation", "set_by").filter(lifted_at=None)
    return rows.order_by("-set_at", "-pk")


def standing(person: int) -> list[Hold]:
    """Return what holds the data of a person, for the rooms that would erase it."""
    return list(Hold.objects.filter(person_id=person, lifted_at=None).order_by("set_at", "pk"))


def held() -> "QuerySet[Hold, Any]":
    """Return the internal ids of persons whose data is held, for the rooms that forget by age."""
    return Hold.objects.filter(lifted_at=None).values("person")


def set_hold(viewer: Viewer, email: str, reason: str, *, now: datetime) -> Hold:
    """Hold a person's data for a reason, such as a dispute or an authority's order."""
    check_keeps_holds(viewer)
    person = queries.anybody_by_email(email)
    told = texts.readable(reason, what="The reason", limit=MAX_REASON)
    with journal.transaction():
        hold = Hold.objects.create(uid=Uid.new().text, person=person, reason=told, set_by_id=viewer.row, set_at=now)
        _tell("people.hold-set", viewer, hold, told, now)
    return hold


def lift_hold(viewer: Viewer, uid: Uid, reason: str, *, now: datetime) -> None:
    """Lift a hold for a reason; what it kept may then be erased."""
    check_keeps_holds(viewer)
    told = texts.readable(reason, what="The reason", limit=MAX_REASON)
    with journal.transaction():
        hold = Hold.objects.select_related("person").filter(uid=uid.text).first()
        if hold is None or not Hold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=now):
            raise NotFoundError
        _tell("people.hold-lifted", viewer, hold, told, now)


def _tell(kind: str, viewer: Viewer, hold: Hold, reason: str, now: datetime) -> None:
    journal.record(
        kind,
        actor=viewer.uid.text,
        at=now,
        subject=Uid(hold.person.uid),
        fields={"hold": hold.uid},
        personal={"reason": reason},
    )
