# SPDX-License-Identifier: Apache-2.0
import threading

import pytest
from django.db import connection
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.models import EnrolmentLink
from glasshouse.domain.people.values import Role
from glasshouse.kernel import clock
from tests.edges.conftest import Cast


def link(email: str) -> str:
    new = people.NewPerson(email, "Newcomer", "Regulator A", [Role.REVIEWER])
    return f"/enrol/{people.add_person('operator:tests', new, now=clock.now()).secret}"


@pytest.mark.django_db
def test_looking_at_the_link_spends_nothing(client: Client) -> None:
    path = link("n@regulator.example")
    for answer in (client.get(path), client.head(path), client.get(path)):
        assert answer.status_code in {200, 405}
    assert EnrolmentLink.objects.get().used_at is None
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_the_button_lets_in_once(client: Client) -> None:
    path = link("n@regulator.example")
    assert client.post(path).headers["Location"] == "/enrol"
    assert client.get("/enrol").status_code == 200

    second = Client(SERVER_NAME="localhost")
    answer = second.post(path)
    assert answer.status_code == 403
    assert "This link was used or has ended." in answer.content.decode()
    assert "_auth_user_id" not in second.session


@pytest.mark.django_db
def test_a_secret_that_never_was_is_refused_like_a_spent_one(client: Client) -> None:
    answer = client.post("/enrol/" + "A" * 43)
    assert answer.status_code == 403
    assert "This link was used or has ended." in answer.content.decode()


def test_a_link_does_not_replace_the_second_factor(cast: Cast, client: Client) -> None:
    made = people.new_link("operator:tests", cast.reviewer.email, now=clock.now())
    assert client.post(f"/enrol/{made.secret}").headers["Location"] == "/sign-in/code"
    assert client.get("/").headers["Location"].startswith("/sign-in")


@pytest.fixture
def racers(transactional_db: None) -> list[Client]:
    del transactional_db
    return [Client(SERVER_NAME="localhost", raise_request_exception=False) for _ in range(8)]


def test_eight_tabs_press_the_button_at_once_and_one_gets_in(racers: list[Client]) -> None:
    path = link("n@regulator.example")
    start, statuses = threading.Barrier(len(racers)), []

    def press(client: Client) -> None:
        start.wait()
        statuses.append(client.post(path).status_code)
        connection.close()

    threads = [threading.Thread(target=press, args=(client,)) for client in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [302, *[403] * 7]
    assert Event.objects.filter(kind="people.link-used").count() == 1
