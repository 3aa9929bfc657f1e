# SPDX-License-Identifier: Apache-2.0
"""The cast at the edge: a reviewer who is enrolled, one who is not, a stranger from another organisation."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client

from glasshouse.domain.people import commands as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role

NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BACKEND: Final = "glasshouse.edges.web.signin.Backend"


def confirm(client: Client, person: Person, *, minutes_ago: float = 0, kind: str = "totp", again: bool = True) -> None:
    """Let a browser's person have shown a second factor, unless told otherwise just now."""
    session = client.session
    shown = {"method": "mfa", "type": kind, "at": time.time() - minutes_ago * 60}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**shown, "reauthenticated": True} if again else shown]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


Add = Callable[..., Person]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the tests speak of."""

    reviewer: Person
    stranger: Person
    newcomer: Person


@pytest.fixture
def cast(db: None) -> Cast:
    """A reviewer and a stranger with an app, a newcomer without."""
    del db
    cache.clear()

    def add(email: str, organisation: str) -> Person:
        new = people.NewPerson(email, email.partition("@")[0].title(), organisation, [Role.REVIEWER])
        uid = people.add_person("operator:tests", new, now=NOW).person
        return Person.objects.get(uid=uid.text)

    people_here = Cast(
        add("reviewer@regulator.example", "Regulator A"),
        add("stranger@other.example", "Laboratory B"),
        add("newcomer@regulator.example", "Regulator A"),
    )
    TOTP.activate(people_here.reviewer, SECRET)
    TOTP.activate(people_here.stranger, SECRET)
    return people_here


@pytest.fixture
def client() -> Client:
    """A browser in which nobody is signed in; a bug in a view is an answer, as in a lab."""
    return Client(SERVER_NAME="localhost", raise_request_exception=False)


@pytest.fixture
def reader(cast: Cast, client: Client) -> Client:
    """The reviewer's browser."""
    client.force_login(cast.reviewer, BACKEND)
    return client
