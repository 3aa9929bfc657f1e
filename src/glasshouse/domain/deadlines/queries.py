# SPDX-License-Identifier: Apache-2.0
"""Which clocks run, and what each calls for at which moment."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from glasshouse.domain.access.models import Grant
from glasshouse.domain.admissions import queries as admissions
from glasshouse.domain.admissions.rules import CLOCK as ADMISSION
from glasshouse.domain.admissions.rules import DECIDING
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES
from glasshouse.domain.approvals.values import State as Decided
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.models import Engagement, Request
from glasshouse.domain.engagements.rules import ROLES
from glasshouse.domain.engagements.values import State, Step
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.threads.models import Thread
from glasshouse.domain.threads.values import AboutKind
from glasshouse.domain.threads.values import State as Asked
from glasshouse.domain.triage.models import Verdict
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

ARRANGE: Final = ROLES[Step.PROPOSE]
_STILL_NEWS: Final = timedelta(days=90)
"""How long ago a verdict may have expired that nobody was told of yet, while the worker stood still."""
_NEXT: Final[Mapping[State, Step]] = {
    State.RECEIVED: Step.VET,
    State.VETTED: Step.CLEAR,
    State.CLEARED: Step.PROPOSE,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One stage of one clock: from `at` on, these persons hear of it, once for all times under the name `clock`.

    `seen_by` are the vendor's roles whose list of what is overdue shows it, and `about` tells it there from others of
    its kind; no notice and no mail repeats it.
    """

    clock: str
    at: datetime
    kind: str
    persons: Callable[[], Collection[int]]
    subject: Uid
    route: str
    seen_by: frozenset[Role]
    about: str = ""


def calls(now: datetime) -> Iterator[Call]:
    """Return what every running clock calls for, past and to come: reminders and escalations."""
    yield from _of_requests()
    yield from _of_proposals()
    yield from _of_terms(now)
    yield from _of_grants(now)
    yield from _of_questions()
    yield from _of_verdicts(now)
    yield from _of_admissions(now)


def has_office(viewer: Viewer) -> bool:
    """Say whether something may be late that is of the viewer's office."""
    return viewer.is_vendor and viewer.may_act_as(*ARRANGE, Role.EXPORT_OFFICER, Role.PRODUCT_OWNER)


def overdue(viewer: Viewer, now: datetime) -> list[Call]:
    """Return what is late and of the viewer's office, the longest late first; of a clock its latest stage."""
    if not has_office(viewer):
        raise NotFoundError
    late = {call.subject: call for call in calls(now) if call.at <= now and call.seen_by & viewer.roles}
    return sorted(late.values(), key=lambda call: call.at)


def due(now: datetime) -> list[Call]:
    """Return what is to be called now and was not."""
    found = [call for call in calls(now) if call.at <= now]
    told = notices.told([call.clock for call in found])
    return [call for call in found if call.clock not in told]


def _of_requests() -> Iterator[Call]:
    for row in Request.objects.select_related("organisation").filter(settled_at=None).order_by("asked_at"):
        step, asked_by = _NEXT.get(State(row.state)), row.asked_by_id
        call = Call(
            clock=f"request:{row.uid}:{row.state}",
            at=row.asked_at + timedelta(days=settings.GLASSHOUSE.remind_days),
            kind="deadlines.request-waits",
            persons=lambda step=step: office(*ROLES[step]) if step else (),  # type: ignore[misc] # bound now
            subject=Uid(row.uid),
            route="request",
            seen_by=ARRANGE | {Role.EXPORT_OFFICER},
            about=f"{row.get_category_display()}, {row.organisation.name}",
        )
        if step is not None:  # while two decide, their proposal has a clock of its own
            yield call
        yield replace(
            _late(call, "deadlines.request-late"),
            clock=f"request:{row.uid}:late",  # one for all of a request's steps
            persons=lambda asked_by=asked_by: {*office(Role.LAB_MANAGER), asked_by},  # type: ignore[misc] # bound now
        )


def _of_proposals() -> Iterator[Call]:
    for row in Proposal.objects.filter(state=Decided.OPEN).order_by("proposed_at"):
        seen_by = POLICIES[row.kind].seen_by
        call = Call(
            clock=f"proposal:{row.uid}",
            at=row.proposed_at + timedelta(days=settings.GLASSHOUSE.remind_days),
            kind="deadlines.proposal-waits",
            persons=lambda row=row: approvals.wanted(row),  # type: ignore[misc] # bound now
            subject=Uid(row.uid),
            route="proposal",
            seen_by=seen_by,
            about=POLICIES[row.kind].title,
        )
        yield call
        yield replace(
            _late(call, "deadlines.proposal-late"),
            persons=lambda seen_by=seen_by: office(*seen_by),  # type: ignore[misc] # bound now
        )


