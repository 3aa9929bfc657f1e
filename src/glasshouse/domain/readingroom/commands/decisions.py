# SPDX-License-Identifier: Apache-2.0
"""Matters that two people decide: grants, erasures, the end of a product. Each is carried out with the last word."""

import json
from datetime import datetime

from django.db import connection

from glasshouse.domain.access import commands as access
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Conditions, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.approvals import commands as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES, check_may_propose
from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements import queries as engagement_queries
from glasshouse.domain.engagements import rules as engaged
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.conclusions import tell_of_earlier_lapses
from glasshouse.domain.readingroom.commands.erasing import erase_person
from glasshouse.domain.readingroom.commands.saved import ask_after_grant
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import queries as release_queries
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Product, Release
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid


def propose_grant(viewer: Viewer, new: NewGrant, *, now: datetime) -> Proposal:
    """Put a grant up for decision inside an open engagement, resting on its export decision.

    Two people agree, the export officer among them naming that decision.
    """
    check_may_propose(POLICIES["access.grant"], viewer)
    holder = people_queries.person_by_email(viewer, new.holder)
    if not holder.roles.filter(role=Role.REVIEWER).exists():
        raise InvalidError(f"{holder.name} is no reviewer.", hint="A grant is held by a person with that role.")
    roots = _roots(viewer, new)
    if new.ends <= now:
        raise InvalidError("A grant that has ended shows nothing.")
    engagement = engagement_queries.engagement(viewer, new.engagement)
    clearance = engagement_queries.clearance(new.engagement, holder.pk, now)
    engaged.check_may_propose(clearance, releases=new.releases, ends=new.ends, sites=new.conditions.sites)
    sealed = vault.sealer(new.product, "patterns").seal(new.patterns.to_bytes(), context=queries.PATTERNS)
    with journal.transaction():
        return approvals.propose(
            viewer,
            "access.grant",
            subject=Uid(holder.uid),
            beneficiary=holder,
            sealed=sealed,
            now=now,
            statement={
                "begins": clock.to_text(new.begins),
                "conditions": access.conditions_as_fields(new.conditions),
                "ends": clock.to_text(new.ends),
                "engagement": engagement.uid,
                "export": clearance.export,
                "holder": holder.uid,
                "limits": access.limits_as_fields(new.limits),
                "product": new.product.text,
                "purposes": sorted(new.purposes),
                "releases": {release.text: str(roots[release]) for release in new.releases},
            },
        )


def propose_shredding(viewer: Viewer, slug: str, *, now: datetime) -> Proposal:
    """Put the destruction of a product's key up for decision; its source is then gone for everybody."""
    product = release_queries.product_by_slug(viewer, slug)
    with journal.transaction():
        return approvals.propose(
            viewer,
            "releases.shredding",
            subject=Uid(product.uid),
            statement={"product": product.uid, "slug": product.slug},
            now=now,
        )


def decide(
    viewer: Viewer,
    proposal: Uid,
    verdict: Verdict,
    *,
    digest: Digest,
    now: datetime,
    reason: str = "",
    basis: str = "",
) -> Proposal:
    """Give a word on a proposal; the last one needed carries the matter out in the same transaction."""
    with journal.transaction():
        decided = approvals.decide(viewer, proposal, verdict, digest=digest, now=now, reason=reason, basis=basis)
        if decided.kind == "access.grant":
            engaged.check_basis(basis.strip(), str(json.loads(decided.statement).get("export", "")))
        if decided.state == State.AGREED:
            _carry_out(viewer, decided, now)
        elif decided.state == State.REFUSED:
            _lay_aside(viewer, decided, reason, now)
    if decided.state == State.AGREED and decided.kind == "releases.shredding":
        releases.destroy_marked_keys()  # after the record is durable; the worker repeats it should we die here
    return decided


def revoke_grant(viewer: Viewer, grant: Uid, *, now: datetime) -> None:
    """End a grant at once; one person suffices to stop a showing."""
    check_may_propose(POLICIES["access.grant"], viewer)
    with journal.transaction():
        found = Grant.objects.filter(uid=grant.text).first()
        if found is None:
            raise NotFoundError
        access.revoke(found, actor=viewer.uid.text, now=now)


def _roots(viewer: Viewer, new: NewGrant) -> dict[Uid, Digest]:
    found = {uid: release_queries.release(viewer, uid) for uid in new.releases}
    if any(release.product.uid != new.product.text for release in found.values()):
        raise InvalidError("A grant's releases are of one product.")
    return {uid: Digest(bytes(release.root)) for uid, release in found.items()}


