# SPDX-License-Identifier: Apache-2.0
"""Questions about proposals."""

from django.db.models import QuerySet

from glasshouse.domain.approvals import rules
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import State
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def proposals_of(viewer: Viewer) -> QuerySet[Proposal]:
    """Return the proposals that the viewer may propose or decide, open ones first, then newest."""
    kinds = [
        policy.kind
        for policy in rules.POLICIES.values()
        if viewer.is_vendor and not viewer.roles.isdisjoint(policy.seen_by)
    ]
    return (
        Proposal.objects.filter(kind__in=kinds)
        .select_related("proposed_by", "beneficiary__organisation")
        .prefetch_related("decisions__person")
        .order_by("-state", "-proposed_at", "-pk")
    )


def proposal(viewer: Viewer, uid: Uid) -> Proposal:
    """Return one proposal that the viewer may see."""
    found = proposals_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def last_about(subject: Uid, kind: str) -> Proposal | None:
    """Return the newest proposal of a kind about a subject, for the rooms that judged who asks."""
    return Proposal.objects.filter(subject=subject.text, kind=kind).order_by("-proposed_at", "-pk").first()


def wanted(found: Proposal) -> set[int]:
    """Return the rows of those whose word is still wanted on this; nobody's once it is settled."""
    if found.state != State.OPEN:
        return set()
    spoken = set(found.decisions.values_list("person", flat=True))
    return office(*rules.POLICIES[found.kind].decided_by) - {found.proposed_by_id, found.beneficiary_id or 0, *spoken}


def may_decide(viewer: Viewer, found: Proposal) -> bool:
    """Say whether the viewer's word is still wanted on this."""
    policy = rules.POLICIES[found.kind]
    spoken = {decision.person_id for decision in found.decisions.all()}
    return (
        found.state == State.OPEN
        and viewer.may_act_as(*policy.decided_by)
        and viewer.row not in {found.proposed_by_id, found.beneficiary_id, *spoken}
    )
