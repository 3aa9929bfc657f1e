# SPDX-License-Identifier: Apache-2.0
"""What a site says to those who come: its purpose, its notice, its briefing; read, acknowledged, set."""

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.values import TextKind
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.shapes import Done, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.sites import models as sites

router: Final = Router(tags=["sites"])
_TEXT: Final = 20_000


class SiteText(Schema):
    """The version of a text that holds now."""

    kind: str
    version: int
    digest: str
    set_at: datetime
    text: str


class SiteNotice(Schema):
    """What a site keeps of its visitors, why and for how many days; `is_read` is the caller's own word on it."""

    site: str
    name: str
    retention_days: int
    booking_days: int
    texts: list[SiteText]
    is_read: bool


class AskedRead(Schema):
    """Which version of the notice was read."""

    version: int = Field(ge=1)


class AskedText(Schema):
    """What a site says from now on."""

    kind: Literal["purpose", "notice", "briefing"]
    text: str = Field(min_length=1, max_length=_TEXT)


@router.get("/sites/notices", auth=SOURCE, response=answering(list[SiteNotice]), url_name="unread_notices")
def unread_notices(request: HttpRequest) -> list[SiteNotice]:
    """List the sites in which the caller is expected and whose notice they have not read yet."""
    viewer = viewer_of(request)
    named = [Uid(one.site.uid) for one in queries.unread_notices(viewer, clock.now())]
    return [_notice(request, uid) for uid in named]


@router.get("/sites/{site}/notice", auth=SOURCE, response=answering(SiteNotice), url_name="site_notice")
def site_notice(request: HttpRequest, site: str) -> SiteNotice:
    """Return what a site says to those who come, to whom is expected there and to those who arrange visits."""
    return _notice(request, Uid.parse(site))


@router.post("/sites/{site}/notice/read", auth=ACTING, response=answering(Done), url_name="read_notice")
def read_notice(request: HttpRequest, site: str, asked: AskedRead) -> Done:
    """Say that the caller read this version of a site's notice; once for each."""
    uid, now = Uid.parse(site), clock.now()
    commands.acknowledge_notice(viewer_of(request), uid, asked.version, now=now)
    return Done(uid=uid.text, at=now)


@router.post(
    "/sites/{site}/texts", auth=ACTING, response=answering(SiteText, HTTPStatus.CREATED), url_name="set_site_text"
)
def set_site_text(request: HttpRequest, site: str, asked: AskedText) -> Status[SiteText]:
    """Add the next version of what a site says; who arranges visits may."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    queries.site(viewer, uid)
    made = commands.set_text(viewer, uid, TextKind(asked.kind), asked.text, now=clock.now())
    return Status(HTTPStatus.CREATED, _text(made))


def _notice(request: HttpRequest, uid: Uid) -> SiteNotice:
    viewer = viewer_of(request)
    found, texts = queries.site(viewer, uid), queries.texts(viewer, uid)
    newest = texts.get(TextKind.NOTICE)
    return SiteNotice(
        site=found.uid,
        name=found.name,
        retention_days=found.retention_days,
        booking_days=found.booking_days,
        texts=[_text(texts[kind]) for kind in TextKind if kind in texts],
        is_read=newest is not None and queries.has_read_notice(viewer.row, newest),
    )


def _text(one: "sites.SiteText") -> SiteText:
    return SiteText(
        kind=one.kind, version=one.version, digest=bytes(one.digest).hex(), set_at=one.set_at, text=one.text
    )
