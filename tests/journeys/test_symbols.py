# SPDX-License-Identifier: Apache-2.0
"""Finding one's way by names, in real Chromium: outline, definition, references, history, reading list, by keyboard."""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.edges.running import RunningLab
from tests.edges.web.test_symbols import FIRST, SECOND
from tests.journeys.looks import complaints_about
from tests.journeys.steps import indexed
from tests.journeys.windows import Visitor

# What the worker's job does; here it is done before the lab serves.
LOOK_FOR_SYMBOLS: Final = """
import django
django.setup()
from glasshouse.domain.releases import queries, symbols
refs = [queries.ref(row) for row in queries.all_releases()]
symbols.index(refs[0].product, refs)
"""
SETTLED: Final = 30_000


def prepare(lab: RunningLab) -> None:
    """Take two releases in with their symbols, and give a grant that leaves out what is secret."""
    lab.take("1", FIRST)
    lab.take("2", SECOND)
    lab.python(LOOK_FOR_SYMBOLS)
    lab.set_the_scene(("src/**", "docs/**", "lib/**", "*"), reviewers=7)


def release_of(lab: RunningLab, version: str) -> str:
    return f"/r/{lab.grant}/{lab.releases[version]}/"


def outline_stands(page: Page) -> None:
    expect(page.get_by_role("navigation", name="Outline")).to_be_visible(timeout=SETTLED)


def test_a_reader_goes_by_names_with_the_keyboard_alone(served: RunningLab, reader: Visitor) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"{base}file/src/use.c?lines=5")
    outline_stands(page)
    outline = page.get_by_role("navigation", name="Outline")
    expect(outline.locator("[aria-current]")).to_contain_text("total")

    word = page.locator("[data-word]")
    expect(word).to_have_text("Click a word")
    page.keyboard.press("w")
    expect(word).to_have_text("area")  # the language's own words are passed over
    page.keyboard.press("b")
    expect(word).to_have_text("total")
    page.keyboard.press("w")
    page.keyboard.press("d")
    page.wait_for_url(re.compile(r"/file/src/geo\.c\?lines=14#L14$"))
    assert page.locator("li.in a.ln").all_inner_texts() == ["14"]
    outline_stands(page)

    page.keyboard.press("t")
    page.get_by_label("Name", exact=True).fill("t")
    page.get_by_label("Compared").select_option(label="begins with")
    page.get_by_label("Kind").select_option(label="functions")
    page.get_by_role("button", name="Jump").click()
    expect(page.locator("tbody th a")).to_have_text(["total", "twice", "twice"])
    page.locator("main").click(position={"x": 2, "y": 2})
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/file/src/use\.c\?lines=3#L3$"))
    assert "total" not in page.url


@pytest.mark.one_database
def test_a_click_on_a_word_chooses_it_and_leads_on(served: RunningLab, reader: Visitor) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"/search/{served.grant}/")
    indexed(page)
    page.goto(f"{base}file/src/use.c")
    outline_stands(page)
    place = page.evaluate(
        """() => {
            const code = document.querySelector("#L5 ~ code");
            const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf("area");
                if (at < 0) continue;
                const range = new Range();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + 4);
                const box = range.getBoundingClientRect();
                return [box.left + box.width / 2, box.top + box.height / 2];
            }
        }"""
    )
    page.mouse.click(*place)
    expect(page.locator("[data-word]")).to_have_text("area")
    references = page.get_by_role("link", name="references")
    expect(references).to_have_attribute("href", f"{base}references/src/use.c?at=5:8")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="References to area")).to_be_visible(timeout=SETTLED)
    uses = [text.strip() for text in page.locator(".use-head").all_inner_texts()]
    assert uses == ["Defined", "Declared", "Called"]
    page.go_back()
    page.mouse.dblclick(*place)
    page.wait_for_url(re.compile(r"/file/src/geo\.c\?lines=14#L14$"))


