# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.kernel import clock
from tests.edges.conftest import BACKEND, Cast, confirm


@pytest.fixture
def confirmed(reader: Client, cast: Cast) -> Client:
    """The reviewer's browser, a moment after they confirmed that it is them."""
    confirm(reader, cast.reviewer, minutes_ago=0)
    return reader


@pytest.mark.parametrize(
    "path", ["/me/passkeys/add", "/me/app/remove", "/me/recovery-codes/new", "/me/passkeys/1/remove"]
)
def test_a_way_in_changes_only_after_a_confirmation(reader: Client, path: str) -> None:
    for answer in (reader.get(path), reader.post(path)):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/me/confirm/code?")


def test_the_confirmation_is_never_by_password_alone(cast: Cast, client: Client) -> None:
    people.set_demo_password("operator:tests", cast.reviewer.email, now=clock.now())
    cast.reviewer.refresh_from_db()
    client.force_login(cast.reviewer, BACKEND)
    assert client.get("/me/confirm").headers["Location"].startswith("/me/confirm/code")


def test_the_only_way_in_stays(confirmed: Client, cast: Cast) -> None:
    answer = confirmed.post("/me/app/remove")
    assert answer.status_code == 200
    assert "This is your only way in." in answer.content.decode()
    assert Authenticator.objects.filter(user=cast.reviewer).count() == 1
    assert not Event.objects.filter(kind="people.totp-removed").exists()


def test_the_passkey_of_another_person_does_not_exist(confirmed: Client, cast: Cast) -> None:
    theirs = Authenticator.objects.create(
        user=cast.stranger, type=Authenticator.Type.WEBAUTHN, data={"name": "Theirs", "credential": {}}
    )
    for verb in ("remove", "rename"):
        for answer in (
            confirmed.get(f"/me/passkeys/{theirs.pk}/{verb}"),
            confirmed.post(f"/me/passkeys/{theirs.pk}/{verb}", {"name": "Mine"}),
        ):
            assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Theirs"


def test_sessions_elsewhere_end_and_this_one_stays(cast: Cast, reader: Client) -> None:
    elsewhere = Client(SERVER_NAME="localhost", headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    elsewhere.force_login(cast.reviewer, BACKEND)
    for browser in (reader, elsewhere):
        key = browser.session.session_key
        UserSession.objects.create(user=cast.reviewer, ip="198.51.100.1", session_key=key, user_agent="Firefox/140.0")

    assert "1 other session has ended." in reader.post("/me/sessions/end", follow=True).content.decode()

    assert elsewhere.get("/").headers["Location"].startswith("/sign-in")
    assert reader.get("/").status_code == 200


def test_a_terminal_acts_only_after_its_person_compared_and_approved(reader: Client, cast: Cast) -> None:
    begun = people.start_device("laptop <b>7</b>", now=clock.now())
    shown = reader.get("/device", {"code": begun.user_code.replace("-", "").lower()}).content.decode()
    assert begun.user_code in shown
    assert "laptop &lt;b&gt;7&lt;/b&gt;" in shown
    assert not Event.objects.filter(kind="people.device-approved").exists()

    assert reader.post("/device", {"code": begun.user_code}).status_code == 200
    assert not Event.objects.filter(kind="people.device-approved").exists()

    assert reader.post("/device", {"code": begun.user_code, "approve": "yes"}).headers["Location"] == "/device/approved"
    assert people.collect_device(begun.secret, now=clock.now()).uid == cast.reviewer.uid


def test_a_code_that_no_terminal_shows_is_refused(reader: Client) -> None:
    begun = people.start_device("late", now=clock.now() - timedelta(hours=1))
    for code in ("BCDF-GHJK", begun.user_code, "x", "-" * 8):
        answer = reader.post("/device", {"code": code, "approve": "yes"})
        assert answer.status_code == 403
        assert "No terminal waits under this code." in answer.content.decode()
