# SPDX-License-Identifier: Apache-2.0
"""Coming in, staying, leaving: in real Chromium, against a real web process."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import RunningLab
from tests.journeys.windows import Visitor, enrol


def test_a_person_enrols_by_link_signs_out_and_comes_back_with_the_passkey(visitor: Visitor, lab: RunningLab) -> None:
    page = visitor.page
    visitor.plug_in_authenticator()
    somebody = lab.add("reviewer@regulator.example")

    enrol(visitor, somebody)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Reviewer 7")

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))

    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Reviewer 7")
    assert lab.kinds() == [
        "people.person-added",
        "people.link-used",
        "people.signed-in",
        "people.passkey-enrolled",
        "people.recovery-codes-made",
        "people.signed-out",
        "people.signed-in",
    ]


def test_opening_the_link_spends_nothing_and_it_works_once(visitor: Visitor, lab: RunningLab) -> None:
    somebody = lab.add("reviewer@regulator.example")
    for _ in range(3):
        assert httpx.get(f"{lab.url}/enrol/{somebody.secret}").status_code == 200

    visitor.page.goto(f"/enrol/{somebody.secret}")
    visitor.page.get_by_role("button", name="Use the link").click()
    expect(visitor.page.get_by_role("heading", name="Set up how you sign in")).to_be_visible()

    visitor.context.clear_cookies()
    visitor.page.goto(f"/enrol/{somebody.secret}")
    visitor.page.get_by_role("button", name="Use the link").click()
    expect(visitor.page.get_by_text("This link was used or has ended.")).to_be_visible()


@pytest.mark.one_database
def test_after_sign_out_back_shows_nothing_and_nothing_is_stored(enrolled: Visitor) -> None:
    page = enrolled.page
    page.goto("/me/ways-in")
    page.evaluate("localStorage.setItem('left', 'behind')")
    expect(page.get_by_role("heading", name="Passkeys", exact=True)).to_be_visible()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))

    page.go_back()

    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert "Passkeys" not in page.locator("body").inner_text()
    assert page.evaluate("localStorage.length") == 0


def test_a_password_leads_to_enrolment_and_nowhere_else(visitor: Visitor, lab: RunningLab) -> None:
    somebody = lab.add("demo@regulator.example", has_password=True)
    page = visitor.page
    page.goto("/")
    page.get_by_label("Work e-mail").fill(somebody.email)
    page.get_by_label("Password").fill(somebody.password)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Set up how you sign in")).to_be_visible()

    page.goto("/")
    expect(page.get_by_role("heading", name="Set up how you sign in")).to_be_visible()


@pytest.mark.one_database
def test_a_person_whose_browser_has_no_passkey_is_told_so(visitor: Visitor, lab: RunningLab) -> None:
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    visitor.page.goto(f"{lab.url}/sign-in")
    visitor.page.evaluate("delete window.PublicKeyCredential")
    visitor.page.get_by_role("button", name="Use a passkey").click()
    expect(visitor.page.get_by_text("This browser has no passkeys.")).to_be_visible()


@pytest.mark.one_database
def test_the_last_passkey_cannot_be_removed(enrolled: Visitor) -> None:
    page = enrolled.page
    page.goto("/me/ways-in")
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not now: This is your only way in.")


def test_a_way_in_changes_after_the_passkey_was_asked_for_again(enrolled: Visitor, lab: RunningLab) -> None:
    page = enrolled.page
    page.goto("/sign-out")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Reviewer 7")

    page.goto("/me/recovery-codes/new")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Make new ones").click()

    expect(page.get_by_role("listitem").filter(has_text=re.compile(r"^\d{8}$"))).to_have_count(10)
    assert lab.kinds()[-1] == "people.recovery-codes-made"


@pytest.mark.one_database
def test_question_mark_lists_the_keys_unless_they_are_off(enrolled: Visitor) -> None:
    page = enrolled.page
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")

    page.goto("/device")
    page.get_by_label("Code from the terminal").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.goto("/me/look")
    page.get_by_label("Off").check()
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
