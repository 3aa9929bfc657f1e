# SPDX-License-Identifier: Apache-2.0
"""Visits and their receipts. A visit that a terminal closes has no passkey's word: the receipt says unacknowledged."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import commands, queries
from glasshouse.edges.api.auth import ACTING, SOURCE, reading
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.readingroom.models import Visit as Row

router: Final = Router(tags=["visits"])
_ZIP: Final = {"responses": {200: {"description": "The receipt", "content": {"application/zip": {}}}}}


class NewVisit(Schema):
    """The grant and one of its releases."""

    grant: str
    release: str


class Visit(Schema):
    """One stay; `first` and `last` are the engagement's numbers that it spans."""

    uid: str
    engagement: str
    number: int
    opened_at: datetime
    closed_at: datetime | None
    first: int
    last: int | None
    is_acknowledged: bool


@router.post("/visits", auth=ACTING, response=answering(Visit), url_name="visits")
def begin_visit(request: HttpRequest, asked: NewVisit) -> Visit:
    """Begin a visit, or return the one that is open."""
    viewer = viewer_of(request)
    begun = commands.begin_visit(viewer, Uid.parse(asked.grant), Uid.parse(asked.release), now=clock.now())
    return _visit(queries.visit(viewer, Uid(begun.uid)))


@router.get("/visits", auth=reading(Scope.VISITS), response=answering(list[Visit]), url_name="visits")
def visits(request: HttpRequest) -> list[Visit]:
    """List the caller's own visits, newest first."""
    return [_visit(row) for row in queries.visits_of(viewer_of(request))]


@router.post("/visits/{visit}/close", auth=ACTING, response=answering(Visit), url_name="close_visit")
def close_visit(request: HttpRequest, visit: str) -> Visit:
    """Close a visit without a passkey; close it in the browser to sign what you were shown."""
    return _visit(commands.close_visit(viewer_of(request), Uid.parse(visit), now=clock.now()))


@router.get("/visits/{visit}/receipt", auth=SOURCE, url_name="receipt", openapi_extra=_ZIP)
def receipt(request: HttpRequest, visit: str) -> HttpResponse:
    """Return the receipt of a visit, which opens the paths that were shown; 409 until its last entry is in the tree."""
    made = commands.make_receipt(viewer_of(request), Uid.parse(visit), now=clock.now())
    return HttpResponse(
        made,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="receipt-{visit}.zip"'},
    )


def _visit(row: "Row") -> Visit:
    return Visit(
        uid=row.uid,
        engagement=row.engagement.label,
        number=row.number,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        first=row.first,
        last=row.last,
        is_acknowledged=row.close is not None,
    )
