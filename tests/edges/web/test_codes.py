# SPDX-License-Identifier: Apache-2.0
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import connection
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.models import Person
from tests.edges.conftest import BACKEND, NOW, SECRET, Cast


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def with_password(person: Person) -> str:
    password = people.set_demo_password("operator:tests", person.email, now=NOW).password
    person.refresh_from_db()
    return password


def give_password(client: Client, person: Person, password: str) -> None:
    answer = client.post("/sign-in", {"login": person.email, "password": password})
    assert answer.headers["Location"] == "/sign-in/code"


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_a_password_alone_opens_nothing(cast: Cast, client: Client) -> None:
    give_password(client, cast.reviewer, with_password(cast.reviewer))
    assert not is_signed_in(client)
    assert client.get("/sign-in/code").status_code == 200


def test_abuse_case_24_a_code_lets_in_once_and_is_refused_when_replayed(cast: Cast, client: Client) -> None:
    password, code = with_password(cast.reviewer), code_of(SECRET)
    give_password(client, cast.reviewer, password)
    assert client.post("/sign-in/code", {"code": code}).status_code == 302
    assert is_signed_in(client)
    assert Event.objects.filter(kind="people.signed-in", actor=cast.reviewer.uid).count() == 1

    thief = Client(SERVER_NAME="localhost")
    give_password(thief, cast.reviewer, password)
    for replayed in (code, f" {code}", f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
        answer = thief.post("/sign-in/code", {"code": replayed})
        assert answer.status_code == 200, replayed
        assert "Refused: wrong, ended, or used before." in answer.content.decode()
    assert not is_signed_in(thief)


def test_a_spent_code_is_refused_in_another_spelling_after_its_half_minute(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library forgets a code after thirty seconds, and accepts it for longer; it reads three spellings as one."""
    password, code = with_password(cast.reviewer), code_of(SECRET)
    give_password(client, cast.reviewer, password)
    assert client.post("/sign-in/code", {"code": code}).status_code == 302

    monkeypatch.setattr(TOTP, "_mark_code_used", lambda _totp, _code: True)
    thief = Client(SERVER_NAME="localhost")
    give_password(thief, cast.reviewer, password)
    for replayed in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
        assert thief.post("/sign-in/code", {"code": replayed}).status_code == 200, replayed
    assert not is_signed_in(thief)


def test_the_code_that_set_up_the_app_cannot_sign_in(cast: Cast, client: Client) -> None:
    password = with_password(cast.newcomer)
    client.force_login(cast.newcomer, BACKEND)
    client.get("/me/app/add")
    secret = client.session["mfa.totp.secret"]
    code = code_of(secret)
    assert client.post("/me/app/add", {"code": code}).headers["Location"] == "/me/recovery-codes"

    thief = Client(SERVER_NAME="localhost")
    give_password(thief, cast.newcomer, password)
    assert thief.post("/sign-in/code", {"code": code}).status_code == 200
    assert not is_signed_in(thief)


def test_recovery_codes_are_shown_once_and_each_lets_in_once(cast: Cast, client: Client) -> None:
    password = with_password(cast.newcomer)
    client.force_login(cast.newcomer, BACKEND)
    client.get("/me/app/add")
    client.post("/me/app/add", {"code": code_of(client.session["mfa.totp.secret"])})
    codes = client.get("/me/recovery-codes").context["unused_codes"]
    assert len(codes) == 10
    assert codes[0] not in client.get("/me/recovery-codes").content.decode()

    for expected in (302, 200):
        other = Client(SERVER_NAME="localhost")
        give_password(other, cast.newcomer, password)
        assert other.post("/sign-in/code", {"code": codes[0]}).status_code == expected


def test_the_secrets_of_codes_do_not_rest_in_plain_text(cast: Cast, client: Client) -> None:
    client.force_login(cast.newcomer, BACKEND)
    client.get("/me/app/add")
    secret = client.session["mfa.totp.secret"]
    client.post("/me/app/add", {"code": code_of(secret)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        kept = str(cursor.fetchall())
    assert secret not in kept
    assert SECRET not in kept


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "1" * 400, "١٢٣٤٥٦", "\x00"])
def test_nonsense_is_refused(cast: Cast, client: Client, code: str) -> None:
    give_password(client, cast.reviewer, with_password(cast.reviewer))
    assert client.post("/sign-in/code", {"code": code}).status_code == 200
    assert not is_signed_in(client)
