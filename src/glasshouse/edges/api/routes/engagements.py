# SPDX-License-Identifier: Apache-2.0
"""Requests and engagements: asked for, vetted, decided on, put up for opening, changed, closed.

Terms are signed on their page alone: a passkey answers to the lab's own address in a browser, and to no program.
"""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.engagements import commands, queries, rules
from glasshouse.domain.engagements import values as engaged
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["engagements"])
_MANY: Final = 200


class AskedEngagement(Schema):
    """What an organisation asks for; product or service are named in its own words and looked up by nobody here."""

    category: engaged.Category
    depth: engaged.Depth
    named: str = Field(max_length=rules.MAX_NAME)
    version: str = Field("", max_length=rules.MAX_NAME)
    purpose: str = Field(max_length=rules.MAX_TEXT)
    tests: str = Field("", max_length=rules.MAX_TEXT)
    tools: str = Field("", max_length=rules.MAX_TEXT)
    interests: str = Field("", max_length=rules.MAX_TEXT, description="What could make you partial.")
    people: list[str] = Field(min_length=1, max_length=rules.MAX_PEOPLE, description="Addresses of reviewers of yours.")
    begins: datetime
    ends: datetime
    sites: list[str] = Field(default=[], max_length=_MANY, description="Uids of sites that suit you.")


class AskedVetting(Schema):
    """What a request means here: releases of one product, or a service by its name."""

    product: str = ""
    versions: list[str] = Field(default=[], max_length=_MANY)
    service: str = Field("", max_length=rules.MAX_NAME)
    note: str = Field("", max_length=rules.MAX_TEXT)


class AskedExport(Schema):
    """An officer's decision on product class, persons and places of reading."""

    number: str = Field(max_length=80)
    product_class: str = Field(max_length=80)
    people: list[str] = Field(min_length=1, max_length=rules.MAX_PEOPLE, description="Addresses.")
    sites: list[str] = Field(default=[], max_length=_MANY, description="Uids.")
    countries: list[str] = Field(default=[], max_length=_MANY, description="For reading outside a site: BE.")
    until: datetime


class AskedRefusal(Schema):
    """A ground from the closed list, and the reason that both parties keep."""

    ground: engaged.Ground
    reason: str = Field(max_length=rules.MAX_TEXT)


class AskedReason(Schema):
    """Why something ends."""

    reason: str = Field(max_length=rules.MAX_TEXT)


class AskedAmendment(Schema):
    """What is added to a scope, and until when it runs then."""

    versions: list[str] = Field(default=[], max_length=_MANY)
    people: list[str] = Field(default=[], max_length=rules.MAX_PEOPLE, description="Addresses.")
    ends: datetime | None = None


class AskedClosing(Schema):
    """How an engagement ends."""

    ending: engaged.Ending
    reason: str = Field("", max_length=rules.MAX_TEXT)


class AskedTerms(Schema):
    """The next version of a text."""

    kind: engaged.TermsKind
    text: str = Field(max_length=rules.MAX_TERMS)


class Told(Schema):
    """A step as both parties read it."""

    at: datetime
    kind: str
    who: str
    organisation: str
    text: str


class Export(Schema):
    """An export decision."""

    number: str
    officer: str
    product_class: str
    people: list[str]
    sites: list[str]
    countries: list[str]
    until: datetime
    ended_at: datetime | None


class Request(Schema):
    """A request as both parties read it; its words are empty once they were erased."""

    uid: str
    organisation: str
    asked_by: str
    asked_at: datetime
    category: str
    depth: str
    state: str
    ground: str
    begins: datetime
    ends: datetime
    people: list[str]
    words: dict[str, str]
    product: str
    service: str
    versions: list[str]
    exports: list[Export]
    proposal: str
    engagement: str
    steps: list[str]
    timeline: list[Told]


