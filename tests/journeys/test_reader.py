# SPDX-License-Identifier: Apache-2.0
"""The reader in real Chromium: the watermark, what is off, pictures, and what is left after sign-out."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from tests.edges.running import RunningLab
from tests.journeys.conftest import ARGUMENTS, CHROMIUM
from tests.journeys.kiosk import Site
from tests.journeys.looks import complaints_about
from tests.journeys.windows import Visitor, window
from tests.lab import FILES

MAIN: Final = "file/src/main.c"
ZOOMED: Final = 320
"""A window of 1,280 pixels at 400 percent, as a page sees it."""


def prepare(lab: RunningLab) -> None:
    """Take a release in, with a grant on all of it for each test."""
    lab.take("1", FILES)
    lab.set_the_scene(reviewers=8)


@pytest.fixture
def lab(served: RunningLab) -> RunningLab:
    return served


@pytest.fixture
def let(lab: RunningLab) -> Iterator[Callable[[str], None]]:
    """Sets how the product is read, until the test ends."""
    yield lab.let
    lab.let("")


def base(lab: RunningLab, version: str = "1") -> str:
    return f"/r/{lab.grant}/{lab.releases[version]}/"


def covers(stamp: Locator, case: Locator) -> bool:
    """Say whether a watermark is there and lies over all of a case."""
    over, under = stamp.bounding_box(), case.bounding_box()
    assert over
    assert under
    return abs(over["width"] - under["width"]) < 2 and abs(over["height"] - under["height"]) < 2


@pytest.mark.one_database
def test_the_watermark_lies_over_the_case_in_each_theme_width_and_zoom(reader: Visitor, lab: RunningLab) -> None:
    page = reader.page
    case, picture, drawing = (page.locator(one) for one in (".glass", "img.watermark", "svg.stamp"))
    for theme, width, zoom in (
        ("light", 1280, 1),
        ("dark", 1280, 1),
        ("light", 390, 1),
        ("dark", 390, 1),
        ("light", 1280, 4),
    ):
        page.set_viewport_size({"width": width // zoom, "height": 900})  # to a page, zoom is a narrower window
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.goto(f"{base(lab)}{MAIN}")
        assert covers(picture, case)
        assert covers(drawing, case)
        assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
        with_both = case.screenshot()
        picture.evaluate("one => one.remove()")
        with_one = case.screenshot()
        drawing.evaluate("one => one.remove()")
        assert len({with_both, with_one, case.screenshot()}) == 3  # each of the two is seen, and seen alone


@pytest.mark.one_database
def test_taking_one_class_away_leaves_a_watermark(reader: Visitor, lab: RunningLab) -> None:
    page = reader.page
    page.goto(f"{base(lab)}{MAIN}")
    page.locator("img.watermark").evaluate("one => one.classList.remove('watermark')")
    assert covers(page.locator("svg.stamp"), page.locator(".glass"))


@pytest.mark.one_database
def test_printing_off_prints_the_sentence_and_on_prints_the_watermark(
    reader: Visitor, lab: RunningLab, let: Callable[[str], None]
) -> None:
    page = reader.page
    page.goto(f"{base(lab)}{MAIN}")
    page.emulate_media(media="print")
    expect(page.locator(".code")).to_be_hidden()
    said = page.locator(".glass").evaluate("one => getComputedStyle(one, '::after').content")
    assert "Printing is off for this product." in said
    let("print")
    page.emulate_media(media="screen")
    page.goto(f"{base(lab)}{MAIN}")
    page.emulate_media(media="print")
    expect(page.locator(".code")).to_be_visible()
    expect(page.locator("img.watermark")).to_be_visible()
    assert covers(page.locator("img.watermark"), page.locator(".glass"))


def selected(page: Page) -> str:
    text: str = page.evaluate("(getSelection().selectAllChildren(document.querySelector('.code')), ''+getSelection())")
    return text


def copies(page: Page) -> bool:
    """Say whether the browser would copy out of the case."""
    done: bool = page.locator(".code").evaluate(
        "one => one.dispatchEvent(new ClipboardEvent('copy', {bubbles: true, cancelable: true}))"
    )
    return done


@pytest.mark.one_database
def test_selection_and_copying_are_hindered_until_they_are_on(
    reader: Visitor, lab: RunningLab, let: Callable[[str], None]
) -> None:
    page = reader.page
    page.goto(f"{base(lab)}{MAIN}")
    expect(page.get_by_text("which hinders and does not prevent")).to_be_visible()
    assert page.locator(".glass").evaluate("one => getComputedStyle(one).userSelect") == "none"
    assert not copies(page)
    page.keyboard.press("Control+A")
    assert "int line_20;" not in page.evaluate("''+getSelection()")  # the outline's names may be selected
    let("copy select")
    page.reload()
    assert "int line_20;" in selected(page)
    assert copies(page)


@pytest.mark.one_database
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_read_by_keyboard_and_text_is_given_on_request(
    browser: Browser, lab: RunningLab, let: Callable[[str], None], theme: str
) -> None:
    let("pictures")
    reader = window(browser, lab, "reviewer")
    page = reader.page
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    page.goto(f"{base(lab)}{MAIN}?lines=20")
    drawn = page.locator("img.drawn")
    expect(drawn).to_have_count(33)
    assert drawn.evaluate_all("all => all.every(one => one.complete && one.naturalWidth > 0)")
    assert "line_20" not in page.locator(".code").inner_html()
    heights = page.locator(".code li").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert {round(height) for height in heights} == {20}
    page.locator("a.ln", has_text=re.compile("^22$")).click()
    expect(page).to_have_url(re.compile(r"\?lines=22$"))
    expect(page.locator("li.in a.ln")).to_have_text("22")
    assert complaints_about(page) == []
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile(r"/file/src/long\.c$"))
    page.go_back()
    page.get_by_role("link", name="Ask for text").click()
    page.get_by_label("I read with a screen reader, braille or a magnifier").check()
    assert complaints_about(page) == []
    page.get_by_role("button", name="Show text").click()
    expect(page.get_by_text("You asked for text in this visit")).to_be_visible()
    assert "line_20" in page.locator(".code").inner_html()
    assert reader.complaints == []


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))


def stored(page: Page) -> list[object]:
    """Return what a page of the lab could have left in this browser."""
    left: list[object] = page.evaluate(
        """async () => [
            localStorage.length, sessionStorage.length,
            (await caches.keys()).length, (await indexedDB.databases()).length,
            (await navigator.serviceWorker.getRegistrations()).length,
        ]"""
    )
    return left


@contextmanager
def with_memory(playwright: Playwright, folder: Path, lab: RunningLab) -> Iterator[BrowserContext]:
    """Open Chromium with a profile on disk, and with the memory of pages that automation usually turns off."""
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
        base_url=lab.url,
    )
    try:
        context.set_default_timeout(60_000)
        check_memory(context)
        context.add_cookies([{"name": "session", "value": lab.session("reviewer"), "url": lab.url}])
        yield context
    finally:
        context.close()


def check_memory(context: BrowserContext) -> None:
    """Hold the browser to that memory: behind Back it keeps a page of somebody else's as it stood, scripts and all."""
    site = Site("<!doctype html><title>kept</title>")
    url, page = f"http://localhost:{site.start()}", context.new_page()
    page.goto(f"{url}/first")
    page.evaluate("window.isKept = true")
    page.goto(f"{url}/second")
    page.evaluate("history.back()")
    expect(page).to_have_url(f"{url}/first")
    assert page.evaluate("window.isKept")
    page.close()
    site.stop()


