# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import Client

from glasshouse.edges.http.routes import OPEN, WHILE_ENROLLING
from tests.edges.conftest import BACKEND, Cast
from tests.edges.routes import Route, routes

OPEN_TO_STRANGERS = {
    "account_login",
    "account_logout",
    "account_inactive",
    "mfa_login_webauthn",
    "mfa_authenticate",
    "enrol-link",
}


def is_of_api(route: Route) -> bool:
    return route.path.startswith("/api/")


def test_the_list_of_open_pages_is_short_and_known() -> None:
    assert {name for name in OPEN if not name.startswith("api:")} == OPEN_TO_STRANGERS


def test_every_open_page_exists() -> None:
    assert {route.name for route in routes()} >= OPEN_TO_STRANGERS | WHILE_ENROLLING


@pytest.mark.django_db
def test_a_stranger_is_led_to_the_front_door_from_every_other_route(client: Client) -> None:
    for route in routes():
        if route.name in OPEN:
            continue
        answer = client.get(route.path)
        if is_of_api(route):
            assert answer.status_code == 401, route
        else:
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/sign-in"), route


@pytest.mark.django_db
def test_a_fragment_sends_the_whole_page_to_the_front_door(client: Client) -> None:
    answer = client.get("/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.content) == (401, "/sign-in", b"")


def test_a_person_without_a_way_in_is_led_to_enrolment_from_every_route(cast: Cast, client: Client) -> None:
    client.force_login(cast.newcomer, BACKEND)
    for route in routes():
        if route.name in WHILE_ENROLLING | OPEN:
            continue
        answer = client.get(route.path)
        if is_of_api(route):
            assert (answer.status_code, answer.json()["code"]) == (403, "http.not-enrolled"), route
        else:
            assert (answer.status_code, answer.headers["Location"]) == (302, "/enrol"), route


def test_somebody_who_is_no_longer_active_is_a_stranger(cast: Cast, reader: Client) -> None:
    assert reader.get("/").status_code == 200
    cast.reviewer.is_active = False
    cast.reviewer.save()
    assert reader.get("/").headers["Location"] == "/sign-in?next=/"