class Row(Schema):
    """A request in a list."""

    uid: str
    organisation: str
    asked_at: datetime
    category: str
    depth: str
    state: str


class Signer(Schema):
    """Somebody whom an engagement names, and when they signed its present agreement."""

    name: str
    signed_at: datetime | None


class Engagement(Schema):
    """An engagement as both parties read it. `agreement` is the digest of what its people sign, `sign_at` where."""

    uid: str
    label: str
    organisation: str
    category: str
    depth: str
    product: str
    service: str
    versions: list[str]
    opened_at: datetime
    ends: datetime | None
    is_open: bool
    closed_at: datetime | None
    ending: str
    agreement: str
    statement: str
    people: list[Signer]
    export: str
    request: str
    sign_at: str
    timeline: list[Told]


class EngagementRow(Schema):
    """An engagement in a list."""

    uid: str
    label: str
    organisation: str
    depth: str
    opened_at: datetime
    ends: datetime | None
    closed_at: datetime | None


class Put(Schema):
    """A proposal that was made; two people decide on it."""

    proposal: str


class Text(Schema):
    """One version of a text that agreements pin."""

    kind: str
    version: int
    digest: str
    published_at: datetime
    text: str


class Counted(Schema):
    """The requests of one quarter: what came in, and what was answered."""

    period: str
    received: int
    settled: int
    categories: dict[str, int]
    countries: dict[str, int]
    outcomes: dict[str, int]
    grounds: dict[str, int]


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
    return Status(HTTPStatus.CREATED, _request(viewer, Uid(made.uid)))


@router.get("/requests/{request_uid}", auth=SOURCE, response=answering(Request), url_name="request")
def one_request(request: HttpRequest, request_uid: str) -> Request:
    """Return one request with its story."""
    return _request(viewer_of(request), Uid.parse(request_uid))


@router.post("/requests/{request_uid}/vetting", auth=ACTING, response=answering(Request), url_name="vet")
def vet(request: HttpRequest, request_uid: str, found: AskedVetting) -> Request:
    """Say what a request means, and that nothing speaks against it."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    queries.request(viewer, uid)
    rows = [releases.release_by_name(viewer, found.product, version) for version in found.versions]
    vetting = engaged.Vetting(tuple(Uid(row.uid) for row in rows), found.service, found.note)
    commands.vet(viewer, uid, vetting, now=clock.now())
    return _request(viewer, uid)


@router.post("/requests/{request_uid}/export-decision", auth=ACTING, response=answering(Request), url_name="export")
def decide_export(request: HttpRequest, request_uid: str, asked: AskedExport) -> Request:
    """Take the export decision."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    queries.request(viewer, uid)
    new = engaged.NewExportDecision(
        number=asked.number,
        product_class=asked.product_class,
        people=_people(viewer, asked.people),
        until=_aware(asked.until),
        sites=tuple(Uid.parse(site) for site in asked.sites),
        countries=tuple(asked.countries),
    )
    commands.decide_export(viewer, uid, new, now=clock.now())
    return _request(viewer, uid)


@router.post("/requests/{request_uid}/refusal", auth=ACTING, response=answering(Request), url_name="refuse")
def refuse(request: HttpRequest, request_uid: str, asked: AskedRefusal) -> Request:
    """Refuse a request; ground and reason stay with both parties."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.refuse(viewer, uid, asked.ground, asked.reason, now=clock.now())
    return _request(viewer, uid)


@router.post("/requests/{request_uid}/withdrawal", auth=ACTING, response=answering(Request), url_name="withdraw")
def withdraw_request(request: HttpRequest, request_uid: str) -> Request:
    """Take a request back."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.withdraw_request(viewer, uid, now=clock.now())
    return _request(viewer, uid)


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
    return _engagement(request, viewer_of(request), engagement)


