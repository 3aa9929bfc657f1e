# SPDX-License-Identifier: Apache-2.0
"""Opening an engagement and changing its scope: proposed by one, agreed by two others, done with the last word."""

import json
from collections.abc import Mapping
from datetime import datetime

import rfc8785
from django.conf import settings
from django.db import connection

from glasshouse.domain.access import commands as access
from glasshouse.domain.approvals import commands as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements.commands.exporting import revoke_outlasting
from glasshouse.domain.engagements.commands.locking import locked_engagement, locked_request, move
from glasshouse.domain.engagements.commands.notifying import ask_to_sign
from glasshouse.domain.engagements.commands.requests import record_refusal
from glasshouse.domain.engagements.errors import (
    AgreementChangedError,
    NotCoveredError,
    OutsideScopeError,
    StepNotPossibleError,
)
from glasshouse.domain.engagements.models import Agreement, Engagement, ExportDecision, Request, Terms
from glasshouse.domain.engagements.values import Amendment, Ground, Scope, State, Step
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

OPENING = "engagements.opening"
AMENDMENT = "engagements.amendment"


def propose_opening(viewer: Viewer, uid: Uid, *, now: datetime) -> Proposal:
    """Put the opening of a cleared request up for decision, with the terms that its people will sign."""
    queries.request(viewer, uid)
    rules.check_office(viewer, Step.PROPOSE)
    with journal.transaction():
        request = locked_request(uid)
        move(request, Step.PROPOSE, now)
        export = _standing(request, now)
        statement: Fields = {
            **_scope_fields(queries.scope_asked(request)),
            "export": export.number,
            "organisation": request.organisation.uid,
            "request": request.uid,
            "terms": {terms.kind: bytes(terms.digest).hex() for terms in queries.newest_terms()},
        }
        made = approvals.propose(
            viewer, OPENING, subject=uid, statement=statement, beneficiary=request.asked_by, now=now
        )
        request.proposal = made.uid
        request.save(update_fields=["proposal"])
    return made


def carry_out_opening(viewer: Viewer, agreed: Proposal, *, now: datetime) -> Engagement:
    """Open an engagement as it was agreed, inside the transaction of the last word."""
    statement = json.loads(agreed.statement)
    request = locked_request(Uid(agreed.subject))
    if request.state == State.PROPOSED and request.proposal != agreed.uid:
        raise StepNotPossibleError("The opening was put up again since; decide on that.")
    move(request, Step.OPEN, now)
    _standing(request, now)
    scope = queries.scope_asked(request)
    if scope.ends <= now:
        raise InvalidError("The time that was asked for is over.", hint="Refuse it; they can ask again.")
    uid = Uid.new()
    engagement = Engagement.objects.create(
        uid=uid.text,
        label=_next_label(now),
        organisation_id=request.organisation_id,
        request=request,
        category=scope.category,
        depth=scope.depth,
        product=scope.product,
        service=scope.service,
        opened_at=now,
    )
    journal.start_chain(uid, at=now)
    agreement = _agree(engagement, scope, _pinned(statement["terms"]), now)
    journal.record(
        "engagements.opened",
        actor=viewer.uid.text,
        at=now,
        subject=uid,
        engagement=uid,
        fields={
            "agreement": {"digest": bytes(agreement.digest).hex(), "number": agreement.number},
            "organisation": request.organisation.uid,
            "proposal": agreed.uid,
            "request": request.uid,
        },
    )
    ask_to_sign(engagement, "opened", now=now)
    return engagement


def drop_opening(viewer: Viewer, refused: Proposal, reason: str, *, now: datetime) -> None:
    """Refuse a request whose opening one of the deciders refused, inside the transaction of that word.

    An opening that was overtaken (withdrawn, put up again) is laid aside by it, and its request stays where it stands.
    """
    told = readable(reason, what="The reason", limit=rules.MAX_TEXT)
    request = locked_request(Uid(refused.subject))
    if request.state != State.PROPOSED or request.proposal != refused.uid:
        return
    ground = Ground.EXPORT if viewer.may_act_as(Role.EXPORT_OFFICER) else Ground.LEGAL
    record_refusal(request, ground, told, actor=viewer.uid.text, now=now)


def propose_amendment(viewer: Viewer, uid: Uid, change: Amendment, *, now: datetime) -> Proposal:
    """Put a wider scope up for decision; once it is agreed, everybody signs anew before they are shown more."""
    engagement = queries.engagement(viewer, uid)
    rules.check_office(viewer, Step.PROPOSE)
    rules.check_open(closed_at=engagement.closed_at, ends=None, now=now)
    scope = _amended(viewer, engagement, change)
    if scope.ends <= now:
        raise InvalidError("An engagement ends in the future.")
    if scope == queries.scope_of(engagement):
        raise InvalidError("This changes nothing.")
    statement: Fields = {
        **_scope_fields(scope),
        "agreement": engagement.agreement + 1,
        "engagement": engagement.uid,
        "terms": {terms.kind: bytes(terms.digest).hex() for terms in queries.newest_terms()},
    }
    with journal.transaction():
        return approvals.propose(
            viewer,
            AMENDMENT,
            subject=uid,
            statement=statement,
            beneficiary=engagement.request.asked_by if engagement.request else None,
            now=now,
        )