def _carry_out(viewer: Viewer, agreed: Proposal, now: datetime) -> None:
    statement = json.loads(agreed.statement)
    if agreed.kind == "access.grant":
        _open_grant(viewer, agreed, statement, now)
    elif agreed.kind == "access.more":
        _raise_limits(viewer, agreed, statement, now)
    elif agreed.kind == "engagements.opening":
        engagements.carry_out_opening(viewer, agreed, now=now)
    elif agreed.kind == "engagements.amendment":
        engagements.carry_out_amendment(viewer, agreed, now=now)
    elif agreed.kind == "journal.erasure":
        erase_person(viewer, agreed, now)
    else:
        product = Product.objects.get(uid=agreed.subject)
        releases.mark_destroyed(product, actor=viewer.uid.text, approval=Uid(agreed.uid), now=now)


def _lay_aside(viewer: Viewer, refused: Proposal, reason: str, now: datetime) -> None:
    if refused.kind == "engagements.opening":
        engagements.drop_opening(viewer, refused, reason, now=now)
    elif refused.kind == "access.more":
        asked_by = [refused.proposed_by_id]
        notices.tell(asked_by, "access.more-refused", subject=Uid(refused.subject), route="grant-more", now=now)


def _open_grant(viewer: Viewer, agreed: Proposal, statement: dict[str, object], now: datetime) -> None:
    holder = Person.objects.select_related("organisation").get(uid=agreed.subject)
    product = Uid(str(statement["product"]))
    roots = {Uid(uid): Digest.parse(root) for uid, root in _texts(statement["releases"]).items()}
    if Release.objects.filter(uid__in=[uid.text for uid in roots]).count() != len(roots):
        raise InvalidError("The statement names what is not here.")
    new = NewGrant(
        engagement=Uid(str(statement["engagement"])),
        holder=holder.email,
        product=product,
        releases=tuple(roots),
        patterns=Patterns.from_bytes(
            vault.sealer(product, "patterns").open(bytes(agreed.sealed), context=queries.PATTERNS)
        ),
        begins=clock.parse(str(statement["begins"])),
        ends=clock.parse(str(statement["ends"])),
        limits=_limits(statement["limits"]),
        purposes=_purposes(statement.get("purposes")),
        conditions=_conditions(statement.get("conditions")),
    )
    # What was judged when it was proposed may have ended since, or end at this moment.
    engagements.hold(new.engagement)
    clearance = engagement_queries.clearance(new.engagement, holder.pk, now)
    engaged.check_may_propose(clearance, releases=new.releases, ends=new.ends, sites=new.conditions.sites)
    engaged.check_rests_on(str(statement.get("export", "")), clearance.export)
    opened = access.open_grant(
        new,
        holder,
        viewer.uid.text,
        roots,
        proposal=Uid(agreed.uid),
        sealed=bytes(agreed.sealed),
        now=now,
    )
    ask_after_grant(opened, actor=viewer.uid.text, now=now)
    tell_of_earlier_lapses(opened, now=now)


def _raise_limits(viewer: Viewer, agreed: Proposal, statement: dict[str, object], now: datetime) -> None:
    rows = Grant.objects.select_related("holder__organisation")
    grant = (rows.select_for_update(of=("self",)) if connection.features.has_select_for_update else rows).get(
        uid=agreed.subject
    )
    access.raise_limits(grant, _limits(statement["limits"]), viewer.uid.text, proposal=Uid(agreed.uid), now=now)


def _limits(value: object) -> Limits:
    if not isinstance(value, dict):
        raise InvalidError("The statement is malformed.")
    return Limits(**value)


def _purposes(value: object) -> frozenset[Purpose]:
    if not isinstance(value, list):
        raise InvalidError("This was put up before grants named their purposes.", hint="Refuse it, and propose again.")
    return frozenset(Purpose(one) for one in value)


def _conditions(value: object) -> Conditions:
    if not isinstance(value, dict):
        raise InvalidError("This was put up before grants named conditions.", hint="Refuse it, and propose again.")
    return Conditions(frozenset(Uid(site) for site in value["sites"]), value["workstation"], value["accompanied"])


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InvalidError("The statement is malformed.")
    return {str(key): str(item) for key, item in value.items()}
