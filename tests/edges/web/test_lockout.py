# SPDX-License-Identifier: Apache-2.0
from django.test import Client

from glasshouse.domain.people import commands as people
from tests.edges.conftest import NOW, Cast


def test_five_failures_shut_the_door_for_that_address_from_that_place(cast: Cast, client: Client) -> None:
    password = people.set_demo_password("operator:tests", cast.reviewer.email, now=NOW).password
    other = people.set_demo_password("operator:tests", cast.stranger.email, now=NOW).password
    wrong = {"login": cast.reviewer.email, "password": "wrong"}
    assert [client.post("/sign-in", wrong).status_code for _ in range(5)] == [200, 200, 200, 200, 429]

    shut = client.post("/sign-in", {"login": cast.reviewer.email.upper(), "password": password})
    assert shut.status_code == 429
    assert "Refused: too many attempts" in shut.content.decode()

    assert client.get("/sign-in").status_code == 200
    options = client.get("/sign-in/passkey", headers={"accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert client.post("/sign-in", {"login": cast.stranger.email, "password": other}).status_code == 302


def test_an_unknown_address_reads_like_a_wrong_password(cast: Cast, client: Client) -> None:
    people.set_demo_password("operator:tests", cast.reviewer.email, now=NOW)
    known = client.post("/sign-in", {"login": cast.reviewer.email, "password": "wrong"}).content.decode()
    unknown = client.post("/sign-in", {"login": "nobody@regulator.example", "password": "wrong"}).content.decode()
    said = "Refused: the address and the password do not belong together."
    assert said in known
    assert said in unknown
