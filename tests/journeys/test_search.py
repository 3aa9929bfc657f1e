# SPDX-License-Identifier: Apache-2.0
"""A reviewer searches two releases by keyboard, in real Chromium against a real searcher process."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about
from tests.journeys.steps import find, indexed, wait_for_the_tree
from tests.journeys.windows import Visitor
from tests.lab import FILES, next_version


def prepare(lab: RunningLab) -> None:
    """Give a grant on two releases."""
    lab.take("1", FILES)
    lab.take("2", next_version(FILES))
    lab.set_the_scene(reviewers=5, patterns=("src/**", "docs/**", "*"))


@pytest.fixture
def reader(reader: Visitor) -> Visitor:
    """The reviewer in an open visit, at the search page."""
    reader.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Search").click()
    indexed(reader.page)
    return reader


def focused_number(page: Page) -> str:
    number: str = page.locator(".found .ln:focus").inner_text()
    return number


def test_lines_are_found_opened_and_found_again_by_keyboard_alone(reader: Visitor, served: RunningLab) -> None:
    page = reader.page
    find(page, r"line_(7|2[01])\b")
    expect(page.get_by_text("3 lines in 1 file.")).to_be_visible()
    assert page.locator("mark").all_inner_texts() == ["line_7", "line_20", "line_21"]
    wait_for_the_tree(page)
    link = page.url
    assert re.search(rf"/search/{served.grant}/again/[0-9a-z]+$", link)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused_number(page) == "20"
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(r"/file/src/main\.c\?lines=20#L20$"))
    expect(page.locator("li.in a.ln")).to_have_text("20")
    page.go_back()
    expect(page.get_by_text("3 lines in 1 file.")).to_be_visible()
    assert page.url == link
    expect(page.get_by_label("Pattern")).to_have_value(r"line_(7|2[01])\b")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/file/src/main\.c\?lines=7#L7$"))


@pytest.mark.one_database
def test_the_next_lines_come_by_a_key_and_the_keys_go_on_there(reader: Visitor) -> None:
    page = reader.page
    page.get_by_label("Context").select_option("0")
    find(page, "http_")
    expect(page.locator("li.found")).to_have_count(50)
    spent = page.locator("#limits dd").first.inner_text()
    expect(page.get_by_text("200 lines in 1 file.")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("li.found")).to_have_count(100)
    expect(page.locator(".vitrine")).to_have_count(2)
    expect(page.locator("#limits dd").first).not_to_have_text(spent)
    expect(page.locator(".found .ln:focus")).to_have_text("51")
    for seal in page.locator(".label .seal").all():
        expect(seal).to_have_text(re.compile("in tree$"))


@pytest.mark.one_database
def test_code_is_found_by_its_structure_and_asked_again_by_its_permalink(reader: Visitor) -> None:
    page = reader.page
    page.get_by_label("How it is read").select_option("structure")
    expect(page.get_by_label("Case", exact=True)).not_to_be_visible()
    page.get_by_label("Context").select_option("0")
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type("int $NAME(void);")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose the language that the code is written in")
    page.get_by_label("Language").select_option("C")
    find(page, "int $NAME(")
    expect(page.get_by_role("alert")).to_contain_text("The pattern is no whole piece of C.")
    find(page, "int $NAME(void);")
    expect(page.get_by_text("200 matches in 1 file.")).to_be_visible()
    expect(page.locator("li.found")).to_have_count(50)
    expect(page.get_by_text("Save this search")).to_have_count(0)
    wrong = complaints_about(page)
    wait_for_the_tree(page)
    page.keyboard.press("m")
    expect(page.locator("li.found")).to_have_count(100)
    link = page.url
    page.reload()
    expect(page.get_by_text("200 matches in 1 file.")).to_be_visible()
    assert page.url == link
    expect(page.get_by_label("How it is read")).to_have_value("structure")
    expect(page.get_by_label("Pattern")).to_have_value("int $NAME(void);")
    assert wrong == []


@pytest.mark.one_database
def test_all_releases_are_searched_and_one_content_is_shown_once(reader: Visitor) -> None:
    page = reader.page
    page.locator("[data-pick] summary").click()
    page.get_by_label("All 2 releases").check()
    expect(page.locator("[data-said]")).to_have_text("all 2 releases")
    page.get_by_label("Pattern").fill("Start it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 lines in 2 files.")).to_be_visible()
    assert page.locator("li.found").count() == 1
    expect(page.get_by_text("The same content:")).to_be_visible()
    page.locator("[data-pick] summary").click()
    page.get_by_label("server 1").uncheck()
    expect(page.locator("[data-said]")).to_have_text("server 2")
    page.keyboard.press("Escape")
    expect(page.get_by_label("server 1")).not_to_be_visible()


@pytest.mark.one_database
def test_no_state_of_the_search_has_a_violation_in_any_theme_or_width(reader: Visitor, served: RunningLab) -> None:
    page = reader.page
    wrong = complaints_about(page)  # nothing found
    page.goto(f"/search/{served.grant}/")
    wrong += complaints_about(page)
    page.locator("[data-pick] summary").click()
    wrong += complaints_about(page)
    for pattern in ("int", "^x+;", "("):
        page.goto(f"/search/{served.grant}/")
        page.get_by_label("Pattern").fill(pattern)
        page.keyboard.press("Enter")
        expect(page.locator(".hit, .wrong").first).to_be_visible()
        wrong += complaints_about(page)
    page.goto(f"/search/{served.grant}/?release={served.releases['1']}")
    page.get_by_label("Pattern").fill("http_")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="The next 50 found lines").click()
    expect(page.locator(".vitrine")).to_have_count(2)
    page.locator("summary", has_text="binary").click()
    wrong += complaints_about(page)
    page.goto("/record/")
    wrong += complaints_about(page)
    assert wrong == []
