# SPDX-License-Identifier: Apache-2.0
"""From a customer's request to the last day of a visit, played whole in two real Chromium browsers.

One browser is the visitor's; in the other the lab's people take turns. Each step is taken on the page to which home
leads, so that nobody needs an address. Three days go by in one moment, in which the lab looks at its deadlines.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.conftest import ARGUMENTS, CHROMIUM
from tests.journeys.staff import Staff, book, decide, grant, let_in, see_out, widen
from tests.journeys.steps import come_in, find, indexed
from tests.lab import FILES, next_version, tar_of

SOON: Final = 15_000  # in milliseconds: a page that is open asks every five seconds, and the machine may be busy

# The deadlines of answers, looked at as the lab's jobs do it, with the clock on by three days and an hour.
THREE_DAYS_LATER: Final = """
import django
django.setup()
from datetime import timedelta
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.threads.commands import DEADLINE
from glasshouse.edges.worker import working
from glasshouse.kernel import clock
now = clock.now
clock.now = lambda: now() + timedelta(hours=73)
for job in Job.objects.filter(kind=DEADLINE):
    working.KINDS[job.kind](job.arguments, lambda done, of: None)
"""


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[RunningLab]:
    """A lab with its people and one release; nobody was promised anything."""
    lab = RunningLab.found(tmp_path, database_url)
    lab.set_the_scene()
    take(lab, tmp_path, "1")
    try:
        lab.serve(workers=1)
        yield lab
    finally:
        lab.stop()


def take(lab: RunningLab, folder: Path, version: str) -> None:
    """Import a release, as the operator does."""
    archive = folder / f"server-{version}.tar.gz"
    archive.write_bytes(tar_of(FILES if version == "1" else next_version(FILES)))
    lab.command("release", "import", "server", version, str(archive))


@contextmanager
def another(browser: Browser) -> Iterator[Browser]:
    """Start a second browser like the first."""
    started = browser.browser_type.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    try:
        yield started
    finally:
        started.close()


def ask(page: Page) -> str:
    """Ask for a review, as the customer; return the request's address."""
    page.get_by_role("link", name="Ask for an engagement").click()
    page.get_by_label("Product or service").fill("The server")
    page.get_by_label("Exact release").fill("1")
    page.get_by_label("Depth").select_option("full")
    page.get_by_label("Purpose").fill("To see what parses what.")
    page.get_by_label("What could make you partial").fill("None.")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("waits for vetting", exact=True)).to_be_visible()
    return page.url


def sign(page: Page) -> None:
    """Sign terms and scope with the passkey."""
    page.goto("/")
    page.get_by_role("link", name="Read and sign the terms").click()
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_role("listitem").filter(has_text="Terms and scope signed").last).to_be_visible()
    expect(page.get_by_text("not signed; nothing is shown to them")).to_have_count(0)


def enrol_machine(page: Page, lab: RunningLab, machine: str) -> None:
    """Let the custodian enrol the browser at which the visitor will sit, before the visitor comes back to it."""
    (own,) = (one for one in page.context.cookies() if one.get("name") == "session")
    page.context.add_cookies([{"name": "session", "value": lab.session("custodian"), "url": lab.url}])
    page.goto(machine)
    page.get_by_role("link", name="Enrol this machine").click()
    page.get_by_role("button", name="Enrol this machine").click()
    expect(page.get_by_role("button", name="End this key")).to_be_visible()
    page.context.add_cookies([{"name": "session", "value": own.get("value", ""), "url": lab.url}])


def take_seat(page: Page) -> None:
    """Come home at the workstation, and wait until the machine has spoken for the session."""
    with page.expect_response(re.compile("/word$")) as spoken:
        page.goto("/")
    assert spoken.value.ok


def begin(page: Page) -> str:
    """Begin a visit under the newest grant; return the release's address."""
    page.goto("/")
    page.get_by_role("button", name="Begin a visit").first.click()
    page.get_by_role("navigation", name="Files of this release").wait_for()
    return page.url


def ask_about(page: Page, lines: str, question: str) -> None:
    """Ask the vendor about lines of the file that is open."""
    page.locator("#notes summary").filter(has_text="Ask the vendor").click()
    form = page.locator("form").filter(has=page.get_by_label("Question", exact=True))
    form.get_by_label("About lines").fill(lines)
    form.get_by_label("Question", exact=True).fill(question)
    form.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name=question)).to_be_visible()


def conclude(page: Page, release: str, *read: tuple[str, str]) -> None:
    """Say of files, each opened before, that one has read them."""
    for path, lines in read:
        page.goto(f"{release}file/{path}")
        page.goto(f"{release}conclusions")
        page.get_by_label("File", exact=True).fill(path)
        page.get_by_label("Lines, all if none").fill(lines)
        page.get_by_role("button", name="I have read this").click()
        expect(page.get_by_role("row").filter(has_text=f"{path}lines {lines}")).to_be_visible()


def read_and_search(page: Page) -> str:
    """Begin a visit, open a file from the folders, find a line; return the release's address."""
    release = begin(page)
    for name in ("src", "main.c"):
        page.get_by_role("navigation", name="Files of this release").get_by_role("link", name=name).click()
    expect(page.get_by_role("region", name="main.c, lines 1 to 40")).to_contain_text("line_40")
    page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Search").click()
    indexed(page)
    find(page, "line_20")
    expect(page.get_by_text("1 line in 1 file.")).to_be_visible()
    return release


