# SPDX-License-Identifier: Apache-2.0
"""A furnished lab behind the pages, at one fixed moment, and a browser for each of its people."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client

from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from tests.edges.conftest import BACKEND, SECRET, confirm
from tests.lab import NOW, Desk, House


@dataclass(slots=True)
class Moment:
    """The time that every view reads, moved by hand."""

    now: datetime = field(default=NOW)

    def pass_by(self, **passed: float) -> None:
        """Let time go by."""
        self.now += timedelta(**passed)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """The clock, standing still: grants of the tests begin at NOW."""
    here = Moment()
    monkeypatch.setattr(clock, "now", lambda: here.now)
    return here


@pytest.fixture
def house(db: None, furnished: House, moment: Moment) -> House:
    """A founded lab with its cast."""
    del db, moment
    cache.clear()
    return furnished


@pytest.fixture
def desk(house: House, arranged: Desk) -> Desk:
    """The reviewer with an open visit to the whole of a release."""
    del house
    return arranged


Browse = Callable[[Viewer], Client]


@pytest.fixture
def browser_of(house: House) -> Browse:
    """Sign somebody in, enrolled, their second factor just shown; a bug in a view is an answer, as in a lab."""
    del house

    def browse(viewer: Viewer) -> Client:
        person = Person.objects.get(pk=viewer.row)
        if not Authenticator.objects.filter(user=person).exists():
            TOTP.activate(person, SECRET)
        client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        client.force_login(person, BACKEND)
        confirm(client, person)
        return client

    return browse


@pytest.fixture
def reviewer(desk: Desk, browser_of: Browse) -> Client:
    """The browser of the reviewer, in an open visit."""
    return browser_of(desk.viewer)


def base(desk: Desk) -> str:
    """Return the address of a desk's release."""
    return f"/r/{desk.grant}/{desk.release}/"
