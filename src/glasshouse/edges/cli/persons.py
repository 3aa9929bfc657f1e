# SPDX-License-Identifier: Apache-2.0
"""Adding people from the operator's terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from glasshouse.domain.people import commands as people
from glasshouse.domain.people.values import Role
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person's uid and the link that lets them in once."""

    uid: str
    link: str
    until: str


def add(
    actor: str, email: str, name: str, organisation: str, roles: Sequence[str], *, is_vendor: bool, country: str = ""
) -> Invitation:
    """Add a person with these roles."""
    unknown = [role for role in roles if role not in Role.values]
    if unknown:
        raise InvalidError(f"No such role: {', '.join(unknown)}.", hint=f"Roles are {', '.join(Role.values)}.")
    new = people.NewPerson(email, name, organisation, [Role(role) for role in roles], is_vendor, country)
    return _invitation(people.add_person(actor, new, now=clock.now()))


def link(actor: str, email: str) -> Invitation:
    """Make a fresh link."""
    return _invitation(people.new_link(actor, email, now=clock.now()))


def _invitation(made: people.Enrolment) -> Invitation:
    url = f"{settings.GLASSHOUSE.url}/enrol/{made.secret}"
    return Invitation(made.person.text, url, f"{made.until:%Y-%m-%d %H:%M} UTC")