@pytest.mark.one_database
def test_the_outline_picks_a_line_that_stands_on_the_page_without_another_view(
    served: RunningLab, reader: Visitor
) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"{base}file/src/geo.c")
    outline_stands(page)
    outline = page.get_by_role("navigation", name="Outline")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/file/" in request.url else None)
    outline.get_by_role("link", name=re.compile("^area ?, function")).click()
    expect(page.locator("li.in a.ln")).to_have_text("14")
    expect(outline.locator("[aria-current]")).to_contain_text("area")
    page.locator("#L5").click()
    expect(outline.locator("[aria-current]")).to_contain_text("x")
    assert asked == []
    page.locator("#outline summary").first.click()
    expect(outline).to_be_hidden()


@pytest.mark.one_database
def test_the_history_and_the_reading_list_lead_to_the_difference(served: RunningLab, reader: Visitor) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"{base}file/src/use.c")
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="beside 1").click()
    expect(page.locator(".half.add").first).to_contain_text("area(1)")
    page.get_by_role("link", name="All changes").click()
    page.get_by_role("link", name="By function").click()
    page.get_by_role("link", name="total").click()
    page.wait_for_url(re.compile(r"/file/src/use\.c\?at=3#B3$"))
    page.goto("/record/")
    for told in ("Functions that changed shown", "History of a file shown", "Difference of a file shown"):
        expect(page.get_by_text(told).first).to_be_visible()


@pytest.mark.one_database
def test_the_history_of_a_line_is_a_key_away_from_the_line_and_leads_to_its_change(
    served: RunningLab, reader: Visitor
) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"{base}file/src/use.c")
    page.locator("#L5").click()
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="History of line 5 of use.c")).to_be_visible()
    told = [" ".join(row.split()) for row in page.locator("tbody tr").all_inner_texts()]
    assert [row.split(" ")[1:5] for row in (told[0], told[1].replace("you come from here ", ""))] == [
        ["changed", "5", "changed", "3\u20136"],
        ["there", "from", "the", "first"],
    ]
    expect(page.locator(".asked-line")).to_contain_text("area(0)")
    page.get_by_role("link", name="beside 1").click()
    page.wait_for_url(re.compile(r"/file/src/use\.c\?at=5#B5$"))
    expect(page.locator("#B5")).to_be_in_viewport()


@pytest.mark.one_database
def test_the_release_is_searched_from_its_pages(served: RunningLab, reader: Visitor) -> None:
    page, base = reader.page, release_of(served, "1")
    page.goto(f"{base}file/src/use.c")
    page.keyboard.press("/")
    expect(page.get_by_role("search", name="Search server 1").get_by_role("textbox")).to_be_focused()
    page.keyboard.type("area")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Pattern")).to_have_value("area")
    expect(page.locator("[data-pick] summary")).to_contain_text("server 1")


@pytest.mark.one_database
def test_no_page_of_names_has_a_violation_in_any_theme_or_width(served: RunningLab, reader: Visitor) -> None:
    page, base = reader.page, release_of(served, "1")
    changes = f"/changes/{served.grant}/{served.releases['1']}/{served.releases['2']}/"
    wrong = []
    for address in (
        f"{base}file/src/geo.c?lines=16",
        f"{base}outline/src/geo.c",
        f"{base}outline/docs/evil.md",
        f"{base}outline/data.json",
        f"{base}names",
        f"{base}definition/src/b/twice.c?at=1:4",
        f"{base}definition/src/b/twice.c?at=1:0",
        f"{base}references/src/use.c?at=5:8",
        f"{base}history/src/a/twice.c",
        f"{base}history/src/a/twice.c?line=3",
        f"{base}history/docs/evil.md?line=1",
        f"{changes}file/src/use.c?at=5",
        f"{changes}functions",
    ):
        page.goto(address)
        if address.startswith(f"{base}file/"):
            outline_stands(page)
        if "/references/" in address:
            expect(page.locator(".use-head").first).to_be_visible(timeout=SETTLED)
        wrong += complaints_about(page)
    assert wrong == []
