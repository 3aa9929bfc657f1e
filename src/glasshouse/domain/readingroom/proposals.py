# SPDX-License-Identifier: Apache-2.0
"""A proposal as those who decide on it read it: what it is about, opened, with the names that its uids stand for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.access.rules import share_of
from glasshouse.domain.access.values import Limits, Patterns, Purpose
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES, Policy
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.domain.sites import queries as sites
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """A proposal with everything that its decision is about, as one who may see it reads it.

    `patterns` is None where nothing is sealed or the product's key is gone. `sites` are the names of places that a
    grant is bound to, `share` the per cent of its largest release's lines that it lets see in all.
    """

    proposal: Proposal
    policy: Policy
    statement: Mapping[str, Json]
    patterns: Patterns | None
    product: str
    releases: Sequence[Release]
    may_decide: bool
    names_basis: bool
    sites: Sequence[str] = ()
    share: int = 0

    @property
    def purposes(self) -> Sequence[Purpose]:
        """Return what a proposed grant is for, in a fixed order."""
        named = self.statement.get("purposes")
        return [one for one in Purpose if isinstance(named, list) and one.value in named]

    @property
    def begins(self) -> datetime | None:
        """Return when a proposed grant begins."""
        return clock.parse(str(self.statement["begins"])) if "begins" in self.statement else None

    @property
    def ends(self) -> datetime | None:
        """Return when a proposed grant ends."""
        return clock.parse(str(self.statement["ends"])) if "ends" in self.statement else None


def proposal_page(viewer: Viewer, uid: Uid) -> ProposalPage:
    """Return a proposal that the viewer may propose or decide, its sealed part opened."""
    found = approvals.proposal(viewer, uid)
    policy = POLICIES[found.kind]
    statement: dict[str, Json] = json.loads(found.statement)
    named = statement.get("releases")
    rows = Release.objects.select_related("product").filter(uid__in=list(named) if isinstance(named, dict) else [])
    product = Uid(str(statement["product"])) if "product" in statement else None
    return ProposalPage(
        proposal=found,
        policy=policy,
        statement=statement,
        patterns=queries.unsealed(product, bytes(found.sealed)) if product and found.sealed else None,
        product=releases.product_slugs().get(product.text, "") if product else "",
        releases=list(rows),
        may_decide=approvals.may_decide(viewer, found),
        names_basis=policy.basis_role is not None and viewer.may_act_as(policy.basis_role),
        sites=_site_names(viewer, statement.get("conditions")),
        share=_share(statement.get("limits"), list(rows)) if found.kind == "access.grant" else 0,
    )


def _site_names(viewer: Viewer, conditions: Json) -> list[str]:
    named = conditions.get("sites") if isinstance(conditions, Mapping) else None
    known = {one.uid.text: one.name for one in sites.sites(viewer)} if named else {}
    return [known.get(str(uid), str(uid)) for uid in named] if isinstance(named, list) else []


def _share(limits: Json, rows: Sequence[Release]) -> int:
    total = limits.get("total") if isinstance(limits, Mapping) else None
    largest = max((row.lines for row in rows), default=0)
    return share_of(Limits(total=total), largest) if isinstance(total, int) else 0
