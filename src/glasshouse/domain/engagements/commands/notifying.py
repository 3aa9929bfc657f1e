# SPDX-License-Identifier: Apache-2.0
"""Who hears of a step, inside its transaction: who takes the next one, and whom it is about."""

from collections.abc import Iterable
from datetime import datetime

from glasshouse.domain.engagements import rules
from glasshouse.domain.engagements.models import Engagement, Request
from glasshouse.domain.engagements.values import Step
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.queries import office
from glasshouse.kernel.ids import Uid


def tell_next(request: Request, step: Step, what: str, *, but: Iterable[int] = (), now: datetime) -> None:
    """Tell who of the vendor may take the next step with a request, all but these rows."""
    persons = office(*rules.ROLES[step]) - set(but)
    notices.tell(persons, f"engagements.{what}", subject=Uid(request.uid), route="request", now=now)


def tell_asker(request: Request, what: str, *, now: datetime) -> None:
    """Tell who asked."""
    notices.tell([request.asked_by_id], f"engagements.{what}", subject=Uid(request.uid), route="request", now=now)


def ask_to_sign(engagement: Engagement, what: str, *, now: datetime) -> None:
    """Tell an engagement's people that there is something to sign."""
    people = engagement.people.values_list("pk", flat=True)
    notices.tell(people, f"engagements.{what}", subject=Uid(engagement.uid), route="engagement-sign", now=now)


def tell_both(engagement: Engagement, what: str, *, by: int, now: datetime) -> None:
    """Tell both parties of what one of them did: its people, who asked, and who arranges; not who did it."""
    persons = {*engagement.people.values_list("pk", flat=True), *office(*rules.ROLES[Step.PROPOSE])}
    if engagement.request is not None:
        persons.add(engagement.request.asked_by_id)
    _of(engagement, persons - {by}, what, now)


def tell_arrangers(engagement: Engagement, what: str, *, now: datetime) -> None:
    """Tell who arranges."""
    _of(engagement, office(*rules.ROLES[Step.PROPOSE]), what, now)


def _of(engagement: Engagement, persons: Iterable[int], what: str, now: datetime) -> None:
    notices.tell(persons, f"engagements.{what}", subject=Uid(engagement.uid), route="engagement", now=now)
