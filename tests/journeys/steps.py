# SPDX-License-Identifier: Apache-2.0
"""Steps that several journeys take."""

import json
import re
from collections.abc import Sequence
from typing import Final

from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.windows import Somebody, Visitor, enrol, window

READER: Final = "reader@regulator.example"
EXPORT: Final = "EC-2026-0117"
OFFICE: Final = ("lab-manager", "custodian", "export-officer")
HOSTILE: Final = '<img src=x onerror="document.title=1">'


def come_in(browser: Browser, lab: RunningLab) -> Visitor:
    """Let the reader come in by their link and register a passkey."""
    told = json.loads(
        lab.command(
            *("person", "add", READER, "--name", "Reader 7", "--org", "Regulator A", "--role", "reviewer", "--json")
        )
    )
    reader = window(browser, lab)
    reader.plug_in_authenticator()
    enrol(reader, Somebody(READER, told["person"], told["link"].rpartition("/")[2]))
    return reader


def grant(
    browser: Browser, lab: RunningLab, *, holder: str = READER, releases: Sequence[str] = ("server 1", "server 2")
) -> None:
    """Let the lab manager propose and the two others agree, each in a window of their own."""
    lab.engage(holder, EXPORT)
    manager, custodian, officer = (window(browser, lab, who).page for who in OFFICE)
    manager.goto("/proposals/grant")
    manager.get_by_label("Reviewer").select_option(holder)
    for release in releases:
        manager.get_by_label(release).check()
    manager.get_by_role("button", name="Propose").click()
    expect(manager.get_by_text("Somebody else decides")).to_be_visible()
    for page, basis in ((custodian, ""), (officer, EXPORT)):
        page.goto("/")
        page.get_by_role("link", name="Open a grant").first.click()  # what waits stands before what was decided
        if basis:
            page.get_by_label("Number of the export decision").fill(basis)
        page.get_by_role("button", name="Agree").click()
        expect(page.get_by_text("Agreed, carried out" if basis else "1 of 2 has agreed")).to_be_visible()


def wait_for_the_tree(page: Page) -> None:
    """Wait until the seal of the page says that the tree has its entry; nothing is loaded again."""
    expect(page.locator(".label .seal")).to_have_text(re.compile(r"in tree$"))
    expect(page.locator(".label .seal")).not_to_have_class(re.compile("pending"))


def publish(manager: Page) -> None:
    """Publish the lab's terms."""
    for kind in ("rules", "nda"):
        manager.goto("/engagements/terms")
        manager.get_by_label("Which text").select_option(kind)
        manager.get_by_label("Text", exact=True).fill(f"What holds: {kind}. {HOSTILE}")
        manager.get_by_role("button", name="Publish").click()
        expect(manager.get_by_text(f"What holds: {kind}.")).to_be_visible()


def indexed(page: Page) -> None:
    """Search until the worker has indexed all; by then no page says that files are missing."""
    for _ in range(60):
        page.get_by_label("Pattern").fill("nothing of it")
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("files? searched|Search is not running")).first).to_be_visible()
        if not page.get_by_text("The index is being built").count() and page.get_by_text("No line found.").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("never indexed")


def find(page: Page, pattern: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_label("Pattern")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(pattern)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Pattern")).not_to_be_focused()
