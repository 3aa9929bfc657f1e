# SPDX-License-Identifier: Apache-2.0
"""Verbs of approvals. They run inside the transaction of the room whose matter is decided."""

import hashlib
from datetime import datetime
from typing import Final

import rfc8785
from django.db import connection

from glasshouse.domain.approvals import queries, rules
from glasshouse.domain.approvals.errors import AlreadyDecidedError, StatementChangedError
from glasshouse.domain.approvals.models import Decision, Proposal
from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

MAX_REASON: Final = 2_000
"""Characters of a reason."""
MAX_BASIS: Final = 200
"""Characters of what a word names, as the number of an export decision."""


def propose(
    viewer: Viewer,
    kind: str,
    *,
    subject: Uid,
    statement: Fields,
    now: datetime,
    sealed: bytes = b"",
    beneficiary: Person | None = None,
) -> Proposal:
    """Put a statement up for decision, inside the caller's transaction."""
    rules.check_may_propose(rules.POLICIES[kind], viewer)
    text = rfc8785.dumps({**statement, "sealed": hashlib.sha256(sealed).hexdigest()}).decode()
    proposal = Proposal.objects.create(
        uid=Uid.new().text,
        kind=kind,
        subject=subject.text,
        beneficiary=beneficiary,
        statement=text,
        sealed=sealed,
        digest=Digest.of(text.encode()).raw,
        proposed_by_id=viewer.row,
        proposed_at=now,
    )
    journal.record(
        "approvals.proposed",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(proposal.uid),
        fields={"kind": kind, "statement": bytes(proposal.digest).hex()},
    )
    notices.tell(queries.wanted(proposal), "approvals.proposed", subject=Uid(proposal.uid), route="proposal", now=now)
    return proposal


def decide(
    viewer: Viewer,
    proposal_uid: Uid,
    verdict: Verdict,
    *,
    digest: Digest,
    now: datetime,
    reason: str = "",
    basis: str = "",
) -> Proposal:
    """Give the viewer's word on exactly the bytes of `digest`, inside the caller's transaction; a refusal has a reason.

    The returned proposal's state says whether the matter is now agreed; the caller then carries it out in the
    same transaction.
    """
    proposals = Proposal.objects.select_related("proposed_by", "beneficiary").filter(uid=proposal_uid.text)
    if connection.features.has_select_for_update:
        proposals = proposals.select_for_update(of=("self",))
    proposal = proposals.first()
    if proposal is None:
        raise NotFoundError
    policy = rules.POLICIES[proposal.kind]
    rules.check_may_decide(
        policy,
        viewer,
        proposer=Uid(proposal.proposed_by.uid),
        beneficiary=Uid(proposal.beneficiary.uid) if proposal.beneficiary else None,
    )
    if proposal.state != State.OPEN or proposal.decisions.filter(person_id=viewer.row).exists():
        raise AlreadyDecidedError("This is decided, or you have given your word on it.")
    if digest.raw != bytes(proposal.digest):
        raise StatementChangedError("You were shown another statement.", hint="Load the page again and read it.")
    told = readable(reason, what="The reason", limit=MAX_REASON, may_be_empty=verdict == Verdict.AGREE)
    cited = readable(basis, what="What your word names", limit=MAX_BASIS, may_be_empty=True)
    if verdict == Verdict.AGREE:
        rules.check_basis(policy, viewer, cited)
    Decision.objects.create(proposal=proposal, person_id=viewer.row, verdict=verdict, reason=told, basis=cited, at=now)
    _settle(proposal, policy)
    journal.record(
        "approvals.decided",
        actor=viewer.uid.text,
        at=now,
        subject=proposal_uid,
        fields={
            "basis": cited,
            "kind": proposal.kind,
            "reason": told,
            "state": proposal.state,
            "statement": digest.raw.hex(),
            "verdict": verdict.value,
        },
    )
    _tell(proposal, policy, now)
    return proposal


def _tell(proposal: Proposal, policy: rules.Policy, now: datetime) -> None:
    """Tell those whose word is wanted next; or who proposed it how it ended, where they may see it."""
    if proposal.state == State.OPEN:
        persons, kind = queries.wanted(proposal), "approvals.second-word"
    elif policy.is_asked:
        return  # a visitor asked; the room whose matter it is tells them
    else:
        persons, kind = {proposal.proposed_by_id}, f"approvals.{proposal.state}"
    notices.tell(persons, kind, subject=Uid(proposal.uid), route="proposal", now=now)


def _settle(proposal: Proposal, policy: rules.Policy) -> None:
    decisions = list(proposal.decisions.all())
    if any(decision.verdict == Verdict.REFUSE for decision in decisions):
        proposal.state = State.REFUSED
    elif rules.is_agreed(policy, [decision.basis for decision in decisions]):
        proposal.state = State.AGREED
    proposal.save(update_fields=["state"])
