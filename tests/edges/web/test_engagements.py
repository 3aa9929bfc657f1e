# SPDX-License-Identifier: Apache-2.0
"""Requests and engagements on their pages: asked for, vetted, opened, signed, closed; each side its own part."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.engagements import commands, queries
from glasshouse.domain.engagements.models import Engagement, ExportDecision, Request, Terms
from glasshouse.domain.engagements.values import State, TermsKind
from glasshouse.domain.people.values import Role
from glasshouse.edges.web.views import engagements as views
from glasshouse.kernel.ids import Uid
from tests.domain.engagements.steps import MONTH, ask, clear, opened, publish, request_of, vetted
from tests.domain.readingroom.passkeys import ORIGIN, RP, enrol
from tests.edges.web.conftest import Browse
from tests.lab import EXPORT, NOW, House, add
from tests.verifier.synthetic import Authenticator

HOSTILE = "<script>alert(1)</script>"


def asked(**changed: object) -> dict[str, object]:
    """A request as a customer fills it in."""
    return {
        "category": "product",
        "named": f"The server {HOSTILE}",
        "version": "1",
        "depth": "targeted",
        "purpose": f"To see what parses what. {HOSTILE}",
        "tools": "semgrep",
        "interests": "None.",
        "people": "reviewer@regulator.example",
        "begins": "2026-11-23T08:00",
        "ends": "2026-12-23T08:00",
        **changed,
    }


def test_a_request_goes_through_every_hand_on_its_pages(house: House, browser_of: Browse) -> None:
    release = house.take()
    reviewer, manager, custodian, officer = (
        browser_of(one) for one in (house.cast.reviewer, house.cast.manager, house.cast.custodian, house.cast.officer)
    )
    for kind in TermsKind:
        manager.post("/engagements/terms", {"kind": kind.value, "text": f"The {kind.label}."})
    page = reviewer.post("/engagements/ask", asked()).headers["Location"]
    told = reviewer.get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert HOSTILE not in told
    assert "waits for vetting" in told
    assert "Withdraw the request" in told
    assert "Vet</a>" not in told

    assert manager.post(f"{page}vet", {"releases": [release.uid], "note": "Welcome."}).status_code == 302
    assert "Decide on the export" not in manager.get(page).content.decode()
    decision = {
        "number": EXPORT,
        "product_class": "5D002",
        "people": [house.cast.reviewer.uid.text],
        "countries": "be fr",
        "until": "2026-12-23T08:00",
    }
    assert officer.post(f"{page}export", decision).status_code == 302
    assert ExportDecision.objects.get().countries == ["BE", "FR"]
    proposal = manager.post(f"{page}propose").headers["Location"]
    for client in (custodian, officer):
        shown = client.get(proposal).content.decode()
        assert "Open an engagement" in shown
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown)
        assert digest
        assert client.post(proposal, {"verdict": "agree", "digest": digest[1]}).status_code == 302
    found = Engagement.objects.get()
    address = f"/engagements/{found.uid}/"
    home = reviewer.get("/").content.decode()
    assert "Waits for your passkey" in home
    assert "not signed; nothing is shown to them" in manager.get(address).content.decode()

    credential, one = enrol(house.cast.reviewer, key := Authenticator.es256()), key
    form = reviewer.get(f"{address}sign").content.decode()
    assert "The rules of engagement." in form
    assert reviewer.post(f"{address}sign", signed(form, one, credential)).status_code == 302
    both = [client.get(address).content.decode() for client in (reviewer, manager)]
    assert all("signed" in text and "Terms and scope signed" in text and "Welcome." in text for text in both)
    assert "Propose a grant" in both[1]
    assert "Propose a grant" not in both[0]
    assert f'<option value="{found.uid}"' in manager.get(f"/proposals/grant?engagement={found.uid}").content.decode()

    assert reviewer.post(f"{address}close", {"ending": "ended-by-lab"}).status_code == 200
    early = reviewer.post(f"{address}close", {"ending": "ended-by-visitor"}).content.decode()
    assert "Say why it ends before it is completed." in early
    reviewer.post(f"{address}close", {"ending": "ended-by-visitor", "reason": "We have seen enough."})
    assert "We have seen enough." in manager.get(address).content.decode()
    assert manager.post(f"{address}renew").status_code == 403


def signed(form: str, one: Authenticator, credential: bytes) -> dict[str, str]:
    """Answer a page's ceremony as a browser does."""
    found = re.search(r'id="ceremony"[^>]*>(.*?)</script>', form)
    statement = re.search(r'name="statement" value="([^"]+)"', form)
    assert found
    assert statement
    challenge = json.loads(found[1])["publicKey"]["challenge"]
    made = one.assertion(base64.urlsafe_b64decode(challenge + "=="), rp=RP, origin=ORIGIN)

    def to_text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    given = {
        "authenticatorData": to_text(base64.b64decode(made["authenticator_data"])),
        "clientDataJSON": to_text(base64.b64decode(made["client_data"])),
        "signature": to_text(base64.b64decode(made["signature"])),
    }
    return {"credential": json.dumps({"rawId": to_text(credential), "response": given}), "statement": statement[1]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"purpose": "a\u202eb"}, "a character that does not show (U+202E)"),
        ({"purpose": "  "}, "This field is required"),
        ({"version": ""}, "Name the exact release"),
        ({"ends": "2026-11-22T08:00"}, "ends after it begins"),
        ({"category": "tests"}, "Say which tests"),
        ({"category": "tests", "tests": "Fuzz it."}, "depth of tests only"),
        ({"depth": "test-only"}, "depth of tests only"),
        ({"depth": "everything"}, "Select a valid choice"),
        ({"people": "stranger@other.example"}, "No reviewer of your organisation has the address stranger@other"),
        ({"people": "nobody@regulator.example"}, "No reviewer of your organisation has the address nobody@reg"),
        ({"sites": ["7" * 26]}, "Select a valid choice"),
    ],
)
def test_a_form_says_what_is_wrong_beside_it_and_keeps_the_rest(
    house: House, browser_of: Browse, changed: dict[str, object], said: str
) -> None:
    answer = browser_of(house.cast.reviewer).post("/engagements/ask", asked(**changed))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert said in text
    assert "semgrep" in text
    assert not Request.objects.exists()


