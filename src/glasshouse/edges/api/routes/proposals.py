# SPDX-License-Identifier: Apache-2.0
"""Matters that two people decide: what is proposed, in the bytes that are decided on, and each one's word."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.access.rules import WINDOWS, limits_of
from glasshouse.domain.access.values import Conditions, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.commands import Verdict
from glasshouse.domain.readingroom.proposals import proposal_page
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.api.auth import ACTING, DECIDING, SOURCE
from glasshouse.edges.api.shapes import PAGE, Page, PageSize, Skipped, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["proposals"])
_TEXT: Final = 2000
_BASIS: Final = 200


class AskedLimits(Schema):
    """Lines that may be shown in each window; what is left out is as the engagement's depth has it."""

    hour: int | None = None
    day: int | None = None
    visit: int | None = None
    total: int | None = None


class AskedGrant(Schema):
    """A grant as it is proposed: in which engagement, for whom, on what, when, how much."""

    engagement: str = Field(max_length=40, description="The engagement's label or uid.")
    holder: str = Field(max_length=254, description="The reviewer's address.")
    product: str
    versions: list[str] = Field(min_length=1, max_length=100)
    patterns: list[str] = Field(min_length=1)
    begins: datetime
    ends: datetime
    limits: AskedLimits = AskedLimits()
    purposes: list[Literal["read", "search", "tools", "documents"]] = Field(default=["read", "search"], min_length=1)
    sites: list[str] = Field(default=[], max_length=100, description="Uids of the sites that it is bound to.")
    at_workstation: bool = Field(default=False, description="Only at a workstation of the lab.")
    accompanied: bool = Field(default=False, description="Only with a second person present.")


class AskedErasure(Schema):
    """Whose data is to go, by address or uid, and why."""

    person: str = Field(max_length=254)
    reason: str = Field(min_length=1, max_length=_TEXT)


class Word(Schema):
    """One person's word on exactly the statement with this digest."""

    verdict: Literal["agree", "refuse"]
    digest: str
    reason: str = Field("", max_length=_TEXT)
    basis: str = Field("", max_length=_BASIS, description="The export decision, where the word must name one.")


class Spoken(Schema):
    """A word that was given."""

    person: str
    verdict: str
    reason: str
    basis: str
    at: datetime


class Proposal(Schema):
    """A proposal as one who may decide it reads it."""

    uid: str
    kind: str
    title: str
    state: str
    proposed_by: str
    proposed_at: datetime
    beneficiary: str
    statement: dict[str, Any]
    digest: str
    patterns: list[str] | None
    product: str
    versions: list[str]
    agreements: int
    words: list[Spoken]
    may_decide: bool
    names_basis: bool


@router.post(
    "/proposals/grants",
    auth=ACTING,
    response=answering(Proposal, HTTPStatus.CREATED),
    url_name="propose_grant",
)
def propose_grant(request: HttpRequest, asked: AskedGrant) -> Status[Proposal]:
    """Propose a grant; two people open it, one of them naming the export decision."""
    viewer = viewer_of(request)
    if asked.begins.tzinfo is None or asked.ends.tzinfo is None:
        raise InvalidError("A time has a zone.", hint="Write 2026-11-23T06:40:00Z.")
    engagement = engagements.engagement_by_name(viewer, asked.engagement)
    rows = [releases.release_by_name(viewer, asked.product, version) for version in asked.versions]
    new = NewGrant(
        engagement=Uid(engagement.uid),
        holder=asked.holder,
        product=Uid(rows[0].product.uid),
        releases=tuple(dict.fromkeys(Uid(row.uid) for row in rows)),
        patterns=Patterns.of(asked.patterns),
        begins=asked.begins,
        ends=asked.ends,
        limits=_limits(asked.limits, engagement.depth, max(row.lines for row in rows)),
        purposes=frozenset(Purpose(one) for one in asked.purposes),
        conditions=Conditions(
            frozenset(Uid.parse(site) for site in asked.sites),
            at_workstation=asked.at_workstation,
            accompanied=asked.accompanied,
        ),
    )
    made = commands.propose_grant(viewer, new, now=clock.now())
    return Status(HTTPStatus.CREATED, _proposal(viewer, Uid(made.uid)))


def _limits(asked: AskedLimits, depth: str, lines: int) -> Limits:
    given = {name: value for name in WINDOWS if (value := getattr(asked, name)) is not None}
    return replace(limits_of(depth, lines), **given)


@router.post(
    "/proposals/erasures",
    auth=ACTING,
    response=answering(Proposal, HTTPStatus.CREATED),
    url_name="propose_erasure",
)
def propose_erasure(request: HttpRequest, asked: AskedErasure) -> Status[Proposal]:
    """Propose that a person's data be erased from the journal."""
    viewer = viewer_of(request)
    person = Uid(people.person_by_email(viewer, asked.person).uid) if "@" in asked.person else Uid.parse(asked.person)
    made = commands.propose_erasure(viewer, person, now=clock.now(), reason=asked.reason)
    return Status(HTTPStatus.CREATED, _proposal(viewer, Uid(made.uid)))


@router.get("/proposals", auth=SOURCE, response=answering(Page[Proposal]), url_name="proposals")
def proposals(request: HttpRequest, state: str = "", skip: Skipped = 0, size: PageSize = PAGE) -> Page[Proposal]:
    """List the proposals that the caller may propose or decide, open ones first."""
    viewer = viewer_of(request)
    rows = approvals.proposals_of(viewer)
    named = rows.filter(state=state) if state else rows
    found = [_proposal(viewer, Uid(row.uid)) for row in named[skip : skip + size + 1]]
    return Page.of(found, skip=skip, size=size)


@router.get("/proposals/{proposal}", auth=SOURCE, response=answering(Proposal), url_name="proposal")
def proposal(request: HttpRequest, proposal: str) -> Proposal:
    """Return one proposal."""
    return _proposal(viewer_of(request), Uid.parse(proposal))


@router.post("/proposals/{proposal}/words", auth=DECIDING, response=answering(Proposal), url_name="decide")
def decide(request: HttpRequest, proposal: str, word: Word) -> Proposal:
    """Agree or refuse; the last agreement needed carries the matter out."""
    viewer, uid = viewer_of(request), Uid.parse(proposal)
    commands.decide(
        viewer,
        uid,
        Verdict(word.verdict),
        digest=Digest.parse(word.digest),
        now=clock.now(),
        reason=word.reason,
        basis=word.basis,
    )
    return _proposal(viewer, uid)


def _proposal(viewer: Viewer, uid: Uid) -> Proposal:
    page = proposal_page(viewer, uid)
    row = page.proposal
    return Proposal(
        uid=row.uid,
        kind=row.kind,
        title=page.policy.title,
        state=row.state,
        proposed_by=row.proposed_by.name,
        proposed_at=row.proposed_at,
        beneficiary=row.beneficiary.name if row.beneficiary else "",
        statement=dict(page.statement),
        digest=bytes(row.digest).hex(),
        patterns=list(page.patterns.globs) if page.patterns else None,
        product=page.product,
        versions=[release.version for release in page.releases],
        agreements=page.policy.agreements,
        words=[
            Spoken(person=one.person.name, verdict=one.verdict, reason=one.reason, basis=one.basis, at=one.at)
            for one in row.decisions.all()
        ],
        may_decide=page.may_decide,
        names_basis=page.names_basis,
    )
