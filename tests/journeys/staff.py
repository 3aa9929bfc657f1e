# SPDX-License-Identifier: Apache-2.0
"""The lab's people at one browser, taking turns: what each does begins at home, where it waits for them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.sync_api import Browser, Page, expect

from tests.edges.running import RunningLab
from tests.journeys.steps import EXPORT, READER, publish
from tests.journeys.windows import window

QUARTER: Final = 900


class Staff:
    """The lab's browser, in which its people take turns."""

    def __init__(self, browser: Browser, lab: RunningLab) -> None:
        """Open the window; nobody is signed in."""
        self._lab, self.visitor = lab, window(browser, lab)

    def take_turn(self, who: str) -> Page:
        """Let somebody sit down in place of whoever sat there; they are at home."""
        self.visitor.context.clear_cookies()
        session = self._lab.session(who)
        self.visitor.context.add_cookies([{"name": "session", "value": session, "url": self._lab.url}])
        self.visitor.page.goto("/")
        return self.visitor.page

    def agree(self, title: str, *who: str, basis: str = "") -> None:
        """Let these people agree to what waits for their word."""
        for one in who:
            page = self.take_turn(one)
            page.get_by_role("link", name=title).first.click()
            if basis and one == "export-officer":
                page.get_by_label("Number of the export decision").fill(basis)
            page.get_by_role("button", name="Agree").click()
            expect(page.get_by_role("button", name="Agree")).to_have_count(0)


def decide(staff: Staff) -> None:
    """Vet, decide on the export, put up for opening, and let two agree: three people, each from their home page."""
    manager = staff.take_turn("lab-manager")
    publish(manager)
    manager.goto("/")
    manager.get_by_role("link", name="1 request to vet").click()
    manager.get_by_role("link", name="Vet", exact=True).click()
    manager.get_by_label("server 1").check()
    manager.get_by_role("button", name="Nothing speaks against it").click()
    officer = staff.take_turn("export-officer")
    officer.get_by_role("link", name="1 export decision to take").click()
    officer.get_by_role("link", name="Decide on the export").click()
    officer.get_by_label("Number of the decision").fill(EXPORT)
    officer.get_by_label("Class of product").fill("5D002")
    officer.get_by_label("Countries where they may read").fill("BE")
    officer.get_by_role("button", name="Permit").click()
    manager = staff.take_turn("lab-manager")
    manager.get_by_role("link", name="1 request to put up for opening").click()
    manager.get_by_role("button", name="Put up for opening").click()
    expect(manager.get_by_text("Somebody else decides")).to_be_visible()
    staff.agree("Open an engagement", "custodian", "export-officer")


def grant(staff: Staff, *releases: str, is_accompanied: bool) -> None:
    """Let the lab manager propose a grant from the engagement's page, and two others agree."""
    page = staff.take_turn("lab-manager")
    page.get_by_role("link", name="Engagements", exact=True).click()
    page.get_by_role("link", name=re.compile(r"\d\d-\d\d\d")).first.click()
    page.get_by_role("link", name="Propose a grant").click()
    page.get_by_label("Reviewer").select_option(READER)
    for release in releases:
        page.get_by_label(release).check()
    page.get_by_label("Only with a second person present").set_checked(is_accompanied)
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Somebody else decides")).to_be_visible()
    staff.agree("Open a grant", "custodian", "export-officer", basis=EXPORT)


def book(staff: Staff) -> str:
    """Let the lab manager add a house and book the visitor from the next quarter of an hour on.

    Return the address of the visitor's workstation.
    """
    page = staff.take_turn("lab-manager")
    page.goto("/sites/new")
    for label, told in (
        ("Name", "Brussels"),
        ("Address", "Rue 1, Brussels"),
        ("Country", "BE"),
        ("Hours", "mon-sun 00:00-24:00"),
    ):
        page.get_by_label(label, exact=True).fill(told)
    page.get_by_label("Time zone").select_option("UTC")
    page.get_by_role("button", name="Add the site").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Which").select_option("briefing")
    page.get_by_label("Text", exact=True).fill("Telephones stay in the locker.")
    page.get_by_role("button", name="Add this version").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Room 1")
    page.get_by_role("button", name="Add the room").click()
    page.get_by_role("link", name="Add a workstation").click()
    page.get_by_label("Name", exact=True).fill("Left")
    page.get_by_label("Address ranges").fill("127.0.0.0/8 ::1/128")
    page.get_by_role("button", name="Add the workstation").click()
    expect(page.get_by_role("heading", name="Left")).to_be_visible()
    machine = page.url
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Brussels").click()
    page.get_by_role("link", name="Book", exact=True).click()
    begins = datetime.fromtimestamp((int(datetime.now(tz=UTC).timestamp()) // QUARTER + 1) * QUARTER, tz=UTC)
    page.get_by_label("Begins").fill(f"{begins:%Y-%m-%dT%H:%M}")
    page.get_by_label("Ends").fill(f"{begins + timedelta(seconds=QUARTER):%Y-%m-%dT%H:%M}")
    page.get_by_label("Engagement").select_option(index=1)
    page.get_by_label("Room", exact=True).select_option(label="Room 1 (2)")
    page.get_by_label("Custodian").select_option(index=1)
    page.get_by_label("Visitor 1").select_option(label="Reader 7, Regulator A")
    page.get_by_label("Workstation 1").select_option(label="Room 1 / Left")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("expected", exact=True)).to_be_visible()
    return machine


def let_in(staff: Staff) -> None:
    """Let the custodian receive the visitor at the door: who they are, what they read, who stays with them."""
    page = staff.take_turn("custodian")
    page.get_by_role("link", name="1 visitor to let in, Brussels, Room 1").click()
    page.get_by_role("link", name="Let in").click()
    page.get_by_label("Identity was shown by").select_option(index=1)
    page.get_by_label("They read the briefing here").check()
    page.get_by_label("Escort, the second person in the room").select_option(index=1)
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_text("in the house since")).to_be_visible()


def see_out(staff: Staff) -> None:
    """Let the custodian see the visitor out."""
    page = staff.take_turn("custodian")
    page.get_by_role("link", name="Today at the door").click()
    page.get_by_role("link", name="Reader 7").first.click()
    page.get_by_role("button", name="See out").click()
    expect(page.get_by_role("button", name="See out")).to_have_count(0)


def widen(staff: Staff) -> None:
    """Bring the new release into the engagement's scope: proposed, and agreed by two."""
    page = staff.take_turn("lab-manager")
    page.get_by_role("link", name="Engagements", exact=True).click()
    page.get_by_role("link", name=re.compile(r"\d\d-\d\d\d")).first.click()
    page.get_by_role("link", name="Change the scope").click()
    page.get_by_label("server 2").check()
    page.get_by_role("button", name="Put up for decision").click()
    expect(page.get_by_text("Somebody else decides")).to_be_visible()
    staff.agree("Change an engagement", "custodian", "export-officer")
