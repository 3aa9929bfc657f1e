# SPDX-License-Identifier: Apache-2.0
"""A request and an engagement as both parties read them: the words, who decided what, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import State as ProposalState
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import rules
from glasshouse.domain.engagements.models import Agreement, Engagement, ExportDecision, Request, Terms
from glasshouse.domain.engagements.queries import finding
from glasshouse.domain.engagements.values import Depth, State, Step, Words
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.values import Json, Opened
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Product, Release
from glasshouse.kernel.ids import Uid

TOLD: Final = (
    "access.grant-opened",
    "access.grant-paused",
    "access.grant-resumed",
    "access.grant-revoked",
    "access.limits-raised",
    "approvals.decided",
    "approvals.proposed",
    "engagements.amended",
    "engagements.closed",
    "engagements.export-decided",
    "engagements.export-withdrawn",
    "engagements.opened",
    "engagements.refused",
    "engagements.requested",
    "engagements.terms-renewed",
    "engagements.terms-signed",
    "engagements.vetted",
    "engagements.withdrawn",
)
"""What a timeline tells. Visits and views are not in it: who read what is for the reader."""
_KINDS: Final = ("engagements.opening", "engagements.amendment")


@dataclass(frozen=True, slots=True)
class Moment:
    """A step as both parties read it; `text` is the reason or the decision that it rests on."""

    at: datetime
    kind: str
    who: str
    organisation: str
    text: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A request with all that both parties keep of it.

    `words` is None once they were erased, and where `is_sealed`: an auditor reads what was decided, and of what the
    visitor wrote nothing.
    """

    request: Request
    words: Words | None
    is_sealed: bool
    people: Sequence[Person]
    product: str
    releases: Sequence[Release]
    exports: Sequence[ExportDecision]
    proposal: str
    engagement: Engagement | None
    steps: frozenset[Step]
    timeline: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whom an engagement names, and when they signed its present agreement."""

    person: Person
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EngagementPage:
    """An engagement with its present agreement, its people, and its story."""

    engagement: Engagement
    is_open: bool
    product: str
    releases: Sequence[Release]
    agreement: Agreement | None
    terms: Sequence[Terms]
    has_newer_terms: bool
    people: Sequence[Signer]
    export: ExportDecision | None
    request: Request | None
    amendments: Sequence[Proposal]
    arranges: bool
    may_sign: bool
    may_close: bool
    reads: bool
    timeline: Sequence[Moment]


def words_of(found: Request) -> Words | None:
    """Return what a request says, opened from its entry; None once it can be opened no more."""
    opened = _opened(journal.event(Uid(found.words)), (SeedClass.SHARED, SeedClass.PERSONAL))
    told = opened.fields.get("words")
    if not isinstance(told, Mapping):
        return None
    return Words(
        named=str(told["named"]),
        version=str(told["version"]),
        purpose=str(told["purpose"]),
        tests=str(told["tests"]),
        tools=str(told["tools"]),
        interests=str(opened.fields.get("interests", "")),
    )


def request_page(viewer: Viewer, uid: Uid) -> RequestPage:
    """Return one request that the viewer may see, with the steps that they may take."""
    found = finding.request(viewer, uid)
    engagement = Engagement.objects.filter(request=found).first()
    # An engagement names others than its request did; who is not of them reads the request alone.
    visible = finding.engagements_of(viewer).filter(request=found).first() if engagement else None
    is_sealed = viewer.is_vendor and not finding.arranges(viewer)
    waiting = Proposal.objects.filter(kind="engagements.opening", subject=found.uid, state=ProposalState.OPEN).first()
    return RequestPage(
        request=found,
        words=None if is_sealed else words_of(found),
        is_sealed=is_sealed,
        people=list(found.people.order_by("name")),
        product=_slug(found.product),
        releases=_releases(found.releases),
        exports=list(found.exports.select_related("officer").prefetch_related("people").order_by("-decided_at", "-pk")),
        proposal=waiting.uid if waiting and finding.arranges(viewer) else "",
        engagement=visible,
        steps=_steps(viewer, found),
        timeline=_timeline(found, None),
    )


def engagement_page(viewer: Viewer, uid: Uid, *, now: datetime) -> EngagementPage:
    """Return one engagement that the viewer may see, with what they may do in it."""
    found = finding.engagement(viewer, uid)
    agreement = finding.agreement_of(found)
    signed = finding.signatures(found)
    pinned = list(agreement.terms.order_by("kind")) if agreement else []
    is_open = found.closed_at is None and found.ends is not None and now < found.ends
    people = list(found.people.order_by("name"))
    arranges = viewer.is_vendor and viewer.may_act_as(*rules.ROLES[Step.PROPOSE])
    is_named = any(person.pk == viewer.row for person in people)
    return EngagementPage(
        engagement=found,
        is_open=is_open,
        product=_slug(found.product),
        releases=_releases(found.releases),
        agreement=agreement,
        terms=pinned,
        has_newer_terms=bool(pinned) and set(pinned) != set(finding.newest_terms()),
        people=[Signer(person, signed[person.pk].signed_at if person.pk in signed else None) for person in people],
        export=finding.standing_export(found.request, now) if found.request else None,
        request=found.request,
        amendments=list(
            Proposal.objects.filter(kind="engagements.amendment", subject=found.uid, state=ProposalState.OPEN)
        )
        if finding.arranges(viewer)
        else [],
        arranges=arranges,
        may_sign=is_open and is_named and viewer.row not in signed,
        may_close=found.closed_at is None and (arranges or not viewer.is_vendor),
        reads=found.depth != Depth.TEST_ONLY,
        timeline=_timeline(found.request, found),
    )


def _steps(viewer: Viewer, found: Request) -> frozenset[Step]:
    state = State(found.state)
    possible = rules.steps_from(state) - {Step.OPEN}
    if not viewer.is_vendor:
        return possible & {Step.WITHDRAW}
    may = {step for step in possible & rules.ROLES.keys() if viewer.may_act_as(*rules.ROLES[step])}
    is_closed = Engagement.objects.filter(request=found).exclude(closed_at=None).exists()
    if found.vetted_by_id == viewer.row or is_closed:
        may.discard(Step.CLEAR)
    refusing = rules.refused_by(state)
    is_judge = found.vetted_by_id == viewer.row and state == State.VETTED
    if refusing and viewer.may_act_as(*refusing) and not is_judge:
        may.add(Step.REFUSE)
    return frozenset(may)


def _timeline(found: Request | None, engagement: Engagement | None) -> list[Moment]:
    subjects = [Uid(row.uid) for row in (found, engagement) if row is not None]
    about = Proposal.objects.filter(kind__in=_KINDS, subject__in=[uid.text for uid in subjects])
    subjects += [Uid(uid) for uid in about.values_list("uid", flat=True)]
    rows = list(journal.events_about(subjects, TOLD, engagement=Uid(engagement.uid) if engagement else None))
    actors = Person.objects.select_related("organisation").filter(uid__in={row.actor for row in rows})
    by_uid = {person.uid: person for person in actors}
    return [_moment(_opened(row, (SeedClass.SHARED,)), by_uid.get(row.actor)) for row in rows]


def _moment(opened: Opened, actor: Person | None) -> Moment:
    fields = opened.fields
    return Moment(
        at=opened.at,
        kind=opened.kind if opened.kind != "approvals.decided" else f"approvals.{fields.get('verdict', 'decided')}",
        who=actor.name if actor else "",
        organisation=actor.organisation.name if actor else "",
        text=_text(opened.kind, fields),
    )


def _text(kind: str, fields: Mapping[str, Json]) -> str:
    decision = fields.get("decision")
    if isinstance(decision, Mapping):
        return f"{decision['number']}, {decision['class']}"
    # What one officer tells another with an agreement stays between them; a refusal's reason is the answer.
    if kind == "approvals.decided" and fields.get("verdict") != Verdict.REFUSE:
        return ""
    return str(fields.get("reason") or fields.get("note") or "")


def _opened(row: Event, classes: Sequence[SeedClass]) -> Opened:
    return journal.open_event(row, vault.journal_sealer, classes=classes)


def _slug(product: str) -> str:
    return Product.objects.filter(uid=product).values_list("slug", flat=True).first() or ""


def _releases(named: Mapping[str, str]) -> list[Release]:
    return list(Release.objects.select_related("product").filter(uid__in=list(named)))
