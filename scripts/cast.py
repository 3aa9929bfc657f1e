# SPDX-License-Identifier: Apache-2.0
"""The demo's people and what they did: commands of the product, each in the name of the role that may do it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from glasshouse.domain.access.values import USUAL, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands as engagement_commands
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.values import (
    Amendment,
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
from glasshouse.domain.releases.models import Release
from glasshouse.domain.scans import commands as scans
from glasshouse.domain.scans import overview, surveying
from glasshouse.domain.scans.errors import NoToolError
from glasshouse.domain.scans.tools import installing
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from scripts import engaging

STAFF = (
    Role.LAB_MANAGER,
    Role.CUSTODIAN,
    Role.EXPORT_OFFICER,
    Role.PRODUCT_OWNER,
    Role.ASSESSOR,
    Role.AUDITOR,
)
EXPORT: Final = "DEMO-0001"
QUICK: Final = ("ruff", "shellcheck", "bandit")
"""Tools that are through with the demo's product in seconds."""
FORMER: Final = "former-reviewer@demo.example"


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
    taken = _releases(cast, product)
    named = [Uid(row.uid) for row in taken]
    engagement = engaging.engage(_office(cast), cast[Role.REVIEWER].viewer, named, now=now, length=length)
    if is_signed:
        engaging.sign(engagement, now=now)
    _grant(cast, engagement, taken, now, now + length)


def widen(cast: Mapping[Role, Member], product: str) -> Release | None:
    """Bring releases that came since into the reviewer's engagement; each signs anew. Return the newest that came.

    Where none came, the engagement runs a day longer, which is signed as well.
    """
    now, manager = clock.now(), cast[Role.LAB_MANAGER].viewer
    found = engagements.open_engagements(manager, now).get(people=cast[Role.REVIEWER].viewer.row)
    if found.agreement > 1 or found.ends is None:  # the demo was set up before
        return None
    taken = _releases(cast, product)
    came = [row for row in taken if row.uid not in found.releases]
    change = Amendment(tuple(Uid(row.uid) for row in came), ends=None if came else found.ends + timedelta(days=1))
    engaging.agree(_office(cast), engagement_commands.propose_amendment(manager, Uid(found.uid), change, now=now), now)
    if not came:
        return None
    _grant(cast, Uid(found.uid), taken, now, found.ends)
    return came[-1]


def _releases(cast: Mapping[Role, Member], product: str) -> list[Release]:
    return [row for row in release_queries.releases_of(cast[Role.LAB_MANAGER].viewer) if row.product.slug == product]


def _office(cast: Mapping[Role, Member]) -> engaging.Officers:
    return engaging.Officers(
        cast[Role.LAB_MANAGER].viewer, cast[Role.CUSTODIAN].viewer, cast[Role.EXPORT_OFFICER].viewer, EXPORT
    )


def _grant(
    cast: Mapping[Role, Member], engagement: Uid, taken: Sequence[Release], begins: datetime, ends: datetime
) -> None:
    new = NewGrant(
        engagement=engagement,
        holder=cast[Role.REVIEWER].email,
        product=Uid(taken[0].product.uid),
        releases=tuple(Uid(row.uid) for row in taken),
        patterns=Patterns.of(["**"]),
        begins=begins,
        ends=ends,
        limits=Limits(),
        purposes=frozenset({*USUAL, Purpose.TOOLS}),
    )
    proposal = readingroom.propose_grant(cast[Role.LAB_MANAGER].viewer, new, now=begins)
    for role, basis in ((Role.CUSTODIAN, ""), (Role.EXPORT_OFFICER, EXPORT)):
        readingroom.decide(
            cast[role].viewer,
            Uid(proposal.uid),
            Verdict.AGREE,
            digest=Digest(bytes(proposal.digest)),
            now=begins,
            basis=basis,
        )


def ask_for_scan(cast: Mapping[Role, Member], product: str) -> None:
    """Have the owner ask for a scan of the newest release, by tools that take seconds; it runs once the lab serves."""
    now = clock.now()
    newest = _releases(cast, product)[-1]
    if overview.newest_of(release_queries.ref(newest)) is not None:  # the demo was set up before
        return
    surveying.look(installing.standard_folder(), QUICK, now=now)
    with suppress(NoToolError):  # none of them is installed
        scans.start(cast[Role.PRODUCT_OWNER].viewer, Uid(newest.uid), (), now=now)


def leave_work(actor: str, cast: Mapping[Role, Member], product: str) -> None:
    """Leave each role something to do: requests on their way, more lines asked for, somebody to be forgotten."""
    now, reviewer, manager = clock.now(), cast[Role.REVIEWER], cast[Role.LAB_MANAGER].viewer
    if len(engagements.requests_of(manager)) > 1:  # the demo was set up before
        return
    meant = Vetting(
        releases=(Uid(_releases(cast, product)[-1].uid),), note="The release that you run is the newest one here."
    )
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
    readingroom.ask_for_more(
        reviewer.viewer, Uid(readingroom_queries.desk(reviewer.viewer, now)[0].grant.uid), "hour", now=now
    )
    former = people_commands.NewPerson(
        FORMER, "Demo former reviewer", reviewer.viewer.organisation_name, [Role.REVIEWER]
    )
    gone = people_commands.add_person(actor, former, now=now).person
    readingroom.propose_erasure(cast[Role.CUSTODIAN].viewer, gone, now=now, reason="Asked for under article 17.")


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
