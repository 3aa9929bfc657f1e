# SPDX-License-Identifier: Apache-2.0
"""The JSON of requests and engagements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from ninja import Field, Schema

from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements import values as engaged
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

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
    """A request as both parties read it; its words are empty once they were erased, and for an auditor."""

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


def told(timeline: Sequence[queries.Moment]) -> list[Told]:
    """Describe a story."""
    return [
        Told(at=one.at, kind=one.kind, who=one.who, organisation=one.organisation, text=one.text) for one in timeline
    ]


def request_told(viewer: Viewer, uid: Uid) -> Request:
    """Describe a request that the viewer may see."""
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
        timeline=told(page.timeline),
    )


def engagement_told(request: HttpRequest, viewer: Viewer, named: str) -> Engagement:
    """Describe an engagement that the viewer may see, by label or uid."""
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
        timeline=told(page.timeline),
    )
