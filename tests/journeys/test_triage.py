# SPDX-License-Identifier: Apache-2.0
"""Detections judged in real Chromium, by keys alone: selected, confirmed with one reason, told beside each."""

import json
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.domain.detections.handing import Told, log
from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about
from tests.journeys.windows import window

FILES: Final = {"p/src/main.c": b"".join(b"int line_%d;\n" % number for number in range(1, 31))}
SUPPRESSED: Final = {"suppressions": [{"kind": "inSource", "justification": "checked by hand"}]}


def prepare(lab: RunningLab) -> None:
    """Take a release in, and what two tools say of it."""
    lab.take("1", FILES)
    lab.set_the_scene()
    for tool, cwe, lines in (("left", "120", (3, 9, 20)), ("right", "787", (3, 25))):
        results = [Told("copies", "src/main.c", line, more=SUPPRESSED if line == 20 else None) for line in lines]
        source = Path(lab.home) / f"{tool}.sarif"
        source.write_bytes(log(results, tool=tool, cwes={"copies": cwe}))
        json.loads(lab.command("findings", "import", "server", "1", str(source), "--json"))


@pytest.mark.one_database
def test_some_are_judged_by_keys_alone_and_say_so_beside_each(browser: Browser, serving: RunningLab) -> None:
    visit = window(browser, serving, "product-owner")
    page, wrong = visit.page, []
    page.goto("/detections/")
    page.get_by_role("link", name="server 1").click()
    expect(page.locator("[data-detections] tr")).to_have_count(5)
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator("tr.picked")).to_have_count(2)
    wrong += complaints_about(page)
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Judge 2 detections")
    expect(page.get_by_label("Verdict")).to_have_value("confirmed")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Reached from the network.")
    page.get_by_text("For a time, how bad, why not").click()
    wrong += complaints_about(page)
    page.get_by_role("button", name="Give the verdict").click()
    expect(page.locator("[data-detections] .mark.fail")).to_have_count(2)
    wrong += complaints_about(page)
    page.locator(".sides").get_by_role("link", name="Confirmed").click()
    expect(page.locator("[data-detections] tr")).to_have_count(2)
    address = page.locator("[data-detection]").first.get_attribute("href")
    page.goto(str(address))
    expect(page.get_by_text("Reached from the network.")).to_be_visible()
    expect(page.get_by_text("Linked, for another tool says the same")).to_be_visible()
    wrong += complaints_about(page)
    assert wrong == []
    assert visit.complaints == []
