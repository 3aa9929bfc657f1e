# SPDX-License-Identifier: Apache-2.0
"""Legal holds: what keeps a person's data from erasure, set and lifted for a reason by those who keep holds."""

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.people import holds
from glasshouse.edges.api.auth import DECIDING, SOURCE
from glasshouse.edges.api.shapes import PAGE, Done, Page, PageSize, Skipped, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.people import models as people

router: Final = Router(tags=["people"])


class Hold(Schema):
    """A hold that stands."""

    uid: str
    person: str
    person_uid: str
    organisation: str
    reason: str
    set_by: str
    set_at: datetime


class AskedHold(Schema):
    """Whose data is held, by address, and why."""

    person: str = Field(max_length=254)
    reason: str = Field(min_length=1, max_length=holds.MAX_REASON)


class AskedLift(Schema):
    """Why a hold is lifted."""

    reason: str = Field(min_length=1, max_length=holds.MAX_REASON)


@router.get("/holds", auth=SOURCE, response=answering(Page[Hold]), url_name="holds")
def list_holds(request: HttpRequest, skip: Skipped = 0, size: PageSize = PAGE) -> Page[Hold]:
    """List the holds that stand, newest first, for a lab manager or an auditor."""
    rows = holds.holds_of(viewer_of(request))[skip : skip + size + 1]
    return Page.of([_hold(one) for one in rows], skip=skip, size=size)


@router.post("/holds", auth=DECIDING, response=answering(Hold, HTTPStatus.CREATED), url_name="set_hold")
def set_hold(request: HttpRequest, asked: AskedHold) -> Status[Hold]:
    """Hold a person's data: nothing of it is erased, by two people or by age, until the hold is lifted."""
    made = holds.set_hold(viewer_of(request), asked.person, asked.reason, now=clock.now())
    return Status(HTTPStatus.CREATED, _hold(made))


@router.post("/holds/{hold}/lift", auth=DECIDING, response=answering(Done), url_name="lift_hold")
def lift_hold(request: HttpRequest, hold: str, asked: AskedLift) -> Done:
    """Lift a hold; what it kept may then be erased."""
    uid, now = Uid.parse(hold), clock.now()
    holds.lift_hold(viewer_of(request), uid, asked.reason, now=now)
    return Done(uid=uid.text, at=now)


def _hold(one: "people.Hold") -> Hold:
    return Hold(
        uid=one.uid,
        person=one.person.name,
        person_uid=one.person.uid,
        organisation=one.person.organisation.name,
        reason=one.reason,
        set_by=one.set_by.name,
        set_at=one.set_at,
    )
