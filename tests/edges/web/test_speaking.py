# SPDX-License-Identifier: Apache-2.0
"""Notes, questions, findings, the inbox: hostile words are shown as words, and each side sees its part."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from glasshouse.domain.findings.models import Finding
from glasshouse.domain.findings.values import State
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.models import Note
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads.models import Thread
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse, Moment, base
from tests.lab import Desk, House, add

HOSTILE = "<script>alert(1)</script>"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;"
HTMX = {"hx-request": "true"}


@pytest.fixture
def owner(house: House) -> Viewer:
    """The product's owner."""
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


def open_lines(client: Client, desk: Desk) -> str:
    """Open a file, and return the address where its notes stand."""
    page = client.get(f"{base(desk)}file/src/main.c?lines=3-5").content.decode()
    found = re.search(r'id="notes" hx-get="(/notes/on/[^?"]+)\?lines=3-5"', page)
    assert found, page
    return found[1]


def write(client: Client, desk: Desk, **changed: object) -> str:
    """Write a note on lines 3 to 5, and return its address."""
    place = open_lines(client, desk)
    told = {"lines": "3-5", "words": f"The quokka. {HOSTILE}", **changed}
    assert client.post(place, told).status_code == 302
    return f"/notes/{Note.objects.latest('pk').uid}/"


def ask(client: Client, desk: Desk) -> str:
    """Ask about lines 3 to 5, and return the question's address."""
    place = open_lines(client, desk).replace("/notes/", "/questions/")
    answer = client.post(place, {"lines": "3-5", "words": f"Why? {HOSTILE}"})
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_note_is_written_beside_its_lines_and_stands_there_afterwards(reviewer: Client, desk: Desk) -> None:
    place = open_lines(reviewer, desk)
    form = reviewer.get(place, {"lines": "3-5"}, headers=HTMX).content.decode()
    assert "<html" not in form
    assert 'value="3-5"' in form
    assert 'data-key="n"' in form
    kept = reviewer.post(place, {"lines": "4", "words": HOSTILE}, headers=HTMX).content.decode()
    assert SAFE in kept
    assert HOSTILE not in kept
    assert "src/main.c:4" in kept
    assert SAFE in reviewer.get(open_lines(reviewer, desk)).content.decode()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"lines": "3", "words": "a\u202eb"}, "U+202E"),
        ({"lines": "3", "words": "nul\0"}, "U+0000"),
        ({"lines": "3", "words": ""}, "is missing"),
        ({"lines": "3", "words": "x" * 4_001}, "4,000 are the most"),
        ({"lines": "900", "words": "x"}, "not 900"),
        ({"lines": "x", "words": "x"}, "Write lines as 12"),
    ],
)
def test_what_is_wrong_with_a_note_stands_beside_its_field(
    reviewer: Client, desk: Desk, told: dict[str, str], said: str
) -> None:
    answer = reviewer.post(open_lines(reviewer, desk), told)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Note.objects.exists()


def test_notes_are_listed_found_shared_changed_and_removed(reviewer: Client, desk: Desk) -> None:
    address = write(reviewer, desk)
    assert SAFE in reviewer.get("/notes/").content.decode()
    assert "The quokka." in reviewer.post("/notes/", {"text": "QUOKKA"}).content.decode()
    assert "No note holds this" in reviewer.post("/notes/", {"text": "wombat"}).content.decode()
    page = reviewer.get(address).content.decode()
    assert f'href="{base(desk)}file/src/main.c?lines=3-5#L3"' in page
    reviewer.post(f"{address}share", {"shared": "on"})
    assert Note.objects.get().is_shared
    reviewer.post(address, {"words": "Other words."})
    assert "Other words." in reviewer.get(address).content.decode()
    asked = reviewer.get(f"{address}remove").content.decode()
    assert "Other words." in asked
    assert "nobody can bring them back" in asked
    assert Note.objects.get().removed_at is None, "looking removes nothing"
    assert reviewer.post(f"{address}remove").headers["Location"] == "/notes/"
    assert reviewer.get(address).status_code == 404


def test_an_engagements_page_lists_what_its_visitors_wrote_and_the_vendors_lists_nothing(
    house: House, reviewer: Client, desk: Desk, browser_of: Browse
) -> None:
    write(reviewer, desk)
    ask(reviewer, desk)
    address = f"/engagements/{Note.objects.get().engagement.uid}/"
    theirs = reviewer.get(address).content.decode()
    assert SAFE in theirs
    assert "Why?" in theirs
    for viewer in (house.cast.manager, house.cast.custodian, house.cast.officer):
        page = browser_of(viewer).get(address).content.decode()
        assert "quokka" not in page
        assert "/notes/" not in page


