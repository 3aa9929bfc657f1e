# SPDX-License-Identifier: Apache-2.0
"""A whole visit, in real Chromium against real processes: granted, read, compared, closed, proved elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.edges.forge import ROOT
from tests.edges.running import RunningLab
from tests.journeys.looks import complaints_about, send_unfilled
from tests.journeys.steps import come_in, grant, wait_for_the_tree
from tests.journeys.windows import window
from tests.lab import FILES, next_version


def prepare(lab: RunningLab) -> None:
    """Take two releases in; nobody has a grant."""
    lab.set_the_scene()
    lab.take("1", FILES)
    lab.take("2", next_version(FILES))


def test_a_visit_from_grant_to_receipt(browser: Browser, serving: RunningLab, tmp_path: Path) -> None:
    lab = serving
    reader = come_in(browser, lab)
    page = reader.page
    expect(page.get_by_text("You hold no grant")).to_be_visible()
    grant(browser, lab)

    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    expect(page.get_by_role("heading", name="server 2")).to_be_attached()
    page.get_by_role("navigation", name="Files of this release").get_by_role("link", name="src").click()
    page.get_by_role("navigation", name="Files of this release").get_by_role("link", name="main.c").click()
    wait_for_the_tree(page)

    page.locator("#L20").click()
    page.locator("#L22").click(modifiers=["Shift"])
    expect(page.get_by_label("Lines", exact=True)).to_have_value("20-22")
    assert page.url.endswith("/file/src/main.c?lines=20-22")
    page.reload()
    assert page.locator("li.in a.ln").all_inner_texts() == ["20", "21", "22"]

    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_label("Lines", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    expect(page.locator("li.in a.ln")).to_have_text("30")

    page.get_by_role("link", name="Compare with 1").click()
    expect(page.locator(".half.add").first).to_contain_text("long line_20;")
    wait_for_the_tree(page)

    page.get_by_role("link", name="My record").click()
    expect(page.get_by_text("Difference of a file shown")).to_be_visible()
    page.get_by_role("link", name="The keys to trust").click()
    keys = tmp_path / "keys.txt"
    keys.write_text(page.get_by_label("keys.txt").inner_text(), "utf-8")
    assert "\npasskey " in keys.read_text("utf-8")

    page.goto("/record/")
    page.get_by_role("link", name="Close it").click()
    page.get_by_role("button", name="Close with your passkey").click()
    expect(page.get_by_text("Closed by your passkey")).to_be_visible()
    receipt = tmp_path / "receipt.zip"
    for _ in range(120):  # the worker sequences and signs; the receipt waits for the last entry
        if not page.get_by_text("not yet", exact=True).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    download.value.save_as(receipt)

    verified = subprocess.run(
        [sys.executable, str(ROOT / "verifier/glasshouse_verify.py"), str(receipt), "--trust", str(keys)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert reader.complaints == []


def test_a_revoked_grant_closes_the_page_at_the_next_key(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    reader = come_in(browser, lab)
    grant(browser, lab)
    page = reader.page
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    page.get_by_role("navigation", name="Files of this release").get_by_role("link", name="README").click()

    custodian = window(browser, lab, "custodian").page
    custodian.goto("/grants/")
    custodian.get_by_role("link", name="Revoke").click()
    custodian.get_by_role("button", name="Revoke").click()
    expect(custodian.get_by_text(re.compile("^Revoked "))).to_be_visible()

    page.keyboard.press("]")
    expect(page.get_by_role("alert")).to_contain_text("Your grant was revoked")
    expect(page.get_by_role("alert")).to_contain_text("The attempt is recorded.")


@pytest.mark.one_database
def test_no_page_of_the_room_has_a_violation_in_any_theme_or_width(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    reader = come_in(browser, lab)
    page = reader.page
    wrong = []
    for path in ("/", "/r/", "/changes/", "/record/"):
        page.goto(path)
        wrong += complaints_about(page)
    grant(browser, lab)
    page.goto("/")
    wrong += complaints_about(page)
    page.get_by_role("button", name="Begin a visit").click()
    release = page.url
    changes = "/changes/" + re.sub(r".*/r/", "", release)
    page.goto("/changes/")
    listed = page.get_by_role("link", name="server 1 → 2").get_attribute("href")
    assert listed
    assert changes.split("/")[2] in listed
    addresses = [
        release,
        *(
            f"{release}file/{path}"
            for path in ("src/main.c?lines=20-22", "src/long.c", "empty.txt", "logo.png", "latest")
        ),
        f"{release}left-out",
        listed,
        f"{listed}file/src/main.c",
        "/changes/",
        "/record/",
        "/record/trust",
        "/",
        f"{release}file/nothing.c",
    ]
    for address in addresses:
        page.goto(address)
        wrong += complaints_about(page)
    page.goto("/record/")
    for name, title in (("#4", "Entry"), ("Close it", "Close")):
        page.goto("/record/")
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(re.compile(title))
        wrong += complaints_about(page)
    assert wrong == []


@pytest.mark.one_database
def test_no_page_of_the_desk_has_a_violation_in_any_theme_or_width(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    come_in(browser, lab)
    page = window(browser, lab, "lab-manager").page
    wrong = []
    for path in ("/", "/grants/", "/proposals/grant", "/proposals/erasure", "/proposals/shredding"):
        page.goto(path)
        wrong += complaints_about(page)
    page.goto("/proposals/grant")
    send_unfilled(page, "Propose")
    wrong += complaints_about(page)
    grant(browser, lab)
    for path in ("/", "/grants/"):
        page.goto(path)
        wrong += complaints_about(page)
    page.get_by_role("link", name="Revoke").click()
    expect(page).to_have_url(re.compile("/revoke$"))
    wrong += complaints_about(page)
    page.goto("/")
    page.get_by_role("link", name="Open a grant").click()
    expect(page.get_by_role("heading", name="What is decided")).to_be_visible()
    wrong += complaints_about(page)
    assert wrong == []