@router.post("/engagements/{engagement}/amendment", auth=ACTING, response=answering(Put), url_name="amend")
def propose_amendment(request: HttpRequest, engagement: str, asked: AskedAmendment) -> Put:
    """Put a wider scope up for decision; everybody signs anew once it is agreed."""
    viewer = viewer_of(request)
    found = queries.engagement_by_name(viewer, engagement)
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
    return _engagement(request, viewer, engagement)


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


@router.post("/engagements/{engagement}/closing", auth=ACTING, response=answering(Engagement), url_name="close")
def close_engagement(request: HttpRequest, engagement: str, asked: AskedClosing) -> Engagement:
    """Close an engagement and revoke its grants."""
    viewer = viewer_of(request)
    found = queries.engagement_by_name(viewer, engagement)
    commands.close_engagement(viewer, Uid(found.uid), asked.ending, asked.reason, now=clock.now())
    return _engagement(request, viewer, engagement)


@router.post("/requests/{request_uid}/export-withdrawal", auth=ACTING, response=answering(Request), url_name="unexport")
def withdraw_export(request: HttpRequest, request_uid: str, asked: AskedReason) -> Request:
    """End the export decision; grants that rest on it are revoked in the same moment."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    commands.withdraw_export(viewer, uid, asked.reason, now=clock.now())
    return _request(viewer, uid)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidError("A time has a zone.", hint="Write 2026-11-23T06:40:00Z.")
    return moment


def _people(viewer: Viewer, addresses: Sequence[str]) -> tuple[Uid, ...]:
    return tuple(Uid(people.person_by_email(viewer, address).uid) for address in addresses)


def _story(timeline: Sequence[queries.Moment]) -> list[Told]:
    return [
        Told(at=one.at, kind=one.kind, who=one.who, organisation=one.organisation, text=one.text) for one in timeline
    ]


def _request(viewer: Viewer, uid: Uid) -> Request:
    page = queries.request_page(viewer, uid)
    row, words = page.request, page.words
    named = ("named", "version", "purpose", "tests", "tools", "interests")
    return Request(
        uid=row.uid,
        organisation=row.organisation.name,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        category=row.category,
        depth=row.depth,
        state=row.state,
        ground=row.ground,
        begins=row.begins,
        ends=row.ends,
        people=[person.name for person in page.people],
        words={name: getattr(words, name) for name in named} if words else {},
        product=page.product,
        service=row.service,
        versions=[release.version for release in page.releases],
        exports=[
            Export(
                number=one.number,
                officer=one.officer.name,
                product_class=one.product_class,
                people=sorted(person.name for person in one.people.all()),
                sites=list(one.sites),
                countries=list(one.countries),
                until=one.until,
                ended_at=one.ended_at,
            )
            for one in page.exports
        ],
        proposal=page.proposal,
        engagement=page.engagement.uid if page.engagement else "",
        steps=sorted(page.steps),
        timeline=_story(page.timeline),
    )


def _engagement(request: HttpRequest, viewer: Viewer, named: str) -> Engagement:
    page = queries.engagement_page(viewer, Uid(queries.engagement_by_name(viewer, named).uid), now=clock.now())
    found = page.engagement
    return Engagement(
        uid=found.uid,
        label=found.label,
        organisation=found.organisation.name,
        category=found.category,
        depth=found.depth,
        product=page.product,
        service=found.service,
        versions=[release.version for release in page.releases],
        opened_at=found.opened_at,
        ends=found.ends,
        is_open=page.is_open,
        closed_at=found.closed_at,
        ending=found.ending,
        agreement=bytes(page.agreement.digest).hex() if page.agreement else "",
        statement=page.agreement.statement if page.agreement else "",
        people=[Signer(name=one.person.name, signed_at=one.signed_at) for one in page.people],
        export=page.export.number if page.export else "",
        request=page.request.uid if page.request else "",
        sign_at=request.build_absolute_uri(f"/engagements/{found.uid}/sign") if page.may_sign else "",
        timeline=_story(page.timeline),
    )
