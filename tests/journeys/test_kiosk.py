# SPDX-License-Identifier: Apache-2.0
"""The kiosk's policy in real Chromium, beside the same browser without it, and what no policy stops."""

import json
import mmap
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.journeys import kiosk
from tests.journeys.kiosk import Outcome, Site


def visit(folder: Path, page: str, *, is_kiosk: bool, has_extension: bool = False) -> Outcome:
    """Open a page in a browser without the policy, or in the kiosk."""
    elsewhere = Site("elsewhere")
    lab = Site(page.replace("ELSEWHERE", f"http://127.0.0.1:{elsewhere.start()}"))
    url = f"http://localhost:{lab.start()}"
    managed = kiosk.policy(url) if is_kiosk else {"ClipboardAllowedForUrls": ["*"]}
    try:
        return kiosk.run(folder, managed, lab, f"{url}/", elsewhere, has_extension=has_extension)
    finally:
        lab.stop()
        elsewhere.stop()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """What the page did in a browser without the policy, and in the kiosk."""
    free = visit(tmp_path_factory.mktemp("free"), kiosk.PROBES, is_kiosk=False)
    return free, visit(tmp_path_factory.mktemp("kiosk"), kiosk.PROBES, is_kiosk=True)


def test_the_page_ran_to_its_end_in_both(outcomes: tuple[Outcome, Outcome]) -> None:
    assert [one.said.get("all") for one in outcomes] == ["done", "done"]


def test_nothing_is_printed(outcomes: tuple[Outcome, Outcome]) -> None:
    assert [any(name.endswith(".pdf") for name in one.files) for one in outcomes] == [True, False]


def test_nothing_is_downloaded(outcomes: tuple[Outcome, Outcome]) -> None:
    assert ["file.bin" in one.files for one in outcomes] == [True, False]


def test_no_other_address_opens_in_page_frame_or_window(outcomes: tuple[Outcome, Outcome]) -> None:
    free, closed = outcomes
    assert {"/top", "/frame", "/window"} <= free.elsewhere
    assert {"/top", "/frame", "/window"}.isdisjoint(closed.elsewhere)


def test_no_developer_tools_answer(outcomes: tuple[Outcome, Outcome]) -> None:
    assert [one.is_debuggable for one in outcomes] == [True, False]


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """What a script and an extension did without the policy, and in the kiosk."""
    free = visit(tmp_path_factory.mktemp("free"), kiosk.CLIPBOARD, is_kiosk=False, has_extension=True)
    return free, visit(tmp_path_factory.mktemp("kiosk"), kiosk.CLIPBOARD, is_kiosk=True, has_extension=True)


def test_no_script_reads_or_writes_the_clipboard(headless: tuple[Outcome, Outcome]) -> None:
    free, closed = headless
    assert (free.said["write"], free.said["read"]) == ("done", "secret")
    assert (closed.said["write"], closed.said["read"]) == ("NotAllowedError", "NotAllowedError")


def test_no_extension_is_loaded(headless: tuple[Outcome, Outcome]) -> None:
    assert [one.said["all"] for one in headless] == ["done", "done"]
    assert [one.said.get("extension") for one in headless] == ["ran", None]


def test_each_policy_is_one_that_this_browser_knows() -> None:
    names = json.loads(kiosk.POLICY.read_text("utf-8"))
    program = next(path for path in map(Path, ("/usr/lib/chromium/chromium", kiosk.CHROMIUM)) if path.exists())
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        unknown = [name for name in names if content.find(b"\0" + name.encode() + b"\0") < 0]
    assert unknown == []


@pytest.fixture
def lab() -> Iterator[str]:
    """A page with a line of text and a field."""
    site = Site("<!doctype html><title>lab</title><p>secret text</p><textarea></textarea>")
    yield f"http://localhost:{site.start()}"
    site.stop()


def test_the_kiosk_lets_no_program_drive_it(lab: str, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        program = kiosk.script(tmp_path, kiosk.policy(lab))
        with pytest.raises(Error):
            playwright.chromium.launch(executable_path=program, timeout=20_000).new_page()


DRIVEN = ("DeveloperToolsAvailability", "RemoteDebuggingAllowed")


def test_no_other_kind_of_address_opens_and_copying_by_keyboard_is_not_stopped(lab: str, tmp_path: Path) -> None:
    """The limit that the documents state: a person who may select may copy, inside the kiosk."""
    with sync_playwright() as playwright:
        program = kiosk.script(tmp_path, kiosk.policy(lab, without=DRIVEN))
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page()
        page.goto(lab)
        page.click("p", click_count=3)
        page.keyboard.press("Control+C")
        page.focus("textarea")
        page.keyboard.press("Control+V")
        page.wait_for_function("document.querySelector('textarea').value")
        assert page.input_value("textarea").strip() == "secret text"
        for address in ("file:///etc/hostname", f"view-source:{lab}", "data:text/html,x", "https://lab.example/"):
            with pytest.raises(Error, match="ERR_BLOCKED_BY_ADMINISTRATOR"):
                page.goto(address)
        browser.close()


def test_what_a_page_itself_fetches_is_the_labs_to_forbid(outcomes: tuple[Outcome, Outcome]) -> None:
    """The other limit: the list of addresses is of pages; what a page loads is held by its own policy (CSP)."""
    assert "/fetch" in outcomes[1].elsewhere
