# SPDX-License-Identifier: Apache-2.0
"""Every page of the sign-in and of one's own ways in: no axe violation, nothing wider than its window."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.conftest import RunningLab, Visitor

AXE: Final = Axe()
Scheme = Literal["light", "dark"]
LOOKS: Final[tuple[tuple[Scheme, int], ...]] = (("light", 1280), ("light", 390), ("dark", 1280), ("dark", 390))
# Two frames after the theme changed its colours are painted, and what moves to them has arrived.
PAINTED: Final = """async () => {
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map((one) => one.finished));
}"""
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


def complaints_about(page: Page, looks: Sequence[tuple[Scheme, int]] = LOOKS) -> list[str]:
    """Return what is wrong with the page in each theme and width, or in those alone that are named."""
    found: list[str] = []
    painted = ""
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 1000})
        where = f"{page.url} {scheme} {width}"
        # What htmx is fetching is dimmed for a moment, which is not how the page stands.
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        if scheme != painted:
            page.evaluate(PAINTED)
            painted = scheme
        found += [f"{where}: {broken['id']} {broken['help']}" for broken in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{where}: wider than the window")
    return found


def violations(page: Page) -> list[dict[str, str]]:
    """Return axe's violations; half a megabyte of script is brought to a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    listed: list[dict[str, str]] = page.evaluate(
        "async () => (await axe.run({resultTypes: ['violations']})).violations.map(({id, help}) => ({id, help}))"
    )
    return listed


def send_unfilled(page: Page, button: str) -> None:
    """Send a form past the browser's own check, and wait for the page that says what is wrong."""
    page.locator("main form").evaluate_all("forms => forms.forEach((one) => { one.noValidate = true; })")
    page.get_by_role("button", name=button).click()
    expect(page.locator("main .wrong").first).to_be_visible()


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
