# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from django.test import Client


@pytest.fixture
def strict() -> Client:
    return Client(SERVER_NAME="localhost", enforce_csrf_checks=True)


def token(client: Client) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/sign-in").content.decode())
    assert found
    return found[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://localhost"}, True),
        ({"origin": "null"}, False),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null", "sec-fetch-site": "none"}, False),
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "https://elsewhere.example", "sec-fetch-site": "same-origin"}, False),
    ],
)
def test_a_form_is_taken_from_our_own_pages_alone(strict: Client, headers: dict[str, str], *, is_taken: bool) -> None:
    fields = {"login": "a@b.example", "password": "x", "csrfmiddlewaretoken": token(strict)}
    answer = strict.post("/sign-in", fields, headers=headers)
    assert answer.status_code == (200 if is_taken else 403)


@pytest.mark.django_db
def test_our_own_page_without_its_token_is_refused(strict: Client) -> None:
    token(strict)
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}
    answer = strict.post("/sign-in", {"login": "a@b.example", "password": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "This form belongs to another session or has expired." in answer.content.decode()
