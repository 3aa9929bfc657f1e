# SPDX-License-Identifier: Apache-2.0
"""Requests and engagements: asked for, vetted, decided on, put up for opening, changed, closed.

Terms are signed on their page alone: a passkey answers to the lab's own address in a browser, and to no program.
"""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from ninja import Router, Status

from glasshouse.domain.engagements import commands, queries, rules
from glasshouse.domain.engagements import values as engaged
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.api.auth import ACTING, DECIDING, SOURCE
from glasshouse.edges.api.engagements import (
    AskedAmendment,
    AskedClosing,
    AskedEngagement,
    AskedExport,
    AskedReason,
    AskedRefusal,
    AskedTerms,
    AskedVetting,
    Counted,
    Engagement,
    EngagementRow,
    Put,
    Request,
    Row,
    Text,
    engagement_told,
    request_told,
)
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["engagements"])


@router.get("/requests", auth=SOURCE, response=answering(list[Row]), url_name="requests")
def requests(request: HttpRequest) -> list[Row]:
    """List the requests that the caller may see, newest first."""
    return [
        Row(
            uid=row.uid,
            organisation=row.organisation.name,
            asked_at=row.asked_at,
            category=row.category,
            depth=row.depth,
            state=row.state,
        )
        for row in queries.requests_of(viewer_of(request))
    ]


@router.post("/requests", auth=ACTING, response=answering(Request, HTTPStatus.CREATED), url_name="requests")
def request_engagement(request: HttpRequest, asked: AskedEngagement) -> Status[Request]:
    """Ask for an engagement."""
    viewer = viewer_of(request)
    new = engaged.NewRequest(
        category=asked.category,
        depth=asked.depth,
        words=engaged.Words(
            asked.named, asked.version, asked.purpose, asked.tests, asked.tools, interests=asked.interests
        ),
        people=tuple(asked.people),
        begins=_aware(asked.begins),
        ends=_aware(asked.ends),
        sites=tuple(Uid.parse(site) for site in asked.sites),
    )
    made = commands.request_engagement(viewer, new, now=clock.now())
    return Status(HTTPStatus.CREATED, request_told(viewer, Uid(made.uid)))


@router.get("/requests/{request_uid}", auth=SOURCE, response=answering(Request), url_name="request")
def one_request(request: HttpRequest, request_uid: str) -> Request:
    """Return one request with its story."""
    return request_told(viewer_of(request), Uid.parse(request_uid))


@router.post("/requests/{request_uid}/vetting", auth=ACTING, response=answering(Request), url_name="vet")
def vet(request: HttpRequest, request_uid: str, found: AskedVetting) -> Request:
    """Say what a request means, and that nothing speaks against it."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    queries.request(viewer, uid)
    rules.check_office(viewer, engaged.Step.VET)  # before anything is looked up by name
    rows = [releases.release_by_name(viewer, found.product, version) for version in found.versions]
    vetting = engaged.Vetting(tuple(Uid(row.uid) for row in rows), found.service, found.note)
    commands.vet(viewer, uid, vetting, now=clock.now())
    return request_told(viewer, uid)


@router.post("/requests/{request_uid}/export-decision", auth=DECIDING, response=answering(Request), url_name="export")
def decide_export(request: HttpRequest, request_uid: str, asked: AskedExport) -> Request:
    """Take the export decision."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    queries.request(viewer, uid)
    rules.check_office(viewer, engaged.Step.CLEAR)
    new = engaged.NewExportDecision(
        number=asked.number,
        product_class=asked.product_class,
        people=_people(viewer, asked.people),
        until=_aware(asked.until),
        sites=tuple(Uid.parse(site) for site in asked.sites),
        countries=tuple(asked.countries),
    )
    commands.decide_export(viewer, uid, new, now=clock.now())
    return request_told(viewer, uid)


@router.post("/requests/{request_uid}/refusal", auth=DECIDING, response=answering(Request), url_name="refuse")
def refuse(request: HttpRequest, request_uid: str, asked: AskedRefusal) -> Request:
    """Refuse a request; ground and reason stay with both parties."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.refuse(viewer, uid, asked.ground, asked.reason, now=clock.now())
    return request_told(viewer, uid)


@router.post("/requests/{request_uid}/withdrawal", auth=ACTING, response=answering(Request), url_name="withdraw")
def withdraw_request(request: HttpRequest, request_uid: str) -> Request:
    """Take a request back."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.withdraw_request(viewer, uid, now=clock.now())
    return request_told(viewer, uid)


@router.post("/requests/{request_uid}/opening", auth=ACTING, response=answering(Put), url_name="propose_opening")
def propose_opening(request: HttpRequest, request_uid: str) -> Put:
    """Put the opening up for decision."""
    made = commands.propose_opening(viewer_of(request), Uid.parse(request_uid), now=clock.now())
    return Put(proposal=made.uid)


