# SPDX-License-Identifier: Apache-2.0
"""From a request to signed terms, in real Chromium: a customer asks, three officers decide, a passkey signs."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about, send_unfilled
from tests.journeys.steps import EXPORT, HOSTILE, OFFICE, READER, come_in, publish
from tests.journeys.test_reading import prepare
from tests.journeys.windows import window

__all__ = ["prepare"]


def agree(page: Page, title: str, told: str) -> None:
    """Agree to what waits on somebody's desk, and be told how it stands."""
    page.goto("/")
    page.get_by_role("link", name=title).first.click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_text(told)).to_be_visible()


def ask(page: Page) -> None:
    """Ask for an engagement."""
    page.get_by_label("Product or service").fill(f"The server {HOSTILE}")
    page.get_by_label("Exact release").fill("2")
    page.get_by_label("Purpose").fill("To see what parses what.")
    page.get_by_label("What could make you partial").fill("None.")
    assert complaints_about(page) == []
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("waits for vetting", exact=True)).to_be_visible()
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    assert complaints_about(page) == []


def decide(manager: Page, officer: Page, asked: str) -> None:
    """Vet, decide on the export, put up for opening."""
    manager.goto("/")
    manager.get_by_role("row", name="Regulator A").get_by_role("link").click()
    manager.get_by_role("link", name="Vet", exact=True).click()
    manager.get_by_label("server 2").check()
    manager.get_by_role("button", name="Nothing speaks against it").click()
    expect(manager.get_by_text("Not vetted yet")).to_have_count(0)
    expect(manager).to_have_url(asked)
    officer.goto(asked)
    officer.get_by_role("link", name="Decide on the export").click()
    officer.get_by_label("Number of the decision").fill(EXPORT)
    officer.get_by_label("Class of product").fill("5D002")
    officer.get_by_label("Countries where they may read").fill("BE")
    assert complaints_about(officer) == []
    officer.get_by_role("button", name="Permit").click()
    expect(officer.get_by_role("heading", name=f"Export decision {EXPORT}")).to_be_visible()
    manager.goto(asked)
    manager.get_by_role("button", name="Put up for opening").click()
    expect(manager.get_by_text("Somebody else decides")).to_be_visible()


def test_a_request_becomes_an_engagement_whose_terms_a_passkey_signs(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    reader = come_in(browser, lab)
    page = reader.page
    manager, custodian, officer = (window(browser, lab, who).page for who in OFFICE)
    publish(manager)
    page.get_by_role("link", name="Ask for an engagement").click()
    ask(page)
    asked = page.url

    decide(manager, officer, asked)
    agree(custodian, "Open an engagement", "1 of 2 has agreed")
    agree(officer, "Open an engagement", "Agreed, carried out")

    page.goto("/")
    page.get_by_role("link", name="Read and sign the terms").click()
    expect(page.get_by_text("What holds: nda.")).to_be_visible()
    assert complaints_about(page) == []
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_role("listitem").filter(has_text="Terms and scope signed")).to_be_visible()
    expect(page.get_by_text("not signed; nothing is shown to them")).to_have_count(0)
    assert complaints_about(page) == []
    manager.goto(page.url)
    expect(manager.get_by_role("listitem").filter(has_text="Terms and scope signed")).to_be_visible()
    manager.get_by_role("link", name="Propose a grant").click()
    manager.get_by_label("Reviewer").select_option(READER)
    manager.get_by_label("server 2").check()
    manager.get_by_role("button", name="Propose").click()
    expect(manager.get_by_text("Somebody else decides")).to_be_visible()

    stranger = window(browser, lab, "stranger").page
    for url in (asked, page.url):
        answer = stranger.goto(url)
        assert answer is not None
        assert answer.status == 404
    assert re.search("/engagements/[0-9a-z]{26}/$", page.url)
    assert reader.complaints == []


@pytest.mark.one_database
def test_no_page_of_engagements_has_a_violation_in_any_theme_or_width(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    reader = come_in(browser, lab)
    label = lab.engage(READER, EXPORT)
    reader.page.goto("/")
    reader.page.get_by_role("link", name="Engagements", exact=True).click()
    reader.page.get_by_role("link", name="Ask for an engagement").first.click()
    ask(reader.page)
    asked = reader.page.url
    manager, _, officer = (window(browser, lab, who).page for who in OFFICE)
    manager.goto("/engagements/")
    manager.get_by_role("link", name=label).click()
    engagement = manager.url
    wrong = []
    for page, addresses in (
        (reader.page, ("/engagements/", f"{engagement}close", "/engagements/terms")),
        (manager, ("/engagements/", engagement, f"{engagement}amend", f"{engagement}close", "/engagements/terms")),
        (manager, (f"{asked}vet", f"{asked}refuse", "/engagements/counts", f"/proposals/grant?engagement={label}")),
    ):
        for address in addresses:
            page.goto(address)
            wrong += complaints_about(page)
    manager.goto(f"{asked}vet")
    send_unfilled(manager, "Nothing speaks against it")
    wrong += complaints_about(manager)
    officer.goto(f"{asked}refuse")
    send_unfilled(officer, "Refuse")
    wrong += complaints_about(officer)
    assert wrong == []
