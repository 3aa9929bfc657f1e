# SPDX-License-Identifier: Apache-2.0
"""Releases by digest and counts, and the grants that a person holds on them."""

from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status

from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom import queries as readingroom
from glasshouse.domain.releases import queries
from glasshouse.edges.api.auth import ACTING, DECIDING, SOURCE, reading
from glasshouse.edges.api.shapes import Balances, NamedRelease, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["releases"])


class Release(NamedRelease):
    """A release: digests and counts, no names of files."""

    files: int
    lines: int
    bytes: int
    left_out: int
    imported_at: datetime


class Grant(Schema):
    """A grant as its holder sees it, without releases once they are destroyed.

    Its patterns may name folders, so no token carries it.
    """

    uid: str
    engagement: str
    product: str
    releases: list[NamedRelease]
    patterns: list[str]
    begins: datetime
    ends: datetime
    standing: str
    purposes: list[str]
    sites: list[str]
    at_workstation: bool
    accompanied: bool
    visit: str | None
    balance: Balances


class AskedMore(Schema):
    """Which window of time is to hold twice as many lines."""

    window: Literal["hour", "day", "visit", "total"]


class Asked(Schema):
    """What two people now decide."""

    proposal: str
    state: str
    asked_at: datetime


class Changed(Schema):
    """The grant that changed."""

    grant: str


@router.get("/releases", auth=reading(Scope.RELEASES), response=answering(list[Release]), url_name="releases")
def releases(request: HttpRequest, product: str = "", version: str = "") -> list[Release]:
    """List the releases that the caller may name."""
    rows = queries.releases_of(viewer_of(request))
    if product:
        rows = rows.filter(product__slug=product)
    if version:
        rows = rows.filter(version=version)
    return [
        Release(
            uid=row.uid,
            product=row.product.slug,
            version=row.version,
            root=bytes(row.root).hex(),
            files=row.files,
            lines=row.lines,
            bytes=row.bytes,
            left_out=row.left_out,
            imported_at=row.imported_at,
        )
        for row in rows
    ]


@router.get("/grants", auth=SOURCE, response=answering(list[Grant]), url_name="grants")
def grants(request: HttpRequest) -> list[Grant]:
    """List the caller's own grants, newest first, ended ones too."""
    return [_grant(held) for held in readingroom.desk(viewer_of(request), clock.now())]


@router.post(
    "/grants/{grant}/more", auth=ACTING, response=answering(Asked, HTTPStatus.CREATED), url_name="ask_for_more"
)
def ask_for_more(request: HttpRequest, grant: str, asked: AskedMore) -> Status[Asked]:
    """Ask for twice the lines in one window of the caller's own grant; two people of the lab decide."""
    made = commands.ask_for_more(viewer_of(request), Uid.parse(grant), asked.window, now=clock.now())
    return Status(HTTPStatus.CREATED, Asked(proposal=made.uid, state=made.state, asked_at=made.proposed_at))


@router.post("/grants/{grant}/resume", auth=DECIDING, response=answering(Changed), url_name="resume_grant")
def resume_grant(request: HttpRequest, grant: str) -> Changed:
    """Let a grant that waits for a custodian go on."""
    commands.resume_grant(viewer_of(request), Uid.parse(grant), now=clock.now())
    return Changed(grant=grant)


@router.post("/grants/{grant}/revoke", auth=DECIDING, response=answering(Changed), url_name="revoke_grant")
def revoke_grant(request: HttpRequest, grant: str) -> Changed:
    """End a grant at once; one person suffices to stop a showing."""
    commands.revoke_grant(viewer_of(request), Uid.parse(grant), now=clock.now())
    return Changed(grant=grant)


def _grant(held: readingroom.DeskGrant) -> Grant:
    refs = [queries.ref(row) for row in held.releases]
    return Grant(
        uid=held.grant.uid,
        engagement=held.engagement.label,
        product=refs[0].product_slug if refs else "",
        releases=[NamedRelease.of(ref) for ref in refs],
        patterns=list(held.patterns.globs) if held.patterns else [],
        begins=held.grant.begins,
        ends=held.grant.ends,
        standing=held.standing.value,
        purposes=[one.value for one in held.purposes],
        sites=sorted(site.text for site in held.conditions.sites),
        at_workstation=held.conditions.at_workstation,
        accompanied=held.conditions.accompanied,
        visit=held.visit.uid if held.visit else None,
        balance=Balances.of(held.balance),
    )
