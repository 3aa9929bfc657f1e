# SPDX-License-Identifier: Apache-2.0
"""Who may decide, and when enough have: pure functions over a policy."""

from collections.abc import Collection
from dataclasses import dataclass

from glasshouse.domain.approvals.errors import BasisMissingError, NotIndependentError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind of proposal is decided.

    `basis` names what one agreement must cite (an export decision), `basis_role` who may cite it. Where it `is_asked`,
    those who propose it are those who gain by it, visitors included; the room judges whose matter it is, and only
    those who decide see it here.
    """

    kind: str
    title: str
    proposed_by: frozenset[Role]
    decided_by: frozenset[Role]
    agreements: int = 2
    basis: str = ""
    basis_role: Role | None = None
    is_asked: bool = False

    @property
    def seen_by(self) -> frozenset[Role]:
        """Return the roles of the vendor that see every proposal of this kind."""
        return self.decided_by if self.is_asked else self.proposed_by | self.decided_by


POLICIES = {
    policy.kind: policy
    for policy in (
        Policy(
            "access.grant",
            "Open a grant",
            proposed_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER}),
            basis="export decision",
            basis_role=Role.EXPORT_OFFICER,
        ),
        Policy(
            "access.more",
            "Raise a grant's budget",
            proposed_by=frozenset({Role.REVIEWER}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER}),
            is_asked=True,
        ),
        Policy(
            "engagements.opening",
            "Open an engagement",
            proposed_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER}),
        ),
        Policy(
            "engagements.amendment",
            "Change an engagement's scope",
            proposed_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER}),
        ),
        Policy(
            "journal.erasure",
            "Erase a person's data from the journal",
            proposed_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.AUDITOR}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.AUDITOR, Role.EXPORT_OFFICER}),
        ),
        Policy(
            "releases.shredding",
            "Destroy a product's key",
            proposed_by=frozenset({Role.LAB_MANAGER, Role.PRODUCT_OWNER}),
            decided_by=frozenset({Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER}),
        ),
    )
}


def check_may_see(policy: Policy, viewer: Viewer) -> None:
    """Raise not-found unless the viewer proposes or decides this kind."""
    if not viewer.is_vendor or viewer.roles.isdisjoint(policy.seen_by):
        raise NotFoundError


def check_may_propose(policy: Policy, viewer: Viewer) -> None:
    """Raise unless the viewer may propose this kind."""
    if not viewer.is_vendor and not policy.is_asked:
        raise NotFoundError
    viewer.check_role(*sorted(policy.proposed_by))


def check_may_decide(policy: Policy, viewer: Viewer, *, proposer: Uid, beneficiary: Uid | None) -> None:
    """Raise unless the viewer holds a deciding role and neither proposed nor gains by it."""
    check_may_see(policy, viewer)
    viewer.check_role(*sorted(policy.decided_by))
    if viewer.uid == proposer:
        raise NotIndependentError(
            "You proposed this; somebody else decides.", hint="Two other people with a deciding role agree or refuse."
        )
    if beneficiary is not None and viewer.uid == beneficiary:
        raise NotIndependentError("This is to your own benefit; somebody else decides.")


def check_basis(policy: Policy, viewer: Viewer, basis: str) -> None:
    """Raise when the person whose word must name the basis names none, or another names it."""
    if policy.basis_role is None:
        return
    if viewer.may_act_as(policy.basis_role) and not basis.strip():
        raise BasisMissingError(
            f"Your agreement names the {policy.basis}.", hint="Give its number, for instance EC-2026-0117."
        )
    if basis.strip() and not viewer.may_act_as(policy.basis_role):
        raise BasisMissingError(f"Only the {policy.basis_role.label} names the {policy.basis}.")


def is_agreed(policy: Policy, agreements: Collection[str]) -> bool:
    """Say whether enough agree; `agreements` holds each one's basis, empty where it names none."""
    return len(agreements) >= policy.agreements and (policy.basis_role is None or any(agreements))