def test_the_vendor_has_no_page_of_notes(house: House, owner: Viewer, browser_of: Browse) -> None:
    for viewer in (house.cast.manager, house.cast.custodian, house.cast.officer, owner):
        client = browser_of(viewer)
        assert client.get("/notes/").status_code == 404
        assert 'href="/notes/"' not in client.get("/").content.decode()


def test_a_question_is_asked_answered_and_closed_on_its_pages(
    owner: Viewer, reviewer: Client, desk: Desk, browser_of: Browse
) -> None:
    address, answering = ask(reviewer, desk), browser_of(owner)
    assert "1 notice" in answering.get("/").content.decode()
    listed = answering.get("/questions/").content.decode()
    assert f"Why? {SAFE}" in listed
    page = answering.get(address).content.decode()
    assert "The visitor" in page
    assert "src/main.c:3-5" in page
    for secret in ("Reviewer", "Regulator", "reviewer@", f"/r/{desk.grant}"):
        assert secret not in listed + page
    assert "Close it" not in page
    assert answering.post(f"{address}close").status_code == 403
    assert answering.post(address, {"words": f"Because. {HOSTILE}"}).status_code == 302
    page = reviewer.get(address).content.decode()
    assert f"Because. {SAFE}" in page
    assert "Owner" in page
    assert reviewer.post(f"{address}close").status_code == 302
    assert reviewer.post(address, {"words": "One more."}).status_code == 409


def test_a_question_that_nobody_answers_is_late_on_every_page(
    house: House, owner: Viewer, desk: Desk, browser_of: Browse, moment: Moment
) -> None:
    address = ask(browser_of(desk.viewer), desk)
    moment.pass_by(hours=72)
    assert threads.escalate(Uid(Thread.objects.get().uid), 1, now=moment.now)
    manager = browser_of(house.cast.manager)
    inbox = manager.get("/inbox/").content.decode()
    assert "An answer is late" in inbox
    assert "Why?" not in inbox
    found = re.search(r'action="(/inbox/[^"]+/)"', inbox)
    assert found
    assert manager.post(found[1]).headers["Location"] == address
    for viewer in (house.cast.manager, owner):
        assert "told to the lab manager" in browser_of(viewer).get(address).content.decode()


def test_the_inbox_counts_what_is_new_and_forgets_none_of_it(
    owner: Viewer, reviewer: Client, desk: Desk, browser_of: Browse
) -> None:
    ask(reviewer, desk)
    ask(reviewer, desk)
    client = browser_of(owner)
    assert "2 notices" in client.get("/inbox/").content.decode()
    assert client.post("/inbox/").status_code == 302
    page = client.get("/inbox/").content.decode()
    assert "2 notices" not in page
    assert page.count("Something is asked of you") == 2


def test_a_finding_goes_from_a_note_to_a_verified_fix_on_its_pages(
    house: House, owner: Viewer, reviewer: Client, desk: Desk, browser_of: Browse
) -> None:
    note, second = write(reviewer, desk), house.take("2")
    assert SAFE in reviewer.get(f"{note}finding").content.decode()
    told = {"title": f"Freed twice {HOSTILE}", "severity": "high", "words": "Lines 3 to 5."}
    address = reviewer.post(f"{note}finding", told).headers["Location"]
    answering = browser_of(owner)
    page = answering.get(address).content.decode()
    assert f"F-1 Freed twice {SAFE}" in page
    assert "src/main.c:3-5" in page
    assert "quokka" not in page
    for secret in ("Reviewer", "Regulator", "reviewer@", f"/r/{desk.grant}"):
        assert secret not in page + answering.get("/findings/").content.decode()
    assert "Verify the fix" not in page
    assert answering.post(f"{address}step", {"step": "confirm", "words": ""}).status_code == 200
    assert answering.post(f"{address}step", {"step": "verify", "words": "x"}).status_code == 200
    assert Finding.objects.get().state == State.RAISED
    answering.post(f"{address}step", {"step": "confirm", "words": "True."})
    answering.post(f"{address}step", {"step": "fix", "words": "Once.", "release": second.uid})
    assert Finding.objects.get().state == State.FIXED
    assert reviewer.post(address, {"words": "I look."}).status_code == 302
    assert reviewer.post(f"{address}step", {"step": "verify", "words": "Seen."}).status_code == 302
    assert Finding.objects.get().state == State.VERIFIED
    assert "fix verified" in answering.get("/findings/").content.decode()


def test_what_was_written_of_revoked_source_is_still_read_by_its_author(
    house: House, reviewer: Client, desk: Desk, browser_of: Browse, moment: Moment
) -> None:
    address = write(reviewer, desk)
    manager = browser_of(house.cast.manager)
    assert manager.post(f"/grants/{desk.grant}/revoke", {"reason": "Over."}).status_code == 302
    moment.pass_by(seconds=timedelta(minutes=1).total_seconds())
    assert reviewer.get(f"{base(desk)}file/src/main.c").status_code == 403
    assert SAFE in reviewer.get(address).content.decode()
