# SPDX-License-Identifier: Apache-2.0
"""Every page of the sign-in and of one's own ways in: no axe violation, nothing wider than its window."""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import RunningLab
from tests.journeys.looks import complaints_about
from tests.journeys.windows import Visitor

OWN_PAGES: Final = (
    "/",
    "/me/ways-in",
    "/me/passkeys/add",
    "/me/app/add",
    "/me/recovery-codes",
    "/me/recovery-codes/new",
    "/me/look",
    "/device",
    "/device/approved",
    "/sign-out",
    "/nothing/here",
)


@pytest.mark.one_database
def test_no_page_has_an_axe_violation_in_any_theme_or_width(visitor: Visitor, lab: RunningLab) -> None:
    page = visitor.page
    visitor.plug_in_authenticator()
    somebody = lab.add("reviewer@regulator.example")
    wrong = []

    page.goto("/sign-in")
    wrong += complaints_about(page)
    page.goto(f"/enrol/{somebody.secret}")
    wrong += complaints_about(page)
    page.get_by_role("button", name="Use the link").click()
    expect(page).to_have_url(re.compile("/enrol$"))
    wrong += complaints_about(page)
    page.goto("/me/app/add")
    wrong += complaints_about(page)
    page.goto("/enrol")
    page.get_by_role("button", name="Register a passkey").click()
    expect(page).to_have_url(re.compile("/me/recovery-codes$"))
    wrong += complaints_about(page)
    for path in OWN_PAGES:
        page.goto(path)
        wrong += complaints_about(page)

    assert wrong == []


@pytest.mark.one_database
def test_every_page_is_reached_by_keyboard_and_shows_where_it_is(enrolled: Visitor) -> None:
    page = enrolled.page
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
