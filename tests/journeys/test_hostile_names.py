# SPDX-License-Identifier: Apache-2.0
"""A release whose every name and line would act in a page, in real Chromium: nothing acts, and nothing leaves."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from glasshouse.kernel.paths import TreePath
from tests.edges.running import RunningLab
from tests.edges.web.test_hostile_source import PAYLOADS
from tests.edges.web.test_hostile_source import files as hostile_files
from tests.journeys.windows import window
from tests.lab import Files


def release() -> Files:
    """All that lines can say in one file, and all names: who opens file after file is taken for a script."""
    each = [hostile_files(payload) for payload in PAYLOADS]
    files = {path: content for one in each for path, content in one.items()}
    return {**files, "r/all.html": b"".join(content for one in each for content in one.values())}


def prepare(lab: RunningLab) -> None:
    """Take it in, with a grant on all of it for each test."""
    lab.take("1", release())
    lab.set_the_scene(reviewers=2)


def leaves(url: str, lab: RunningLab) -> bool:
    """Say whether an address leads out of the lab; names of files that look like one stand in the lab's own."""
    return not url.startswith((f"{lab.url}/", "data:image/"))


@pytest.mark.one_database
@pytest.mark.parametrize("words", ["print", "pictures"])
def test_abuse_case_19_no_name_and_no_line_of_a_release_acts_in_the_browser(
    browser: Browser, served: RunningLab, words: str
) -> None:
    served.let(words)
    reader = window(browser, served, "reviewer")
    page = reader.page
    acted: list[str] = []
    page.on("dialog", lambda dialog: acted.append(dialog.message))
    page.on("request", lambda asked: acted.append(asked.url) if leaves(asked.url, served) else None)
    page.on("framenavigated", lambda frame: acted.append(frame.url) if leaves(frame.url, served) else None)
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    base = f"/r/{served.grant}/{served.releases['1']}/"
    names = [path.removeprefix("r/").encode() for path in release() if path.endswith((".html", "/plain.c"))]
    some = [TreePath(name) for name in (b"all.html", *names[:: len(names) // 5])]
    addresses = [base, *(f"{base}file/{quote(str(name))}" for name in some)]
    for address in addresses:
        answer = page.goto(address)
        assert answer
        assert answer.status == 200, address
    page.goto("/record/")
    assert acted == []
    assert reader.complaints == []
