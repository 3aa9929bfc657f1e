# SPDX-License-Identifier: Apache-2.0
"""The reader in real Chromium: the watermark, what is off, pictures, and what is left after sign-out."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from glasshouse.kernel.paths import TreePath
from tests.edges.running import RunningLab
from tests.edges.web.test_hostile_source import PAYLOADS
from tests.edges.web.test_hostile_source import files as hostile_files
from tests.journeys.conftest import CHROMIUM, Visitor
from tests.journeys.kiosk import Site
from tests.journeys.test_pages_are_reachable import complaints_about
from tests.journeys.test_reading import window
from tests.lab import FILES, Files

expect.set_options(timeout=30_000)  # the machine may be busy with the other tests
MAIN: Final = "file/src/main.c"
ZOOMED: Final = 320
"""A window of 1,280 pixels at 400 percent, as a page sees it."""
OPENED: Final = """
import sys, django
django.setup()
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.releases import commands
from glasshouse.domain.releases.models import Product
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
owner = people.viewer(Person.objects.select_related("organisation").get(email="product-owner@vendor.example"))
reading = Reading.parse(sys.stdin.read())
commands.set_reading(owner, Uid(Product.objects.get().uid), reading, reason="x", now=clock.now())
"""


def prepare(lab: RunningLab, files: Files = FILES) -> None:
    """Take a release in, with a grant on all of it."""
    lab.take("1", files)
    lab.set_the_scene()


@pytest.fixture
def lab(serving: RunningLab) -> RunningLab:
    return serving


@pytest.fixture
def reader(browser: Browser, lab: RunningLab) -> Iterator[Visitor]:
    """The reviewer in an open visit."""
    visitor = window(browser, lab, "reviewer")
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="Begin a visit").click()
    yield visitor
    assert visitor.complaints == []


def base(lab: RunningLab, version: str = "1") -> str:
    return f"/r/{lab.grant}/{lab.releases[version]}/"


def set_reading(lab: RunningLab, words: str) -> None:
    lab.python(OPENED, words)


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
def test_printing_off_prints_the_sentence_and_on_prints_the_watermark(reader: Visitor, lab: RunningLab) -> None:
    page = reader.page
    page.goto(f"{base(lab)}{MAIN}")
    page.emulate_media(media="print")
    expect(page.locator(".code")).to_be_hidden()
    said = page.locator(".glass").evaluate("one => getComputedStyle(one, '::after').content")
    assert "Printing is off for this product." in said
    set_reading(lab, "print")
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
def test_selection_and_copying_are_hindered_until_they_are_on(reader: Visitor, lab: RunningLab) -> None:
    page = reader.page
    page.goto(f"{base(lab)}{MAIN}")
    expect(page.get_by_text("which hinders and does not prevent")).to_be_visible()
    assert page.locator(".glass").evaluate("one => getComputedStyle(one).userSelect") == "none"
    assert not copies(page)
    page.keyboard.press("Control+A")
    assert "int line_20;" not in page.evaluate("''+getSelection()")  # the outline's names may be selected
    set_reading(lab, "copy select")
    page.reload()
    assert "int line_20;" in selected(page)
    assert copies(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_read_by_keyboard_and_text_is_given_on_request(
    browser: Browser, lab: RunningLab, theme: str
) -> None:
    set_reading(lab, "pictures")
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
def with_memory(folder: Path, lab: RunningLab) -> Iterator[BrowserContext]:
    """Open Chromium with a profile on disk, and with the memory of pages that automation usually turns off."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=CHROMIUM,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
            ignore_default_args=["--disable-back-forward-cache"],
            base_url=lab.url,
        )
        context.set_default_timeout(60_000)
        check_memory(context)
        context.add_cookies([{"name": "session", "value": lab.session("reviewer"), "url": lab.url}])
        yield context
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


def test_abuse_case_5_after_sign_out_back_storage_and_disk_hold_no_source(lab: RunningLab, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with with_memory(profile, lab) as context:
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


def test_a_page_that_stood_open_shows_nothing_after_another_tab_signed_out(reader: Visitor, lab: RunningLab) -> None:
    page, other = reader.page, reader.context.new_page()
    page.goto(f"{base(lab)}{MAIN}")
    other.goto("/")
    sign_out(other)
    expect(page).to_have_url(re.compile(r"/sign-in"), timeout=20_000)  # by itself: the page asks whether it may stay
    assert "line_20" not in page.content()


def leaves(url: str, lab: RunningLab) -> bool:
    """Say whether an address leads out of the lab; names of files that look like one stand in the lab's own."""
    return not url.startswith((f"{lab.url}/", "data:image/"))


@pytest.mark.parametrize("words", ["print", "pictures"])
def test_abuse_case_19_no_name_and_no_line_of_a_release_acts_in_the_browser(
    browser: Browser, database_url: str, tmp_path: Path, words: str
) -> None:
    each = [hostile_files(payload) for payload in PAYLOADS]
    # All that lines can say in one file, and a folder of all names: who opens file after file is taken for a script.
    files = {path: content for one in each for path, content in one.items()}
    files["r/all.html"] = b"".join(content for one in each for content in one.values())
    lab = RunningLab.found(tmp_path, database_url)
    prepare(lab, files)
    set_reading(lab, words)
    try:
        lab.serve(workers=1)
        reader = window(browser, lab, "reviewer")
        page = reader.page
        acted: list[str] = []
        page.on("dialog", lambda dialog: acted.append(dialog.message))
        page.on("request", lambda asked: acted.append(asked.url) if leaves(asked.url, lab) else None)
        page.on("framenavigated", lambda frame: acted.append(frame.url) if leaves(frame.url, lab) else None)
        page.goto("/")
        page.get_by_role("button", name="Begin a visit").click()
        names = [path.removeprefix("r/").encode() for path in files if path.endswith((".html", "/plain.c"))]
        some = [TreePath(name) for name in (b"all.html", *names[:: len(names) // 5])]
        addresses = [base(lab), *(f"{base(lab)}file/{quote(str(name))}" for name in some)]
        for address in addresses:
            answer = page.goto(address)
            assert answer
            assert answer.status == 200, address
        page.goto("/record/")
        assert acted == []
        assert reader.complaints == []
    finally:
        lab.stop()