def carry_out_amendment(viewer: Viewer, agreed: Proposal, *, now: datetime) -> Agreement:
    """Give an engagement the scope that was agreed, inside the transaction of the last word.

    Grants end with their engagement: one that would outlast a nearer end is revoked.
    """
    statement = json.loads(agreed.statement)
    engagement = locked_engagement(Uid(agreed.subject))
    rules.check_open(closed_at=engagement.closed_at, ends=None, now=now)
    if engagement.agreement + 1 != statement["agreement"]:
        raise AgreementChangedError(
            "The engagement has changed since this was proposed.", hint="Propose the amendment again."
        )
    agreement = _agree(engagement, queries.scope_from(statement), _pinned(statement["terms"]), now)
    revoke_outlasting(engagement, actor=viewer.uid.text, now=now)
    journal.record(
        "engagements.amended",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(engagement.uid),
        engagement=Uid(engagement.uid),
        fields={
            "agreement": {"digest": bytes(agreement.digest).hex(), "number": agreement.number},
            "proposal": agreed.uid,
        },
    )
    ask_to_sign(engagement, "amended", now=now)
    return agreement


def agree_anew(engagement: Engagement, *, now: datetime) -> Agreement:
    """Pin the newest terms to a locked engagement's present scope, inside the caller's transaction."""
    return _agree(engagement, queries.scope_of(engagement), queries.newest_terms(), now)


def _standing(request: Request, now: datetime) -> ExportDecision:
    newest = queries.newest_export(request)
    if newest is None:
        raise NotCoveredError("There is no export decision on this request.")
    rules.check_decision_stands(newest.until, newest.ended_at, now)
    return newest


def _amended(viewer: Viewer, engagement: Engagement, change: Amendment) -> Scope:
    before = queries.scope_of(engagement)
    added = [releases.release(viewer, uid) for uid in change.releases]
    if any(row.product.uid != before.product for row in added):
        raise OutsideScopeError("An engagement's releases are of one product.")
    people = Person.objects.filter(
        uid__in=[uid.text for uid in change.people],
        organisation_id=engagement.organisation_id,
        is_active=True,
        roles__role=Role.REVIEWER,
    )
    if len(people) != len(set(change.people)):
        raise InvalidError("An engagement's people are reviewers of its organisation.")
    return Scope(
        category=before.category,
        depth=before.depth,
        product=before.product,
        service=before.service,
        releases={**before.releases, **{Uid(row.uid): Digest(bytes(row.root)) for row in added}},
        people=before.people | set(change.people),
        begins=before.begins,
        ends=change.ends or before.ends,
    )


def _agree(engagement: Engagement, scope: Scope, pinned: list[Terms], now: datetime) -> Agreement:
    engagement.agreement += 1
    engagement.begins, engagement.ends = scope.begins, scope.ends
    engagement.releases = {uid.text: str(root) for uid, root in scope.releases.items()}
    engagement.save(update_fields=["agreement", "begins", "ends", "releases"])
    engagement.people.set(Person.objects.filter(uid__in=[uid.text for uid in scope.people]))
    text = rfc8785.dumps(
        {
            **_scope_fields(scope),
            "agreement": engagement.agreement,
            "engagement": engagement.uid,
            "organisation": engagement.organisation.uid,
            "origin": settings.GLASSHOUSE.origin,
            "terms": {terms.kind: bytes(terms.digest).hex() for terms in pinned},
        }
    )
    made = Agreement.objects.create(
        engagement=engagement,
        number=engagement.agreement,
        statement=text.decode(),
        digest=Digest.of(text).raw,
        made_at=now,
    )
    made.terms.set(pinned)
    access.judge_anew(Uid(engagement.uid))  # a page judged under the agreement before is not shown after it
    return made


def _scope_fields(scope: Scope) -> Fields:
    return {
        "begins": clock.to_text(scope.begins),
        "category": scope.category.value,
        "depth": scope.depth.value,
        "ends": clock.to_text(scope.ends),
        "people": sorted(uid.text for uid in scope.people),
        "product": scope.product,
        "releases": {uid.text: str(root) for uid, root in scope.releases.items()},
        "service": scope.service,
    }


def _pinned(digests: Mapping[str, str]) -> list[Terms]:
    # A text that was published again word by word has the digest of its older version; the newest stands for both.
    return [
        Terms.objects.filter(kind=kind, digest=bytes.fromhex(digest)).latest("version")
        for kind, digest in sorted(digests.items())
    ]


def _next_label(now: datetime) -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # labels count up over all engagements; two last words may come at once
            cursor.execute("LOCK TABLE engagements_engagement IN SHARE ROW EXCLUSIVE MODE")
    count = Engagement.objects.filter(label__startswith=f"{now:%y}-").count() + 1
    return f"{now:%y}-{count:03d}"
