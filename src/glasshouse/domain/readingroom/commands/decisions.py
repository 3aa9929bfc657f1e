# SPDX-License-Identifier: Apache-2.0
"""Matters that two people decide: grants, erasures, the end of a product. Each is carried out with the last word."""

import json
from datetime import datetime

from django.db import connection
from django.db.models import Q

from glasshouse.domain.access import commands as access
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Limits, NewGrant, Patterns
from glasshouse.domain.approvals import commands as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES, check_may_propose
from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people import commands as people
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.saved import ask_after_grant
from glasshouse.domain.readingroom.models import Engagement
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import queries as release_queries
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Product, Release
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid


def propose_grant(viewer: Viewer, new: NewGrant, *, now: datetime) -> Proposal:
    """Put a grant up for decision: two people agree, the export officer among them naming the export decision."""
    check_may_propose(POLICIES["access.grant"], viewer)
    holder = people_queries.person_by_email(viewer, new.holder)
    if not holder.roles.filter(role=Role.REVIEWER).exists():
        raise InvalidError(f"{holder.name} is no reviewer.", hint="A grant is held by a person with that role.")
    roots = _roots(viewer, new)
    if new.ends <= now:
        raise InvalidError("A grant that has ended shows nothing.")
    sealed = vault.sealer(new.product, "patterns").seal(new.patterns.to_bytes(), context=queries.PATTERNS)
    limits = {name: getattr(new.limits, name) for name in ("hour", "day", "visit", "total")}
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
                "ends": clock.to_text(new.ends),
                "holder": holder.uid,
                "limits": limits,
                "mode": "read",
                "product": new.product.text,
                "releases": {release.text: str(roots[release]) for release in new.releases},
            },
        )


def propose_erasure(viewer: Viewer, person: Uid, *, now: datetime, reason: str = "") -> Proposal:
    """Put the erasure of a person's data up for decision; what they were shown stays provable without their name.

    The reason stands in the statement that is decided on; it names no person, for it is not erased.
    """
    found = people_queries.person_by_uid(viewer, person)
    with journal.transaction():
        return approvals.propose(
            viewer,
            "journal.erasure",
            subject=person,
            beneficiary=found,
            statement={"class": SeedClass.PERSONAL.value, "person": person.text, "reason": reason.strip()},
            now=now,
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
        if decided.state == State.AGREED:
            _carry_out(viewer, decided, now)
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
    elif agreed.kind == "journal.erasure":
        _erase(viewer, agreed, now)
    else:
        product = Product.objects.get(uid=agreed.subject)
        releases.mark_destroyed(product, actor=viewer.uid.text, approval=Uid(agreed.uid), now=now)


def _open_grant(viewer: Viewer, agreed: Proposal, statement: dict[str, object], now: datetime) -> None:
    holder = Person.objects.select_related("organisation").get(uid=agreed.subject)
    product = Uid(str(statement["product"]))
    roots = {Uid(uid): Digest.parse(root) for uid, root in _texts(statement["releases"]).items()}
    limits = statement["limits"]
    if not isinstance(limits, dict) or Release.objects.filter(uid__in=[uid.text for uid in roots]).count() != len(
        roots
    ):
        raise InvalidError("The statement names what is not here.")
    new = NewGrant(
        holder=holder.email,
        product=product,
        releases=tuple(roots),
        patterns=Patterns.from_bytes(
            vault.sealer(product, "patterns").open(bytes(agreed.sealed), context=queries.PATTERNS)
        ),
        begins=clock.parse(str(statement["begins"])),
        ends=clock.parse(str(statement["ends"])),
        limits=Limits(**limits),
    )
    opened = access.open_grant(
        new,
        holder,
        viewer.uid.text,
        roots,
        proposal=Uid(agreed.uid),
        engagement=_engagement(viewer, holder, product, now),
        sealed=bytes(agreed.sealed),
        now=now,
    )
    ask_after_grant(opened, actor=viewer.uid.text, now=now)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InvalidError("The statement is malformed.")
    return {str(key): str(item) for key, item in value.items()}


def _engagement(viewer: Viewer, holder: Person, product: Uid, now: datetime) -> Uid:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # labels count up over all engagements; two last words may come at once
            cursor.execute("LOCK TABLE readingroom_engagement IN SHARE ROW EXCLUSIVE MODE")
    found = Engagement.objects.filter(organisation=holder.organisation, product=product.text).first()
    if found is not None:
        return Uid(found.uid)
    uid = Uid.new()
    count = Engagement.objects.filter(label__startswith=f"{now:%y}-").count() + 1
    Engagement.objects.create(
        uid=uid.text,
        label=f"{now:%y}-{count:03d}",
        organisation=holder.organisation,
        product=product.text,
        opened_at=now,
    )
    journal.start_chain(uid, at=now)
    journal.record(
        "readingroom.engagement-opened",
        actor=viewer.uid.text,
        at=now,
        subject=uid,
        engagement=uid,
        fields={"organisation": holder.organisation.uid, "product": product.text},
    )
    return uid


def _erase(viewer: Viewer, agreed: Proposal, now: datetime) -> None:
    person = agreed.subject
    events = Event.objects.filter(Q(actor=person) | Q(subject=person)).values_list("uid", flat=True)
    journal.erase(
        [Uid(text) for text in events],
        SeedClass.PERSONAL,
        actor=viewer.uid.text,
        approval=Uid(agreed.uid),
        at=now,
    )
    people.forget_person(Uid(person))