def note(page: Page, release: str) -> None:
    """Keep a note beside lines."""
    page.goto(f"{release}file/src/main.c?lines=20-22")
    page.locator("#notes summary").filter(has_text="Write a note").click()
    page.get_by_label("Note", exact=True).fill("Declared, never used.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#notes").get_by_text("Declared, never used.")).to_be_visible()


def be_answered(page: Page, staff: Staff) -> None:
    """Let the product's owner answer one of two questions, and the visitor read it."""
    owner = staff.take_turn("product-owner")
    owner.get_by_role("link", name="2 questions to answer").click()
    owner.get_by_role("link", name="Who calls this?").click()
    owner.get_by_label("Your words").fill("Nobody any more.")
    owner.get_by_role("button", name="Answer").click()
    expect(owner.get_by_text("Nobody any more.")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="1 question answered").click()
    page.get_by_role("link", name="Who calls this?").click()
    expect(page.get_by_text("Nobody any more.")).to_be_visible()


def be_late(staff: Staff, lab: RunningLab) -> None:
    """Let three days go by; who manages the lab hears of the question that nobody answered."""
    lab.python(THREE_DAYS_LATER)
    manager = staff.take_turn("lab-manager")
    expect(manager.get_by_role("listitem").filter(has_text="1 question to answer")).to_contain_text("1 late")
    manager.get_by_role("link", name="1 question to answer").click()
    manager.get_by_role("link", name="And who this?").click()
    expect(manager.get_by_text("told to the lab manager on")).to_be_visible()


def see_what_lapsed(page: Page) -> None:
    """Wait for the lab's judgement, and read what the new release leaves of three conclusions."""
    lapsed = page.get_by_role("link", name="2 conclusions lapsed with server 2")
    for _ in range(60):  # the lab does its jobs one after the other
        page.goto("/")
        if lapsed.count():
            break
        page.wait_for_timeout(500)
    lapsed.click()
    for row, said in (("docs/old.md", "the file is gone"), ("lines 18-22", "Lapsed"), ("lines 1-5", "Stands")):
        expect(page.get_by_role("row").filter(has_text=row)).to_contain_text(said)


def refused(page: Page, address: str, status: int) -> None:
    """Ask for a page that is not shown."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status


def be_revoked(page: Page, staff: Staff) -> str:
    """Let a custodian revoke the grant while its page is open; return that page's address."""
    page.goto("/")
    page.get_by_role("link", name="Go on reading").first.click()
    page.get_by_role("navigation", name="Files of this release").wait_for()
    address = f"{page.url}file/src/main.c"
    page.goto(address)
    code = page.get_by_role("region", name=re.compile("main.c, lines 1 to"))
    expect(code).to_contain_text("line_40")
    custodian = staff.take_turn("custodian")
    custodian.get_by_role("link", name="Revoke").first.click()
    custodian.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("alert")).to_contain_text("Your grant was revoked", timeout=SOON)
    expect(code).to_have_count(0)
    return address


@pytest.mark.one_database
def test_the_lab_opens_its_doors_and_closes_them(browser: Browser, lab: RunningLab, tmp_path: Path) -> None:
    visitor = come_in(browser, lab)
    page = visitor.page
    with another(browser) as theirs:
        staff = Staff(theirs, lab)
        asked = ask(page)
        decide(staff)
        sign(page)
        enrol_machine(page, lab, book(staff))
        grant(staff, "server 1", is_accompanied=True)
        page.goto("/")
        page.get_by_role("button", name="Begin a visit").click()
        expect(page.get_by_role("alert")).to_contain_text("no custodian has let you in")
        let_in(staff)
        take_seat(page)

        release = read_and_search(page)
        note(page, release)
        for line, question in (("20", "Who calls this?"), ("30", "And who this?")):
            page.goto(f"{release}file/src/main.c")
            ask_about(page, line, question)
        be_answered(page, staff)
        be_late(staff, lab)
        conclude(page, release, ("src/main.c", "18-22"), ("docs/old.md", "1"), ("src/main.c", "1-5"))
        page.goto("/")
        page.get_by_role("link", name="What you have read").click()
        page.get_by_role("link", name="server 1").first.click()
        expect(page.get_by_text(re.compile(r"41 of \d+ lines that your grant covers"))).to_be_visible()

        take(lab, tmp_path, "2")
        widen(staff)
        sign(page)
        grant(staff, "server 1", "server 2", is_accompanied=False)
        see_what_lapsed(page)

        see_out(staff)
        refused(page, f"{release}file/src/main.c", 403)
        expect(page.get_by_role("alert")).to_contain_text("no custodian has let you in")
        address = be_revoked(page, staff)
        refused(page, address, 403)
        expect(page.get_by_role("alert")).to_contain_text("Your grant was revoked")
        stranger = staff.take_turn("stranger")
        for foreign in (address, asked):
            refused(stranger, foreign, 404)
        assert visitor.complaints == staff.visitor.complaints == []
