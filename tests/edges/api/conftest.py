# SPDX-License-Identifier: Apache-2.0
"""The shared small lab, with an open visit, and programs that call it as somebody."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from glasshouse.domain.people import commands as people
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from tests.edges.conftest import BACKEND, confirm
from tests.lab import NOW, Desk, House

As = Callable[[Viewer], Client]


@pytest.fixture
def house(db: None, furnished: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A founded lab with its cast; the clock stands still."""
    del db
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()
    return furnished


@pytest.fixture
def desk(house: House, arranged: Desk) -> Desk:
    """The reviewer with an open visit."""
    del house
    return arranged


def program(**headers: str) -> Client:
    """Return a program that calls without a session."""
    return Client(SERVER_NAME="localhost", raise_request_exception=False, headers=headers)


def signed_in(viewer: Viewer) -> Client:
    """Return a program in somebody's session, their second factor just shown for it."""
    person = Person.objects.get(pk=viewer.row)
    Authenticator.objects.get_or_create(user=person, type="totp", defaults={"data": {"secret": "sealed"}})
    client = program(**{"X-Glasshouse": "tests"})
    client.force_login(person, BACKEND)
    confirm(client, person)
    return client


def bearing(viewer: Viewer, *scopes: Scope, days: int = 7) -> Client:
    """Return a program with a token of somebody's."""
    made = people.make_token(viewer, "a program", scopes, days, now=NOW)
    return program(Authorization=f"Bearer {made.secret}")
