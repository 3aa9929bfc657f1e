# SPDX-License-Identifier: Apache-2.0
"""A request taken as far as a test needs it, by the commands of the two sides."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from glasshouse.domain.access.values import Limits, NewGrant, Patterns
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.engagements import commands
from glasshouse.domain.engagements.models import Engagement, ExportDecision
from glasshouse.domain.engagements.values import (
    Category,
    Depth,
    NewExportDecision,
    NewRequest,
    TermsKind,
    Vetting,
    Words,
)
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases.models import Release
from glasshouse.kernel.ids import Uid
from tests.lab import EXPORT, NOW, House

REVIEWER: Final = "reviewer@regulator.example"
COLLEAGUE: Final = "colleague@regulator.example"
MONTH: Final = timedelta(days=30)
ASKED: Final = NewRequest(
    category=Category.PRODUCT,
    depth=Depth.TARGETED,
    words=Words("Server, the large one", "1", "To see what parses what.", tools="semgrep", interests="None."),
    people=(REVIEWER,),
    begins=NOW,
    ends=NOW + MONTH,
)


def publish(house: House) -> None:
    """Publish the lab's terms."""
    for kind in TermsKind:
        commands.publish_terms(house.cast.manager, kind, f"The {kind.label}, first version.", now=NOW)


def ask(house: House, viewer: Viewer | None = None, **changed: object) -> Uid:
    """Let the reviewer ask."""
    new = replace(ASKED, **changed)  # type: ignore[arg-type] # fields of many types
    return Uid(commands.request_engagement(viewer or house.cast.reviewer, new, now=NOW).uid)


def vetted(house: House, *taken: Release) -> Uid:
    """Ask, and let the manager vet."""
    uid = ask(house)
    commands.vet(house.cast.manager, uid, Vetting(releases=tuple(Uid(one.uid) for one in taken)), now=NOW)
    return uid


def clear(house: House, uid: Uid, *people: Viewer, officer: Viewer | None = None, **changed: object) -> ExportDecision:
    """Let the officer decide on the export for the reviewer, or for these people."""
    named = tuple(person.uid for person in people) or (house.cast.reviewer.uid,)
    new = NewExportDecision(number=EXPORT, product_class="5D002", people=named, until=NOW + MONTH, countries=("BE",))
    decided = replace(new, **changed)  # type: ignore[arg-type] # fields of many types
    return commands.decide_export(officer or house.cast.officer, uid, decided, now=NOW)


def proposed(house: House, *taken: Release) -> tuple[Uid, Proposal]:
    """Take a request to where two people decide."""
    publish(house)
    uid = vetted(house, *(taken or (house.take(),)))
    clear(house, uid)
    return uid, commands.propose_opening(house.cast.manager, uid, now=NOW)


def opened(house: House, *taken: Release) -> Engagement:
    """Open an engagement; nobody has signed."""
    uid, proposal = proposed(house, *taken)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    return Engagement.objects.get(request__uid=uid.text)


def request_of(found: Engagement) -> Uid:
    """Return the request that an engagement came of."""
    assert found.request is not None
    return Uid(found.request.uid)


def grant(uid: Uid, holder: str, release: Release, *, days: int = 2) -> NewGrant:
    """A grant on the whole of a release, as it is proposed."""
    return NewGrant(
        uid,
        holder,
        Uid(release.product.uid),
        (Uid(release.uid),),
        Patterns.of(["**"]),
        NOW,
        NOW + timedelta(days=days),
        Limits(),
    )
