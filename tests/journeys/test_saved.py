# SPDX-License-Identifier: Apache-2.0
"""A search is saved in a visit, runs on the next release between visits, and its new lines are opened in the next."""

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about
from tests.journeys.steps import grant, wait_for_the_tree
from tests.journeys.windows import Visitor
from tests.lab import FILES, next_version

REVIEWER: Final = "reviewer@regulator.example"


def prepare(lab: RunningLab) -> None:
    """Give a grant on one release."""
    lab.take("1", FILES)
    lab.set_the_scene()


def find(page: Page, pattern: str) -> None:
    """Search until the worker has indexed the release."""
    for _ in range(60):
        page.goto("/search/")
        page.get_by_role("textbox", name="Pattern").fill(pattern)
        page.keyboard.press("Enter")
        expect(page.locator(".result-head, .state.part").first).to_be_visible()
        if page.locator(".hit").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("main").inner_text())


def close_visit(page: Page) -> None:
    page.goto("/record/")
    page.get_by_role("link", name="Close it").click()
    page.get_by_role("button", name=re.compile("Close (it )?without")).click()


def come_back_until(page: Page, told: str) -> None:
    """Look at one's saved searches until the worker ran them."""
    for _ in range(60):
        page.goto("/search/saved/")
        if page.get_by_text(told, exact=True).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("main").inner_text())


@pytest.mark.one_database
def test_a_saved_search_runs_on_the_next_release_and_its_new_lines_wait_for_a_visit(
    browser: Browser, reader: Visitor, served: RunningLab
) -> None:
    lab = served
    page = reader.page
    page.goto("/search/saved/")
    expect(page.get_by_text("No search is saved")).to_be_visible()
    wrong = complaints_about(page)
    find(page, "^int (more|new|line_20;)")
    page.locator("summary", has_text="Save this search").click()
    wrong += complaints_about(page)
    page.get_by_label("Label").fill("whole numbers")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="whole numbers")).to_be_visible()
    expect(page.get_by_text("Waits for a newer release")).to_be_visible()
    close_visit(page)

    lab.take("2", next_version(FILES))
    grant(browser, lab, holder=REVIEWER, releases=["server 2"])
    come_back_until(page, "2 new lines")
    expect(page.get_by_text("int more;")).to_have_count(0)
    expect(page.get_by_text("main.c")).to_have_count(0)
    wrong += complaints_about(page)
    page.goto("/")
    expect(page.get_by_text(re.compile("2 new lines of 1 saved search"))).to_be_visible()
    wrong += complaints_about(page)

    page.get_by_role("button", name="Begin a visit").first.click()
    page.goto("/search/saved/")
    page.get_by_role("link", name="Show and record").click()
    expect(page.locator(".hit")).to_have_count(2)
    assert page.locator("mark").all_inner_texts() == ["int more", "int new"]
    wait_for_the_tree(page)
    wrong += complaints_about(page)
    page.goto("/record/")
    expect(page.get_by_text("Search saved")).to_be_visible()

    page.goto("/search/saved/")
    expect(page.get_by_text("Nothing new")).to_be_visible()
    page.locator("summary", has_text="Rename or delete").click()
    wrong += complaints_about(page)
    page.get_by_label("Label").fill("ints")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="ints")).to_be_visible()
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No search is saved")).to_be_visible()
    assert wrong == []
