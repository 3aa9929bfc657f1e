# SPDX-License-Identifier: Apache-2.0
"""Notes, a question and a finding in real Chromium: by key and by click, two browsers, nothing wrong on any page."""

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about
from tests.journeys.windows import window
from tests.lab import FILES

HOSTILE: Final = "<img src=x onerror=document.title='broken'> twice"


def prepare(lab: RunningLab) -> None:
    """Take a release in that the reviewer may read."""
    lab.take("1", FILES)
    lab.set_the_scene()


def write_by_key(page: Page, lab: RunningLab) -> None:
    """Pick lines, press n, write, and keep the note."""
    page.goto(f"/r/{lab.grant}/{lab.releases['1']}/file/src/main.c")
    page.locator("#L20").click()
    page.locator("#L22").click(modifiers=["Shift"])
    expect(page.locator("#notes summary").first).to_be_visible()
    page.locator("body").press("n")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    expect(page.get_by_label("On lines")).to_have_value("20-22")
    page.keyboard.type(HOSTILE)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#notes").get_by_text(HOSTILE)).to_be_visible()
    expect(page.locator("li:has(> #L21) .mg")).to_have_text("\u2022")


@pytest.mark.one_database
def test_a_note_becomes_a_question_and_a_finding_between_two_browsers(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    reader, owner = window(browser, lab, "reviewer"), window(browser, lab, "product-owner")
    page, desk, wrong = reader.page, owner.page, []
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    write_by_key(page, lab)
    wrong += complaints_about(page)

    page.get_by_text("Ask the vendor").click()
    page.get_by_label("Question", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    wrong += complaints_about(page)

    desk.goto("/inbox/")
    wrong += complaints_about(desk)
    desk.get_by_role("button", name="Something is asked of you").click()
    expect(desk.get_by_text("The visitor")).to_be_visible()
    wrong += complaints_about(desk)
    desk.get_by_label("Your words").fill("It is meant so.")
    desk.get_by_role("button", name="Answer").click()
    expect(desk.get_by_text("It is meant so.")).to_be_visible()
    desk.goto("/questions/")
    wrong += complaints_about(desk)

    page.goto("/notes/")
    wrong += complaints_about(page)
    page.locator(".notes a").first.click()
    expect(page).to_have_url(re.compile(r"/notes/\w{26}"))
    wrong += complaints_about(page)
    page.get_by_role("link", name="Raise a finding").click()
    expect(page.get_by_label("Title")).to_be_visible()
    wrong += complaints_about(page)
    page.get_by_label("Title").fill("Declared twice")
    page.get_by_role("button", name="Raise it").click()
    expect(page.get_by_role("heading", name="F-1 Declared twice")).to_be_visible()
    wrong += complaints_about(page)

    desk.goto("/findings/")
    wrong += complaints_about(desk)
    desk.get_by_role("link", name="F-1 Declared twice").click()
    desk.get_by_label("Confirm", exact=True).check()
    desk.get_by_label("Reason").fill("True.")
    desk.get_by_role("button", name="Take the step").click()
    expect(desk.get_by_text("confirmed", exact=True)).to_be_visible()
    wrong += complaints_about(desk)
    for told in ("Demo reviewer", "reviewer@"):
        assert told not in desk.content()

    page.get_by_role("link", name="src/main.c:20-22").click()
    expect(page.locator("li.in a.ln")).to_have_text(["20", "21", "22"])
    assert page.title() != "broken"
    assert wrong == []
    assert reader.complaints == owner.complaints == []
