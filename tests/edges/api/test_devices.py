# SPDX-License-Identifier: Apache-2.0
import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.models import Person
from glasshouse.edges.api.routes import devices
from glasshouse.kernel import clock
from tests.edges.api.conftest import program, signed_in
from tests.lab import NOW, House


@pytest.fixture
def terminal(house: House) -> Client:
    """A terminal that nobody has approved."""
    del house  # wanted for its effect
    return program(**{"X-Glasshouse": "cli", "User-Agent": "glasshouse/0.1 (Linux)"})


def post(client: Client, path: str, **body: object) -> Any:
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def start(terminal: Client) -> dict[str, Any]:
    answer = post(terminal, "device", terminal="glasshouse on bench-3")
    assert answer.status_code == 200
    started: dict[str, Any] = answer.json()
    return started


def test_an_approved_terminal_acts_as_its_person(house: House, terminal: Client) -> None:
    reviewer = house.cast.reviewer
    signed_in(reviewer)  # enrolled
    started = start(terminal)
    assert started["address"] == f"http://localhost:8000/device?code={started['user_code']}"
    assert post(terminal, "device/collect", secret=started["secret"]).status_code == 409
    assert terminal.get("/api/v1/me").status_code == 401

    people.approve_device(reviewer, started["user_code"], now=NOW)
    answer = post(terminal, "device/collect", secret=started["secret"])
    assert (answer.status_code, answer.json()["uid"]) == (200, reviewer.uid.text)
    cookie = answer.cookies["session"]
    assert (cookie["samesite"], cookie["httponly"]) == ("Strict", True)
    assert terminal.get("/api/v1/me").json()["name"] == reviewer.name
    assert [event.actor for event in Event.objects.filter(kind="people.device-signed-in")] == [reviewer.uid.text]


def test_the_session_is_listed_beside_the_browser_s_and_can_be_ended_there(house: House, terminal: Client) -> None:
    signed_in(house.cast.reviewer)
    started = start(terminal)
    people.approve_device(house.cast.reviewer, started["user_code"], now=NOW)
    post(terminal, "device/collect", secret=started["secret"])
    listed = UserSession.objects.get()
    assert "glasshouse" in listed.user_agent
    listed.end()
    assert terminal.get("/api/v1/me").status_code == 401


def test_the_session_counts_as_no_fresh_factor(house: House, terminal: Client) -> None:
    signed_in(house.cast.reviewer)
    started = start(terminal)
    people.approve_device(house.cast.reviewer, started["user_code"], now=NOW)
    post(terminal, "device/collect", secret=started["secret"])
    request = HttpRequest()
    request.session = terminal.session
    request.user = Person.objects.get(pk=house.cast.reviewer.row)
    assert request.session["account_authentication_methods"][0]["method"] == "device"
    assert not did_recently_reauthenticate(request)


def test_a_secret_opens_one_session_once(house: House, terminal: Client) -> None:
    signed_in(house.cast.reviewer)
    started = start(terminal)
    people.approve_device(house.cast.reviewer, started["user_code"], now=NOW)
    assert post(terminal, "device/collect", secret=started["secret"]).status_code == 200
    second = program(**{"X-Glasshouse": "cli"})
    answer = post(second, "device/collect", secret=started["secret"])
    assert (answer.status_code, answer.json()["code"]) == (403, "people.device-code")
    assert "session" not in answer.cookies


def test_a_sign_in_that_nobody_answers_ends(house: House, terminal: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    started = start(terminal)
    late = NOW + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: late)
    answer = post(terminal, "device/collect", secret=started["secret"])
    assert (answer.status_code, answer.json()["code"]) == (403, "people.device-code")
    with pytest.raises(Exception, match="No terminal waits"):
        people.approve_device(house.cast.reviewer, started["user_code"], now=late)


def test_what_the_person_compares_opens_nothing(terminal: Client) -> None:
    started = start(terminal)
    assert post(terminal, "device/collect", secret=started["user_code"]).status_code == 403


def test_an_address_that_asks_too_often_waits(terminal: Client) -> None:
    for _ in range(devices.STARTS):
        start(terminal)
    answer = post(terminal, "device", terminal="one more")
    assert (answer.status_code, answer.json()["code"]) == (429, "api.too-many")
    assert int(answer.headers["Retry-After"]) > 0
    elsewhere = program(**{"X-Glasshouse": "cli"})
    elsewhere.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert post(elsewhere, "device", terminal="another office").status_code == 200


def test_signing_out_ends_the_session_at_the_lab(house: House) -> None:
    client = signed_in(house.cast.reviewer)
    kept = client.cookies["session"].value
    assert post(client, "session/end").status_code == 200
    client.cookies["session"] = kept
    assert client.get("/api/v1/me").status_code == 401
    assert Event.objects.filter(kind="people.signed-out").count() == 1
