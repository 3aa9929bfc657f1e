# SPDX-License-Identifier: Apache-2.0
"""Notes, questions, findings and notices by API: each in the session of who may, and never by token."""

import json
from typing import Any

from django.test import Client

from glasshouse.domain.people import commands as people
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.kernel.lines import Span
from tests.edges.api.conftest import signed_in
from tests.lab import MAIN, NOW, Desk, House, add


def post(client: Client, path: str, body: object, *, expected: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == expected, answer.content
    return answer.json() if answer.content else None


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def seen(desk: Desk) -> str:
    """Show lines, and return the entry of it."""
    shown = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 9), now=NOW)
    return shown.view.recorded.uid.text


def test_a_note_is_kept_found_shared_and_removed(desk: Desk) -> None:
    reviewer, event = signed_in(desk.viewer), seen(desk)
    asked = {"event": event, "lines": "3-4", "words": "The quokka."}
    made = post(reviewer, f"/grants/{desk.grant}/notes", asked, expected=201)
    assert (made["at"]["path"], made["at"]["lines"], made["is_mine"]) == ("src/main.c", "3-4", True)
    assert [one["uid"] for one in post(reviewer, "/notes/search", {"text": "QUOKKA"})["rows"]] == [made["uid"]]
    assert post(reviewer, "/notes/search", {"text": "wombat"}) == {"rows": [], "more": None}
    place = f"/notes/{made['uid']}"
    assert post(reviewer, f"{place}/change", {"words": "Other.", "is_shared": True})["is_shared"]
    assert get(reviewer, place)["words"] == "Other."
    assert post(reviewer, f"{place}/removal", {}, expected=204) is None
    assert reviewer.get(f"/api/v1{place}").status_code == 404


def test_what_was_not_shown_or_hides_what_it_says_is_refused_with_its_code(desk: Desk) -> None:
    reviewer, event = signed_in(desk.viewer), seen(desk)
    place = f"/grants/{desk.grant}/notes"
    outside = {"event": event, "lines": "10", "words": "x"}
    assert post(reviewer, place, outside, expected=422)["code"] == "readingroom.not-shown"
    hidden = {"event": event, "lines": "1", "words": "a\u202eb"}
    assert post(reviewer, place, hidden, expected=422)["code"] == "kernel.unreadable-text"


def test_a_question_is_asked_answered_and_closed(house: House, desk: Desk) -> None:
    del house
    owner = signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    reviewer = signed_in(desk.viewer)
    asked = {"event": seen(desk), "lines": "3", "words": "Why?"}
    made = post(reviewer, f"/grants/{desk.grant}/questions", asked, expected=201)
    place = f"/questions/{made['uid']}"
    assert [one["kind"] for one in get(owner, "/notices")["rows"]] == ["threads.asked"]
    read = get(owner, place)
    assert (read["engagement"], read["said"][0]["author"], read["at"]["lines"]) == ("", "", "3")
    assert post(owner, f"{place}/closing", {}, expected=403)["code"] == "threads.not-yours-to-close"
    assert post(owner, f"{place}/replies", {"words": "So."})["state"] == "answered"
    assert post(reviewer, f"{place}/closing", {})["state"] == "closed"
    assert post(owner, f"{place}/replies", {"words": "x"}, expected=409)["code"] == "threads.closed"
    assert all(one["seen_at"] for one in post(owner, "/notices/seen", {})["rows"])


def test_a_finding_is_raised_from_a_note_and_answered(house: House, desk: Desk) -> None:
    del house
    owner = signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    reviewer = signed_in(desk.viewer)
    asked = {"event": seen(desk), "lines": "3-4", "words": "The quokka."}
    note = post(reviewer, f"/grants/{desk.grant}/notes", asked, expected=201)
    told = {"title": "Freed twice", "severity": "high", "words": "Lines 3 and 4."}
    made = post(reviewer, f"/notes/{note['uid']}/finding", told, expected=201)
    place = f"/findings/{made['uid']}"
    read = get(owner, place)
    assert (read["label"], read["title"], read["at"][0]["lines"], read["said"][0]["author"]) == (
        "F-1",
        "Freed twice",
        "3-4",
        "",
    )
    assert read["steps"] == ["confirm", "dispute"]
    early = {"step": "fix", "words": "x", "version": "1"}
    assert post(owner, f"{place}/steps", early, expected=409)["code"] == "findings.step-not-possible"
    post(owner, f"{place}/steps", {"step": "confirm", "words": "True."})
    assert post(owner, f"{place}/steps", early)["fixed_in"] == "1"
    assert post(reviewer, f"{place}/comments", {"words": "I look."})["due_at"] is not None
    assert post(owner, f"{place}/steps", {"step": "verify", "words": "x"}, expected=403)["code"] == (
        "findings.step-not-yours"
    )
    assert [one["state"] for one in get(reviewer, "/findings")["rows"]] == ["fixed"]


def test_lists_of_what_people_wrote_come_in_pages(house: House, desk: Desk) -> None:
    del house
    reviewer, event = signed_in(desk.viewer), seen(desk)
    for number in range(3):
        asked = {"event": event, "lines": "3-4", "words": f"Number {number}."}
        made = post(reviewer, f"/grants/{desk.grant}/notes", asked, expected=201)
        raised = {"title": f"Finding {number}", "severity": "high", "words": "Freed twice."}
        post(reviewer, f"/notes/{made['uid']}/finding", raised, expected=201)
        post(reviewer, f"/grants/{desk.grant}/questions", {**asked, "words": "Why?"}, expected=201)
    for text in ("", "number"):
        first = post(reviewer, "/notes/search", {"text": text, "size": 2})
        assert ([one["words"] for one in first["rows"]], first["more"]) == (["Number 2.", "Number 1."], 2)
        rest = post(reviewer, "/notes/search", {"text": text, "size": 2, "skip": first["more"]})
        assert ([one["words"] for one in rest["rows"]], rest["more"]) == (["Number 0."], None)
    for path in ("/findings", "/questions"):
        first = get(reviewer, f"{path}?size=2")
        rest = get(reviewer, f"{path}?size=2&skip={first['more']}")
        uids = {one["uid"] for one in first["rows"] + rest["rows"]}
        assert (len(first["rows"]), len(rest["rows"]), len(uids), rest["more"]) == (2, 1, 3, None), path
    for wrong in ("size=0", "size=101", "skip=-1", "skip=x"):
        assert reviewer.get(f"/api/v1/findings?{wrong}").status_code == 422, wrong


def test_proposals_and_notices_come_in_pages(house: House) -> None:
    manager = signed_in(house.cast.manager)
    for _ in range(3):
        readingroom.propose_erasure(house.cast.custodian, house.cast.reviewer.uid, now=NOW, reason="Asked for.")
    first = get(manager, "/proposals?state=open&size=2")
    rest = get(manager, f"/proposals?state=open&size=2&skip={first['more']}")
    assert [len(page["rows"]) for page in (first, rest)] == [2, 1]
    assert get(manager, "/proposals?state=refused") == {"rows": [], "more": None}
    assert [len(get(manager, f"/notices?size=2&skip={skip}")["rows"]) for skip in (0, 2)] == [2, 1]


def test_no_token_reads_what_people_wrote(desk: Desk) -> None:
    token = people.make_token(desk.viewer, "mine", list(Scope), 7, now=NOW)
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {token.secret}"})
    for path in ("/questions", "/findings", "/notices"):
        assert client.get(f"/api/v1{path}").status_code in {401, 403}, path
    answer = client.post("/api/v1/notes/search", "{}", content_type="application/json")
    assert answer.status_code in {401, 403}
