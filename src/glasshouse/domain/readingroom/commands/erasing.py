# SPDX-License-Identifier: Apache-2.0
"""Erasing a person: proposed with a reason, agreed by two others, carried out once, unless something binds it."""

from datetime import datetime

from django.db.models import Q

from glasshouse.domain.approvals import commands as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES, check_may_propose
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people import commands as people
from glasshouse.domain.people import holds
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.commands.notes import forget_notes
from glasshouse.domain.readingroom.errors import ErasureBoundError
from glasshouse.domain.sites import commands as sites
from glasshouse.domain.sites import queries as site_queries
from glasshouse.domain.triage import commands as triage
from glasshouse.kernel import texts
from glasshouse.kernel.ids import Uid

MAX_REASON = 2_000


def propose_erasure(viewer: Viewer, person: Uid, *, now: datetime, reason: str) -> Proposal:
    """Put the erasure of a person's data up for decision; what they were shown stays provable without their name.

    The reason stands in the statement that is decided on; it names no person, for it is not erased.
    """
    check_may_propose(POLICIES["journal.erasure"], viewer)
    found = people_queries.person_by_uid(viewer, person)
    told = texts.readable(reason, what="The reason", limit=MAX_REASON)
    with journal.transaction():
        _check_free(found, now)
        return approvals.propose(
            viewer,
            "journal.erasure",
            subject=person,
            beneficiary=found,
            statement={"class": SeedClass.PERSONAL.value, "person": person.text, "reason": told},
            now=now,
        )


def erase_person(viewer: Viewer, agreed: Proposal, now: datetime) -> None:
    """Carry an agreed erasure out, inside its transaction; what came to bind it since stops it."""
    found = Person.objects.get(uid=agreed.subject)
    _check_free(found, now)
    events = Event.objects.filter(Q(actor=found.uid) | Q(subject=found.uid)).values_list("uid", flat=True)
    journal.erase(
        [Uid(text) for text in events],
        SeedClass.PERSONAL,
        actor=viewer.uid.text,
        approval=Uid(agreed.uid),
        at=now,
    )
    forget_notes(Uid(found.uid), now=now)
    triage.forget_reasons(found.pk)
    sites.forget_arrivals(found.pk)
    notices.forget_inbox(found.pk)
    people.forget_person(Uid(found.uid))


def _check_free(person: Person, now: datetime) -> None:
    """Raise with everything that keeps a person's data for now."""
    bound = [
        *(f"engagement {label} is open" for label in engagements.open_labels(person.pk, now)),
        *(["they are in the house"] if site_queries.is_inside(person.pk) else []),
        *(f"it is held since {hold.set_at:%d.%m.%Y}: {hold.reason}" for hold in holds.standing(person.pk)),
    ]
    if bound:
        raise ErasureBoundError(
            f"Nothing of this person is erased yet: {'; '.join(bound)}.",
            hint="Close the engagement, see the person out, or lift the hold; then propose it, or agree, again.",
        )
