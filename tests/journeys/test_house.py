# SPDX-License-Identifier: Apache-2.0
"""A house, from its first form to a visitor let in, and what was read in it: each page leads to the next.

No theme has a width of its own, so each page is looked at wide in one and narrow in the other.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import Scheme, complaints_about
from tests.journeys.windows import window
from tests.lab import FILES

CROSSED: Final[tuple[tuple[Scheme, int], ...]] = (("light", 1280), ("dark", 390))
QUARTER: Final = timedelta(minutes=15)


def prepare(lab: RunningLab) -> None:
    """Take a release in that the reviewer may read; there is no house."""
    lab.take("1", FILES)
    lab.set_the_scene()


def follow(page: Page, link: str, wrong: list[str]) -> None:
    """Follow a link of the page, and look at where it leads."""
    page.get_by_role("main").get_by_role("link", name=link, exact=True).first.click()
    page.wait_for_load_state()
    wrong += complaints_about(page, CROSSED)


def furnish(page: Page, wrong: list[str]) -> None:
    """Add a house with a briefing, a room and a workstation; ends at the house."""
    page.goto("/")
    page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Sites").click()
    follow(page, "Add a site", wrong)
    page.get_by_label("Name").fill("Brussels")
    page.get_by_label("Address").fill("Rue de la Loi 1")
    page.get_by_label("Country").fill("BE")
    page.get_by_label("Time zone").select_option("UTC")
    page.get_by_label("Hours").fill("mon-sun 00:00-24:00")
    page.get_by_role("button", name="Add the site").click()
    expect(page.get_by_text("mon-sun")).to_be_visible()
    follow(page, "Change", wrong)
    page.get_by_label("Which").select_option("briefing")
    page.get_by_label("Text", exact=True).fill("Telephones stay in the locker.")
    page.get_by_role("button", name="Add this version").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Name").fill("Room 1")
    page.get_by_role("button", name="Add the room").click()
    follow(page, "Add a workstation", wrong)
    page.get_by_label("Name").fill("Left")
    page.get_by_label("Address ranges").fill("127.0.0.0/8")
    page.get_by_role("button", name="Add the workstation").click()
    expect(page.get_by_role("heading", name="Left")).to_be_visible()
    wrong += complaints_about(page, CROSSED)
    page.get_by_role("link", name="Brussels").first.click()


def book(page: Page, wrong: list[str]) -> None:
    """Book the reviewer from the next quarter of an hour on."""
    follow(page, "Book", wrong)
    now = datetime.now(UTC)
    begins = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + QUARTER
    page.get_by_label("Room", exact=True).select_option(index=1)
    page.get_by_label("Custodian").select_option(label="Custodian")
    page.get_by_label("Begins").fill(begins.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Ends").fill((begins + QUARTER).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Visitor 1").select_option(label="Reviewer, Regulator A")
    page.get_by_label("Workstation 1").select_option(label="Room 1 / Left")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("expected", exact=True)).to_be_visible()
    wrong += complaints_about(page, CROSSED)


@pytest.mark.one_database
def test_a_house_is_furnished_booked_and_entered_by_what_its_pages_offer(browser: Browser, serving: RunningLab) -> None:
    manager, custodian = (window(browser, serving, who) for who in ("lab-manager", "custodian"))
    wrong: list[str] = []
    furnish(manager.page, wrong)
    book(manager.page, wrong)

    page = custodian.page
    page.goto("/")
    follow(page, "Today at the door", wrong)
    follow(page, "Week", wrong)
    page.goto("/")
    follow(page, "1 visitor to let in, Brussels, Room 1", wrong)
    follow(page, "Let in", wrong)
    page.get_by_label("They read the briefing here").check()
    page.get_by_role("button", name="Let in").click()
    page.get_by_role("link", name="in the house since").click()
    expect(page.get_by_role("button", name="See out")).to_be_visible()
    wrong += complaints_about(page, CROSSED)
    page.goto("/sites/")
    wrong += complaints_about(page, CROSSED)
    assert wrong == []
    assert manager.complaints == custodian.complaints == []


@pytest.mark.one_database
def test_what_was_read_and_how_a_product_is_read_stand_on_pages_without_a_violation(
    browser: Browser, serving: RunningLab
) -> None:
    reader, owner = (window(browser, serving, who) for who in ("reviewer", "product-owner"))
    wrong: list[str] = []
    page = reader.page
    page.goto("/coverage/")
    page.get_by_role("button", name="Begin a visit").click()
    page.get_by_role("link", name="What you have read").click()
    wrong += complaints_about(page, CROSSED)
    follow(page, "What you concluded", wrong)
    for address in ("/r/", "/coverage/", f"/grants/{serving.grant}/more"):
        page.goto(address)
        wrong += complaints_about(page, CROSSED)
    page = owner.page
    page.goto("/")
    follow(page, "How products are read", wrong)
    page.get_by_role("main").get_by_role("link", name="Change").click()
    wrong += complaints_about(page, CROSSED)
    assert wrong == []
    assert reader.complaints == owner.complaints == []
