# SPDX-License-Identifier: Apache-2.0
"""Rules brought, admitted and used in real Chromium: two browsers, the lab's own processes between them."""

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import LOOKS, complaints_about
from tests.journeys.windows import window

FILES: Final = {"p/src/main.c": b"int main(void) { return quokka(1); }\n", "p/readme": b"text\n"}
RULES: Final = b"""\
id: no-quokka
language: C
severity: error
message: it is called
rule: {kind: call_expression, regex: quokka}
"""
SOON: Final = 60


def prepare(lab: RunningLab) -> None:
    """Take a release in that the reviewer may read and run tools over."""
    lab.take("1", FILES)
    lab.set_the_scene(purposes=["tools"])
    lab.look_at("ast-grep")


def until(page: Page, words: str) -> None:
    """Load a page until it says something."""
    for _ in range(SOON):
        if page.locator("main").get_by_text(words).count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(page.locator("main").get_by_text(words).first).to_be_visible()


def hand_in(page: Page) -> None:
    """Hand a rule pack in from the engagement's page, and wait for its trial."""
    page.goto("/engagements/")
    page.locator("main th a").first.click()
    page.get_by_role("link", name="Brought rules and tools").click()
    page.get_by_role("link", name="Bring something").click()
    page.get_by_label("File").set_input_files({"name": "r.yml", "mimeType": "text/yaml", "buffer": RULES})
    page.get_by_label("Name").fill("Numbat")
    page.get_by_label("Licence").fill("MIT")
    page.get_by_label("Purpose").fill("To see what we forbid.")


@pytest.mark.one_database
def test_rules_are_brought_admitted_and_used(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    visitor, custodian = window(browser, lab, "reviewer"), window(browser, lab, "custodian")
    page, desk, wrong = visitor.page, custodian.page, []
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    hand_in(page)
    wrong += complaints_about(page)
    page.get_by_role("button", name="Hand it in").click()
    expect(page).to_have_url(re.compile(r"/brought/\w{26}/$"))
    until(page, "Languages")
    wrong += complaints_about(page)
    desk.goto("/inbox/")
    desk.get_by_role("button", name="A visitor brought something").click()
    until(desk, "Languages")
    expect(desk.locator("main")).not_to_contain_text(re.compile("numbat|quokka", re.IGNORECASE))
    desk.get_by_label("Reason").fill("Small, and open.")
    wrong += complaints_about(desk)
    desk.get_by_role("button", name="Admit it").click()
    expect(desk.locator("main").get_by_text("admitted").first).to_be_visible()
    desk.goto("/brought/")
    wrong += complaints_about(desk, LOOKS[1:3])
    page.goto(f"/r/{lab.grant}/{lab.releases['1']}/scans/")
    wrong += complaints_about(page, LOOKS[:2])
    page.get_by_role("button", name="Scan with Numbat").click()
    until(page, "Complete")
    page.get_by_role("link", name="What tools found").click()
    expect(page.get_by_text("no-quokka").first).to_be_visible()
    assert wrong == []
    assert (visitor.complaints, custodian.complaints) == ([], [])