def holding(folder: Path, needles: Sequence[bytes]) -> list[Path]:
    """Return the files below a folder that hold one of these."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if any(needle in content for needle in needles):
                found.append(path)
    return found


@pytest.mark.one_database
def test_abuse_case_5_after_sign_out_back_storage_and_disk_hold_no_source(
    playwright: Playwright, lab: RunningLab, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with with_memory(playwright, profile, lab) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("button", name="Begin a visit").click()
        read = [f"{base(lab)}{path}" for path in (MAIN, "file/secret/keys.c", MAIN)]
        for address in read:
            page.goto(address)
            expect(page.locator("img.watermark")).to_be_visible()
        assert "line_20" in page.content()
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert not any(word in kept for word in ("line_20", "canary"))
        sign_out(page)
        for address in [*reversed(read), base(lab), "/"]:
            page.go_back()  # waits for a page to load: one that came from memory would not
            expect(page).to_have_url(f"{lab.url}/sign-in?next={quote(address)}")
            shown = page.content()
            assert "line_20" not in shown
            assert "canary" not in shown
        page.goto("/sign-in")
        assert stored(page) == [0, 0, 0, 0, 0]
    needles = [text.encode(encoding) for text in ("line_20", "canary = 1") for encoding in ("utf-8", "utf-16-le")]
    assert holding(profile, needles) == []
    assert holding(profile, [b"sign-in"])  # the profile was written at all


@pytest.mark.one_database
def test_a_page_that_stood_open_shows_nothing_after_another_tab_signed_out(reader: Visitor, lab: RunningLab) -> None:
    page, other = reader.page, reader.context.new_page()
    page.goto(f"{base(lab)}{MAIN}")
    other.goto("/")
    sign_out(other)
    expect(page).to_have_url(re.compile(r"/sign-in"), timeout=20_000)  # by itself: the page asks whether it may stay
    assert "line_20" not in page.content()
