# SPDX-License-Identifier: Apache-2.0
"""A scan started, followed and read in real Chromium: it runs in the lab's own process, and the page follows it."""

from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.edges.running import RunningLab
from tests.journeys.looks import LOOKS, complaints_about
from tests.journeys.windows import window

FILES: Final = {
    "p/src/main.c": b'#include "shared.h"\nint main(void) { int *p = NOTHING; return *p; }\n',
    "p/src/shared.h": b"#define NOTHING 0\n",
    "p/src/unmade.c": b'#include "made-by-the-build.h"\nint unmade;\n',
    "p/tools/run.py": b"import subprocess\n\n\ndef run(words):\n    return subprocess.call(words, shell=True)\n",
    "p/tools/broken.py": b"def broken(:\n",
}
SOON: Final = 60_000  # in milliseconds: the machine may be busy
TOOLS: Final = {"ruff", "gcc-analyzer", "shellcheck"}


def prepare(lab: RunningLab) -> None:
    """Take a release in."""
    lab.take("1", FILES)
    lab.set_the_scene()
    lab.look_at(*TOOLS)


@pytest.mark.one_database
def test_a_scan_is_started_followed_to_its_end_and_accounts_for_each_file(
    browser: Browser, serving: RunningLab
) -> None:
    lab = serving
    visit = window(browser, lab, "lab-manager")
    page, wrong = visit.page, []
    page.goto("/")
    page.get_by_role("link", name="Scans", exact=True).click()
    expect(page.get_by_text("never scanned")).to_be_visible()
    wrong += complaints_about(page, LOOKS[:2])
    page.get_by_role("link", name="server 1").click()
    ready = page.get_by_role("checkbox", name="gcc-analyzer")
    expect(ready).to_be_enabled()
    for box in page.get_by_role("checkbox").all():
        if box.is_enabled():
            box.set_checked(box.get_attribute("value") in TOOLS)
    wrong += complaints_about(page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("by 3 tools")
    expect(page.get_by_role("button", name="Stop the scan")).to_be_visible()
    expect(page.get_by_role("button", name="Stop the scan")).to_have_count(0, timeout=SOON)
    expect(page.locator("#live").get_by_text("Partial", exact=True)).to_be_visible()
    expect(page.locator("#live")).to_contain_text("4 of 4 looks at files")
    expect(page.locator("#live")).to_contain_text("Not applicable: no file of its kind")
    expect(page.locator("#units")).to_contain_text("tools/broken.py")
    expect(page.locator("#units")).to_contain_text("src/unmade.c")
    wrong += complaints_about(page)
    page.get_by_role("link", name="What tools found").click()
    expect(page.get_by_text("S602").first).to_be_visible()
    assert wrong == []
    assert visit.complaints == []
