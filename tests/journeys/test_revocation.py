# SPDX-License-Identifier: Apache-2.0
"""A page is open in real Chromium when its grant is revoked: the reason soon stands in place of the source."""

from playwright.sync_api import Browser, expect

from tests.edges.running import RunningLab
from tests.journeys.windows import window
from tests.lab import FILES

EVERY = 5_000  # milliseconds until an open page asks whether it still stands


def prepare(lab: RunningLab) -> None:
    """Give a grant on a release."""
    lab.take("1", FILES)
    lab.set_the_scene()


def test_open_pages_show_the_reason_in_place_of_the_source(browser: Browser, serving: RunningLab) -> None:
    lab = serving
    visitor = window(browser, lab, "reviewer")
    page = visitor.page
    page.clock.install()
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").click()
    page.goto(f"/r/{lab.grant}/{lab.releases['1']}/file/src/main.c")
    code = page.get_by_role("region", name="main.c, lines 1 to 40")
    expect(code).to_contain_text("line_40")
    with page.expect_response(lambda answer: answer.url.endswith("/still")) as asked:
        page.clock.run_for(EVERY)
    assert asked.value.status == 204
    expect(code).to_contain_text("line_40")
    assert visitor.complaints == []

    with lab.client("custodian") as custodian:
        assert custodian.post(f"/grants/{lab.grant}/revoke", json={}).status_code == 200
    page.clock.run_for(EVERY)
    expect(page.get_by_role("alert")).to_contain_text("Your grant was revoked")
    expect(code).to_have_count(0)
    assert "line_40" not in page.content()
    # A page that was closed asks no more: what it would have asked in a minute stands before our own question.
    asked_again: list[str] = []
    page.on("request", lambda request: asked_again.append(request.url))
    page.clock.run_for(60_000)
    page.evaluate("fetch('/record/')")
    assert asked_again == [f"{lab.url}/record/"]
    page.go_back()
    expect(page.get_by_text("line_40")).to_have_count(0)
