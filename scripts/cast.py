# SPDX-License-Identifier: Apache-2.0
"""The demo's people and what they did: commands of the product, each in the name of the role that may do it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from glasshouse.domain.access.values import Limits, NewGrant, Patterns
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands as engagement_commands
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.values import (
    Category,
    Depth,
    NewExportDecision,
    NewRequest,
    Vetting,
    Words,
)
from glasshouse.domain.people import commands as people_commands
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.errors import PersonExistsError
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom import queries as readingroom_queries
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import queries as release_queries
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from scripts import engaging

STAFF = (Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER, Role.PRODUCT_OWNER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the demo's people. They are roles, not persons: each is named for what they do."""

    role: str
    email: str
    password: str
    viewer: Viewer


def import_release(actor: str, product: str, version: str, archive: Path, progress: Callable[[int, int], None]) -> None:
    """Import a release unless it is here."""
    if not release_queries.all_releases().filter(product__slug=product, version=version).exists():
        releases.intake(actor, product, version, archive, now=clock.now(), progress=progress)


def people(actor: str, *, vendor: str, visitor: str) -> dict[Role, Member]:
    """Add the cast where it is missing and give each a fresh password."""
    members = {role: _member(actor, role, vendor, is_vendor=True) for role in STAFF}
    return {Role.REVIEWER: _member(actor, Role.REVIEWER, visitor, is_vendor=False), **members}


def _member(actor: str, role: Role, organisation: str, *, is_vendor: bool) -> Member:
    email = f"{role.value}@demo.example"
    new = people_commands.NewPerson(email, f"Demo {role.label}", organisation, [role], is_vendor)
    with suppress(PersonExistsError):  # the demo was set up before
        people_commands.add_person(actor, new, now=clock.now())
    password = people_commands.set_demo_password(actor, email, now=clock.now()).password
    viewer = people_queries.viewer(Person.objects.get(email=email))
    return Member(role.label, email, password, viewer)


def open_grant(cast: Mapping[Role, Member], product: str, length: timedelta, *, is_signed: bool) -> None:
    """Open a grant on all releases for the reviewer, unless they hold one: asked for, vetted, agreed by two.

    The reviewer then signs the terms in their browser; `is_signed` has it done, for those who have none.
    """
    now = clock.now()
    if readingroom_queries.desk(cast[Role.REVIEWER].viewer, now):
        return
    manager = cast[Role.LAB_MANAGER].viewer
    rows = [row for row in release_queries.releases_of(manager) if row.product.slug == product]
    office = engaging.Officers(manager, cast[Role.CUSTODIAN].viewer, cast[Role.EXPORT_OFFICER].viewer, "DEMO-0001")
    engagement = engaging.engage(
        office, cast[Role.REVIEWER].viewer, [Uid(row.uid) for row in rows], now=now, length=length
    )
    if is_signed:
        engaging.sign(engagement, now=now)
    new = NewGrant(
        engagement=engagement,
        holder=cast[Role.REVIEWER].email,
        product=Uid(rows[0].product.uid),
        releases=tuple(Uid(row.uid) for row in rows),
        patterns=Patterns.of(["**"]),
        begins=now,
        ends=now + length,
        limits=Limits(),
    )
    proposal = readingroom.propose_grant(manager, new, now=now)
    for role, basis in ((Role.CUSTODIAN, ""), (Role.EXPORT_OFFICER, office.export)):
        readingroom.decide(
            cast[role].viewer,
            Uid(proposal.uid),
            Verdict.AGREE,
            digest=Digest(bytes(proposal.digest)),
            now=now,
            basis=basis,
        )


def leave_work(cast: Mapping[Role, Member], product: str) -> None:
    """Leave each role something to do: a request to vet, one to decide on, one whose opening waits for two."""
    now, reviewer, manager = clock.now(), cast[Role.REVIEWER], cast[Role.LAB_MANAGER].viewer
    if len(engagements.requests_of(manager)) > 1:  # the demo was set up before
        return
    newest = [row for row in release_queries.releases_of(manager) if row.product.slug == product][-1]
    meant = Vetting(releases=(Uid(newest.uid),), note="The release that you run is the newest one here.")
    for words, category, depth, steps in WAITING:
        new = NewRequest(category, depth, words, (reviewer.email,), now, now + timedelta(days=60))
        uid = Uid(engagement_commands.request_engagement(reviewer.viewer, new, now=now).uid)
        if steps >= 1:
            engagement_commands.vet(manager, uid, meant, now=now)
        if steps >= 2:  # noqa: PLR2004 -- vetted, then decided on
            decided = NewExportDecision(
                "DEMO-0002", "5D002", (reviewer.viewer.uid,), now + timedelta(days=60), countries=("BE",)
            )
            engagement_commands.decide_export(cast[Role.EXPORT_OFFICER].viewer, uid, decided, now=now)
            engagement_commands.propose_opening(manager, uid, now=now)


WAITING: Final = (
    (
        Words("Remote support", "", "To see who of yours may log in to what is ours, and how we learn of it."),
        Category.SERVICE,
        Depth.OVERVIEW,
        0,
    ),
    (
        Words(
            "The web server in your gateway", "the one of this year", "Before we renew.", tests="Fuzz what it parses."
        ),
        Category.TESTS,
        Depth.TEST_ONLY,
        1,
    ),
    (
        Words("The web server in your gateway", "the one of this year", "A full look before it is put in hospitals."),
        Category.PRODUCT,
        Depth.FULL,
        2,
    ),
)
"""What the demo's visitor asks for besides, and how far the vendor has come with it."""
