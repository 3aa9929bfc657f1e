# SPDX-License-Identifier: Apache-2.0
"""A page of another origin cannot make a session's call, whatever the browser sends along."""

import json
from typing import Final

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom.models import Visit
from tests.edges.api.conftest import program, signed_in
from tests.lab import MAIN, Desk, House

OURS: Final = "http://localhost:8000"
FOREIGN: Final = [
    {},
    {"content-type": "text/plain"},
    {"origin": "https://elsewhere.example"},
    {"origin": "null"},
    {"x-glasshouse": "x", "origin": "https://elsewhere.example"},
    {"x-glasshouse": "x", "origin": "null"},
    {"x-glasshouse": "x", "sec-fetch-site": "cross-site"},
    {"x-glasshouse": "x", "sec-fetch-site": "same-site"},
    {"x-glasshouse": "x", "sec-fetch-site": "none"},
    {"x-glasshouse": "x", "origin": OURS, "sec-fetch-site": "cross-site"},
]
OWN: Final = [
    {"x-glasshouse": "cli"},
    {"x-glasshouse": ""},
    {"x-glasshouse": "x", "origin": OURS},
    {"x-glasshouse": "x", "origin": OURS, "sec-fetch-site": "same-origin"},
]


@pytest.fixture
def browser(desk: Desk) -> Client:
    """The reviewer's browser: it has the session, and sends the headers that a test names."""
    client = signed_in(desk.viewer)
    client.defaults.pop("HTTP_X_GLASSHOUSE")
    return client


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_closes_no_visit_and_shows_nothing(browser: Client, desk: Desk, headers: dict[str, str]) -> None:
    close = browser.post(f"/api/v1/visits/{desk.visit}/close", "{}", content_type="application/json", headers=headers)
    place = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/file"
    seen = browser.get(place, {"path": str(MAIN)}, headers=headers)
    for answer in (close, seen):
        assert (answer.status_code, answer.json()["code"]) == (403, "api.foreign-sender")
    assert Visit.objects.get(uid=desk.visit.text).closed_at is None
    assert not Event.objects.filter(kind="readingroom.lines-shown").exists()


@pytest.mark.parametrize("headers", OWN)
def test_a_program_and_a_page_of_ours_are_heard(browser: Client, headers: dict[str, str]) -> None:
    assert browser.get("/api/v1/me", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_signs_nobody_in(house: House, headers: dict[str, str]) -> None:
    client = program()
    for path, body in (("device", {"terminal": "x"}), ("device/collect", {"secret": "x"})):
        answer = client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "api.foreign-sender"), house
    assert not client.cookies
    assert not Session.objects.exists()


def test_no_origin_is_ever_given_leave_to_send_the_header(browser: Client) -> None:
    preflight = browser.options(
        "/api/v1/visits",
        headers={
            "origin": "https://elsewhere.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-glasshouse",
        },
    )
    assert preflight.status_code == 405
    answer = browser.get("/api/v1/me", headers={"x-glasshouse": "x"})
    for response in (preflight, answer):
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
