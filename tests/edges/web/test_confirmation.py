# SPDX-License-Identifier: Apache-2.0
"""Before a decision a person shows a second factor anew; what they sent is kept meanwhile, and goes on from there."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from glasshouse.domain.access.models import Grant
from glasshouse.domain.approvals.models import Decision, Proposal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.models import Person
from tests.edges.conftest import SECRET, confirm
from tests.edges.web.conftest import Browse, Moment
from tests.edges.web.test_codes import code_of, give_password, with_password
from tests.edges.web.test_sessions import listed
from tests.lab import House

FOREVER = 60 * 24


def word(proposal: Proposal, **changed: str) -> dict[str, str]:
    return {"verdict": "refuse", "digest": bytes(proposal.digest).hex(), "reason": "Too wide, for now.", **changed}


def stale(browser_of: Browse, house: House) -> Client:
    """The custodian's browser, a day after they last showed anything."""
    client = browser_of(house.cast.custodian)
    confirm(client, Person.objects.get(pk=house.cast.custodian.row), minutes_ago=FOREVER)
    return client


def test_abuse_case_24_a_password_alone_releases_nothing(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    person = Person.objects.get(pk=house.cast.custodian.row)
    browser_of(house.cast.custodian)  # enrolled with an app
    thief = Client(SERVER_NAME="localhost")
    give_password(thief, person, with_password(person))
    answer = thief.post(f"/proposals/{proposal.uid}/", word(proposal))
    assert answer.headers["Location"].startswith("/sign-in")
    assert not Decision.objects.filter(proposal=proposal).exists()


def test_abuse_case_24_the_code_of_the_sign_in_releases_nothing(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    person = Person.objects.get(pk=house.cast.custodian.row)
    browser_of(house.cast.custodian)
    thief, code = Client(SERVER_NAME="localhost"), code_of(SECRET)
    give_password(thief, person, with_password(person))
    assert thief.post("/sign-in/code", {"code": code}).status_code == 302
    asked = thief.post(f"/proposals/{proposal.uid}/", word(proposal)).headers["Location"]
    assert asked.startswith("/me/confirm/code?")
    replayed = thief.post(asked, {"code": code, "next": f"/proposals/{proposal.uid}/"})
    assert "Refused: wrong, ended, or used before." in replayed.content.decode()
    assert not Decision.objects.filter(proposal=proposal).exists()


def test_what_was_sent_goes_on_once_a_new_code_was_given(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    client, address = stale(browser_of, house), f"/proposals/{proposal.uid}/"
    asked = client.post(address, word(proposal)).headers["Location"]
    page = client.get(asked).content.decode()
    assert "A decision waits for it: what you sent is kept" in page
    assert "or one of your recovery codes" not in page, "they would not do"
    assert not Decision.objects.filter(proposal=proposal).exists()
    done = client.post(asked, {"code": code_of(SECRET), "next": address})
    assert done.headers["Location"] == address
    decided = Decision.objects.get(proposal=proposal)
    assert (decided.verdict, decided.reason) == ("refuse", "Too wide, for now.")


def test_a_form_that_is_wrong_is_told_so_before_anything_is_asked(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    client = stale(browser_of, house)
    answer = client.post(f"/proposals/{proposal.uid}/", word(proposal, reason=""))
    assert "Say why you refuse." in answer.content.decode()


def test_who_has_a_passkey_confirms_by_it_alone(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    client, person = browser_of(house.cast.custodian), Person.objects.get(pk=house.cast.custodian.row)
    Authenticator.objects.create(user=person, type="webauthn", data={"name": "Key", "credential": {}})
    address = f"/proposals/{proposal.uid}/"
    asked = client.post(address, word(proposal)).headers["Location"]
    assert asked.startswith("/me/confirm/passkey?"), "a code shown a moment ago does not do"
    confirm(client, person, minutes_ago=1, kind="recovery_codes")
    assert client.post(address, word(proposal)).headers["Location"] == asked
    confirm(client, person, minutes_ago=6, kind="webauthn")
    assert client.post(address, word(proposal)).headers["Location"] == asked
    confirm(client, person, minutes_ago=4, kind="webauthn", again=False)  # the sign-in itself
    assert client.post(address, word(proposal)).headers["Location"] == address


def test_revoking_and_ending_ask_as_well(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    reader, client = browser_of(desk.viewer), stale(browser_of, house)
    name = listed(reader, desk.viewer)
    for address in (f"/grants/{desk.grant}/revoke", f"/sessions/{desk.viewer.uid}/{name}/end"):
        assert client.post(address, {"reason": "So."}).headers["Location"].startswith("/me/confirm/code?")
    assert Grant.objects.get(uid=desk.grant.text).revoked_at is None
    assert reader.get("/").status_code == 200


def test_a_stranger_is_told_nothing_exists_rather_than_asked(house: House, browser_of: Browse) -> None:
    proposal = house.propose(house.take())
    client = browser_of(house.cast.stranger)
    confirm(client, Person.objects.get(pk=house.cast.stranger.row), minutes_ago=FOREVER)
    assert client.post(f"/proposals/{proposal.uid}/", word(proposal)).status_code == 404


def test_a_terminal_decides_after_its_person_confirmed_it_in_the_browser(
    house: House, browser_of: Browse, moment: Moment
) -> None:
    proposal = house.propose(house.take())
    custodian = house.cast.custodian
    browser, terminal = browser_of(custodian), stale(browser_of, house)
    name = listed(terminal, custodian)

    def speak() -> tuple[int, str]:
        answer = terminal.post(
            f"/api/v1/proposals/{proposal.uid}/words",
            word(proposal),
            content_type="application/json",
            headers={"x-glasshouse": "tests"},
        )
        return answer.status_code, answer.json().get("code", "") + answer.json().get("hint", "")

    status, said = speak()
    assert (status, said.startswith("http.confirmation-wanted")) == (403, True)
    assert f"/me/sessions/{name}/confirm" in said
    own = terminal.post(f"/me/sessions/{name}/confirm").headers["Location"]
    assert own.startswith("/me/confirm/code?"), "a session does not confirm itself"
    assert "Let Firefox, Linux decide as you?" in browser.get(f"/me/sessions/{name}/confirm").content.decode()
    assert browser.post(f"/me/sessions/{name}/confirm").status_code == 302
    assert Event.objects.filter(kind="people.session-confirmed", actor=custodian.uid.text).count() == 1
    assert speak()[0] == 200
    moment.pass_by(minutes=5)
    assert speak()[0] == 403


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_a_confirmation_given_while_the_clock_was_ahead_counts_for_nothing(
    house: House, browser_of: Browse, kind: str
) -> None:
    proposal = house.propose(house.take())
    client, person = browser_of(house.cast.custodian), Person.objects.get(pk=house.cast.custodian.row)
    if kind == "webauthn":
        Authenticator.objects.create(user=person, type="webauthn", data={"name": "Key", "credential": {}})
    confirm(client, person, minutes_ago=-60, kind=kind)
    for address in (f"/proposals/{proposal.uid}/", "/me/recovery-codes/new"):
        assert client.post(address, word(proposal)).headers["Location"].startswith("/me/confirm/"), address
    assert not Decision.objects.filter(proposal=proposal).exists()


def test_a_terminal_confirmed_while_the_clock_was_ahead_decides_nothing(
    house: House, browser_of: Browse, moment: Moment
) -> None:
    proposal = house.propose(house.take())
    browser, terminal = browser_of(house.cast.custodian), stale(browser_of, house)
    name = listed(terminal, house.cast.custodian)
    moment.pass_by(minutes=30)
    assert browser.post(f"/me/sessions/{name}/confirm").status_code == 302
    moment.pass_by(minutes=-30)
    answer = terminal.post(
        f"/api/v1/proposals/{proposal.uid}/words",
        word(proposal),
        content_type="application/json",
        headers={"x-glasshouse": "tests"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "http.confirmation-wanted")


@pytest.mark.parametrize("who", ["reviewer", "manager"])
def test_nobody_confirms_the_session_of_another(house: House, browser_of: Browse, who: str) -> None:
    name = listed(browser_of(house.cast.custodian), house.cast.custodian)
    browser = browser_of(getattr(house.cast, who))
    assert browser.get(f"/me/sessions/{name}/confirm").status_code == 404
    assert browser.post(f"/me/sessions/{name}/confirm").status_code == 404
    assert not Event.objects.filter(kind="people.session-confirmed").exists()