@router.get("/engagements", auth=SOURCE, response=answering(list[EngagementRow]), url_name="engagements")
def engagements(request: HttpRequest) -> list[EngagementRow]:
    """List the engagements that the caller may see, newest first."""
    return [
        EngagementRow(
            uid=row.uid,
            label=row.label,
            organisation=row.organisation.name,
            depth=row.depth,
            opened_at=row.opened_at,
            ends=row.ends,
            closed_at=row.closed_at,
        )
        for row in queries.engagements_of(viewer_of(request))
    ]


@router.get("/engagements/{engagement}", auth=SOURCE, response=answering(Engagement), url_name="engagement")
def one_engagement(request: HttpRequest, engagement: str) -> Engagement:
    """Return one engagement, by label or uid, with its agreement, its people and its story."""
    return engagement_told(request, viewer_of(request), engagement)


@router.post("/engagements/{engagement}/amendment", auth=ACTING, response=answering(Put), url_name="amend")
def propose_amendment(request: HttpRequest, engagement: str, asked: AskedAmendment) -> Put:
    """Put a wider scope up for decision; everybody signs anew once it is agreed."""
    viewer = viewer_of(request)
    found = queries.engagement_by_name(viewer, engagement)
    rules.check_office(viewer, engaged.Step.PROPOSE)
    slug = releases.product_slugs().get(found.product, "")
    rows = [releases.release_by_name(viewer, slug, version) for version in asked.versions]
    change = engaged.Amendment(
        releases=tuple(Uid(row.uid) for row in rows),
        people=_people(viewer, asked.people),
        ends=_aware(asked.ends) if asked.ends else None,
    )
    return Put(proposal=commands.propose_amendment(viewer, Uid(found.uid), change, now=clock.now()).uid)


@router.post("/engagements/{engagement}/renewal", auth=ACTING, response=answering(Engagement), url_name="renew")
def renew_terms(request: HttpRequest, engagement: str) -> Engagement:
    """Pin the newest terms; everybody signs anew."""
    viewer = viewer_of(request)
    commands.renew_terms(viewer, Uid(queries.engagement_by_name(viewer, engagement).uid), now=clock.now())
    return engagement_told(request, viewer, engagement)


@router.get("/terms", auth=SOURCE, response=answering(list[Text]), url_name="terms")
def terms(request: HttpRequest) -> list[Text]:
    """List the lab's texts in every version, newest first."""
    viewer_of(request)
    return [
        Text(
            kind=row.kind,
            version=row.version,
            digest=bytes(row.digest).hex(),
            published_at=row.published_at,
            text=row.text,
        )
        for kind in engaged.TermsKind
        for row in queries.terms_of_kind(kind)
    ]


@router.post("/terms", auth=ACTING, response=answering(Text, HTTPStatus.CREATED), url_name="terms")
def publish_terms(request: HttpRequest, asked: AskedTerms) -> Status[Text]:
    """Publish the next version of a text."""
    made = commands.publish_terms(viewer_of(request), asked.kind, asked.text, now=clock.now())
    digest = bytes(made.digest).hex()
    text = Text(kind=made.kind, version=made.version, digest=digest, published_at=made.published_at, text=made.text)
    return Status(HTTPStatus.CREATED, text)


@router.get("/request-counts", auth=SOURCE, response=answering(list[Counted]), url_name="request_counts")
def request_counts(request: HttpRequest) -> list[Counted]:
    """Count requests by quarter, for those who arrange; nothing is hidden from them."""
    return [
        Counted(
            period=one.period,
            received=one.received,
            settled=one.settled,
            categories=dict(one.categories),
            countries=dict(one.countries),
            outcomes=dict(one.outcomes),
            grounds=dict(one.grounds),
        )
        for one in queries.tally(viewer_of(request))
    ]


@router.post("/engagements/{engagement}/closing", auth=DECIDING, response=answering(Engagement), url_name="close")
def close_engagement(request: HttpRequest, engagement: str, asked: AskedClosing) -> Engagement:
    """Close an engagement and revoke its grants."""
    viewer = viewer_of(request)
    found = queries.engagement_by_name(viewer, engagement)
    commands.close_engagement(viewer, Uid(found.uid), asked.ending, asked.reason, now=clock.now())
    return engagement_told(request, viewer, engagement)


@router.post(
    "/requests/{request_uid}/export-withdrawal", auth=DECIDING, response=answering(Request), url_name="unexport"
)
def withdraw_export(request: HttpRequest, request_uid: str, asked: AskedReason) -> Request:
    """End the export decision; grants that rest on it are revoked in the same moment."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.withdraw_export(viewer, uid, asked.reason, now=clock.now())
    return request_told(viewer, uid)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidError("A time has a zone.", hint="Write 2026-11-23T06:40:00Z.")
    return moment


def _people(viewer: Viewer, addresses: Sequence[str]) -> tuple[Uid, ...]:
    return tuple(Uid(people.person_by_email(viewer, address).uid) for address in addresses)