def test_a_request_for_what_is_here_and_for_what_is_not_read_alike(house: House, browser_of: Browse) -> None:
    house.take()
    client = browser_of(house.cast.reviewer)
    pages = []
    for named in ("server", "no such product"):
        made = client.post("/engagements/ask", asked(named=named, purpose="To see."))
        page = made.headers["Location"]
        text = client.get(page).content.decode().replace(named, "").replace(page, "")
        pages.append(re.sub(r'value="[A-Za-z0-9]{64}"|/requests/[0-9a-z]{26}', "", text))
    assert pages[0] == pages[1]


def test_a_request_that_waits_is_listed_however_many_were_answered_since(
    house: House, browser_of: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_SHOWN", 1)
    waiting = ask(house)
    for _ in range(2):
        commands.withdraw_request(house.cast.reviewer, ask(house), now=NOW)
    assert waiting.text in browser_of(house.cast.manager).get("/engagements/").content.decode()


def test_a_refusal_is_read_with_its_ground_and_its_reason(house: House, browser_of: Browse) -> None:
    uid = ask(house)
    manager = browser_of(house.cast.manager)
    mute = manager.post(f"/requests/{uid}/refuse", {"ground": "capacity", "reason": " "})
    assert "This field is required." in mute.content.decode()
    manager.post(f"/requests/{uid}/refuse", {"ground": "capacity", "reason": "Full until spring."})
    text = browser_of(house.cast.reviewer).get(f"/requests/{uid}/").content.decode()
    assert "no capacity in the asked time" in text
    assert "Full until spring." in text


def test_a_decision_without_a_place_is_not_taken(house: House, browser_of: Browse) -> None:
    uid = vetted(house, house.take())
    form = {
        "number": EXPORT,
        "product_class": "5D002",
        "people": [house.cast.reviewer.uid.text],
        "until": "2026-12-23T08:00",
    }
    officer = browser_of(house.cast.officer)
    assert "Name a site or a country" in officer.post(f"/requests/{uid}/export", form).content.decode()
    assert "is no country" in officer.post(f"/requests/{uid}/export", {**form, "countries": "XX"}).content.decode()
    past = officer.post(f"/requests/{uid}/export", {**form, "countries": "BE", "until": "2026-11-01T08:00"})
    assert past.status_code == 422
    assert queries.request(house.cast.officer, uid).state == State.VETTED


def test_a_decision_that_is_taken_again_begins_with_the_one_before(house: House, browser_of: Browse) -> None:
    found = opened(house)
    until = NOW + MONTH + timedelta(seconds=1)
    clear(house, request_of(found), house.cast.reviewer, house.cast.colleague, countries=("BE", "FR"), until=until)
    page = browser_of(house.cast.officer).get(f"/requests/{found.request}/export").content.decode()
    for person in (house.cast.reviewer, house.cast.colleague):
        assert re.search(rf'value="{person.uid}"[^>]* checked', page)
    assert 'value="BE FR"' in page
    assert re.search(r'name="until" value="2026-12-23T08:01', page), "never before it: what outlasts it is revoked"


def test_each_step_is_for_its_own_role_and_nobody_else(house: House, browser_of: Browse) -> None:
    publish(house)
    uid = vetted(house, house.take())
    for viewer, path, expected in (
        (house.cast.manager, "export", 403),
        (house.cast.officer, "vet", 403),
        (house.cast.officer, "propose", 403),
        (house.cast.reviewer, "vet", 404),
        (house.cast.reviewer, "export", 404),
        (house.cast.reviewer, "refuse", 404),
        (house.cast.reviewer, "propose", 404),
        (house.cast.manager, "withdraw", 404),
        (house.cast.colleague, "withdraw", 404),
        (house.cast.stranger, "withdraw", 404),
    ):
        answer = browser_of(viewer).post(f"/requests/{uid}/{path}", {"ground": "legal", "reason": "x"})
        assert answer.status_code == expected, (viewer.name, path)
    assert queries.request(house.cast.reviewer, uid).state == State.VETTED


def test_terms_are_read_by_everybody_and_published_by_the_lab_manager(house: House, browser_of: Browse) -> None:
    form = {"kind": "nda", "text": f"Keep it. {HOSTILE}"}
    for viewer in (house.cast.reviewer, house.cast.custodian, house.cast.stranger):
        assert browser_of(viewer).post("/engagements/terms", form).status_code == 404
    assert not Terms.objects.exists()
    manager = browser_of(house.cast.manager)
    assert manager.post("/engagements/terms", form).status_code == 302
    bad = manager.post("/engagements/terms", {"kind": "nda", "text": "a\u202eb"})
    assert "does not show" in bad.content.decode()
    text = browser_of(house.cast.stranger).get("/engagements/terms").content.decode()
    assert "Keep it. &lt;script&gt;" in text
    assert "Publish the next version" not in text


def test_a_scope_is_changed_by_two_and_its_form_offers_what_is_missing(house: House, browser_of: Browse) -> None:
    found = opened(house)
    later = house.take("2")
    manager = browser_of(house.cast.manager)
    address = f"/engagements/{found.uid}/amend"
    page = manager.get(address).content.decode()
    assert later.uid in page
    assert house.cast.colleague.uid.text in page
    assert house.cast.stranger.uid.text not in page
    ends = re.search(r'name="ends" value="([^"]+)"', page)
    assert ends
    nothing: dict[str, Any] = {"ends": ends[1]}
    assert "This changes nothing." in manager.post(address, nothing).content.decode()
    proposal = manager.post(address, {**nothing, "releases": [later.uid]}).headers["Location"]
    assert "Everybody signs anew" in browser_of(house.cast.custodian).get(proposal).content.decode()
    assert "waits for two people" in manager.get(f"/engagements/{found.uid}/").content.decode()
    assert (
        "waits for two people" not in browser_of(house.cast.reviewer).get(f"/engagements/{found.uid}/").content.decode()
    )


def test_somebody_without_a_passkey_is_told_to_add_one(house: House, browser_of: Browse) -> None:
    found = opened(house)
    text = browser_of(house.cast.reviewer).get(f"/engagements/{found.uid}/sign").content.decode()
    assert "Terms are signed by passkey alone" in text
    assert browser_of(house.cast.reviewer).post(f"/engagements/{found.uid}/sign", {}).status_code == 422
    assert browser_of(house.cast.colleague).get(f"/engagements/{found.uid}/sign").status_code == 404


def test_counts_are_for_those_who_arrange(house: House, browser_of: Browse) -> None:
    uid = vetted(house, house.take())
    clear(house, uid)
    assert "1 received" in browser_of(house.cast.officer).get("/engagements/counts").content.decode()
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    for viewer in (house.cast.reviewer, house.cast.stranger, owner):
        assert browser_of(viewer).get("/engagements/counts").status_code == 404


def test_a_product_owner_never_sees_who_asks(house: House, browser_of: Browse) -> None:
    found = opened(house)
    owner = browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    text = owner.get("/engagements/").content.decode()
    assert "No engagement yet" in text
    assert "Regulator" not in text
    assert owner.get(f"/engagements/{found.uid}/").status_code == 404


def test_what_is_no_object_is_not_found(house: House, browser_of: Browse) -> None:
    manager: Client = browser_of(house.cast.manager)
    for path in (f"/requests/{Uid.new()}/", f"/engagements/{Uid.new()}/", "/requests/x/", "/engagements/x/"):
        assert manager.get(path).status_code == 404