def _of_terms(now: datetime) -> Iterator[Call]:
    rows = Engagement.objects.select_related("organisation").filter(closed_at=None, ends__gt=now, agreement__gt=0)
    for row in rows.order_by("opened_at"):
        agreement = engagements.agreement_of(row)
        if agreement is None or not engagements.unsigned_people(row).exists():
            continue
        call = Call(
            clock=f"terms:{row.uid}:{row.agreement}",
            at=agreement.made_at + timedelta(days=settings.GLASSHOUSE.remind_days),
            kind="deadlines.terms-unsigned",
            persons=lambda row=row: set(  # type: ignore[misc] # bound now
                engagements.unsigned_people(row).values_list("pk", flat=True)
            ),
            subject=Uid(row.uid),
            route="engagement-sign",
            seen_by=ARRANGE,
            about=f"{row.label}, {row.organisation.name}",
        )
        yield call
        yield replace(_late(call, "deadlines.terms-late"), persons=lambda: office(*ARRANGE), route="engagement")


def _of_grants(now: datetime) -> Iterator[Call]:
    for row in Grant.objects.filter(revoked_at=None, ends__gt=now).order_by("ends"):
        half = row.begins + (row.ends - row.begins) / 2  # a grant of two days is not about to end when it begins
        call = Call(
            clock=f"grant:{row.uid}",
            at=max(half, row.ends - timedelta(days=settings.GLASSHOUSE.grant_end_days)),
            kind="deadlines.grant-ends",
            persons=lambda row=row: [row.holder_id],  # type: ignore[misc] # bound now
            subject=Uid(row.engagement),
            route="engagement",
            seen_by=frozenset(),  # an end that was agreed is nobody's delay
        )
        yield call
        yield replace(
            call,
            clock=f"grant:{row.uid}:soon",
            at=max(half, row.ends - timedelta(days=1)),
            kind="deadlines.grant-ends-soon",
            persons=lambda: office(*ARRANGE),
        )


def _of_questions() -> Iterator[Call]:
    """Remind before an answer is late; that it is late is the thread's own to say, in `threads.escalate`."""
    products = releases.product_slugs()
    for row in Thread.objects.filter(state=Asked.WAITING).order_by("due_at"):
        is_finding = row.about_kind == AboutKind.FINDING
        yield Call(
            clock=f"question:{row.uid}:{row.turn}",
            at=row.due_at - timedelta(hours=row.hours) / 4,
            kind="deadlines.answer-due",
            persons=lambda: office(Role.PRODUCT_OWNER),
            subject=Uid(row.about if is_finding else row.uid),
            route="finding" if is_finding else "question",
            seen_by=frozenset({Role.PRODUCT_OWNER, Role.LAB_MANAGER}),
            about=products.get(row.product, ""),
        )


def _of_verdicts(now: datetime) -> Iterator[Call]:
    """Tell who gave a verdict that it has expired: what it was on is open again, or as it was judged before."""
    rows = Verdict.objects.filter(expires_at__gt=now - _STILL_NEWS).order_by("expires_at", "pk")
    for row in rows:
        yield Call(
            clock=f"verdict:{row.uid}",
            at=row.expires_at or now,  # those without an end were left out
            kind="deadlines.verdict-expired",
            persons=lambda row=row: [row.author_id],  # type: ignore[misc] # bound now
            subject=Uid(row.uid),
            route="verdict",
            seen_by=frozenset(),  # an end that was chosen is nobody's delay
        )


def _of_admissions(now: datetime) -> Iterator[Call]:
    """Remind the custodian of what visitors brought; that their word is late its visitor hears too."""
    for row in admissions.awaiting(now):
        call = Call(
            clock=f"admission:{row.uid}",
            at=row.due_at - timedelta(hours=ADMISSION.hours) / 4,
            kind="deadlines.admission-waits",
            persons=lambda: office(*DECIDING),
            subject=Uid(row.uid),
            route="brought-one",
            seen_by=frozenset(DECIDING),
            about=f"{row.get_kind_display()}, {row.organisation.name}",
        )
        yield call
        yield replace(
            call,
            clock=f"{call.clock}:late",
            at=row.due_at,
            kind="deadlines.admission-late",
            persons=lambda by=row.brought_by_id: {*office(*DECIDING), by},  # type: ignore[misc] # bound now
        )


def _late(call: Call, kind: str) -> Call:
    """Return the second stage of a clock: what was called for was not done."""
    later = timedelta(days=settings.GLASSHOUSE.escalate_days)
    return replace(call, clock=f"{call.clock}:late", at=call.at + later, kind=kind)
