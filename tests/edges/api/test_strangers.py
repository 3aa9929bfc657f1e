# SPDX-License-Identifier: Apache-2.0
"""Every route of the document, asked for somebody else's objects by a stranger of every role."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.detections import commands as detections
from glasshouse.domain.detections.models import Detection
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.findings.values import Severity
from glasshouse.domain.measures import commands as measures
from glasshouse.domain.people import commands as people
from glasshouse.domain.people import holds
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom.models import SavedRun
from glasshouse.domain.releases.models import Release
from glasshouse.domain.scans.models import ToolSeen
from glasshouse.edges.api.api import api
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.admissions.bringing import admit, bring
from tests.domain.people.signedin import sign_in
from tests.domain.sites.place import settle
from tests.edges.api.conftest import signed_in
from tests.lab import FILES, MAIN, NOW, Desk, House, add, next_version
from tests.searching import index, search, searcher

WORD: Final = {"verdict": "agree", "digest": "0" * 64}
SOON: Final = "2026-12-01T08:00:00Z"
BODIES: Final[dict[str, dict[str, Any]]] = {
    "brought_admit": {"digest": "0" * 64, "reason": "So."},
    "brought_refuse": {"digest": "0" * 64, "reason": "So."},
    "brought_withdraw": {},
    "brought_start": {"brought": "{brought}"},
    "brought_hand_in": {
        "engagement": "0" * 26,
        "kind": "yara",
        "name": "x",
        "licence": "MIT",
        "purpose": "x",
        "content": "eA==",
    },
    "engagements_vet": {"product": "server", "versions": ["1"]},
    "engagements_decide_export": {
        "number": "EC-2026-1",
        "product_class": "5D002",
        "people": ["reviewer@regulator.example"],
        "countries": ["BE"],
        "until": SOON,
    },
    "engagements_refuse": {"ground": "legal", "reason": "No."},
    "engagements_withdraw_request": {},
    "engagements_propose_opening": {},
    "engagements_propose_amendment": {"ends": "2040-01-01T00:00:00Z"},
    "engagements_renew_terms": {},
    "engagements_close_engagement": {"ending": "completed"},
    "engagements_withdraw_export": {"reason": "The class was wrong."},
    "ask_for_more": {"window": "hour"},
    "resume_grant": {},
    "revoke_grant": {},
    "take_reports": {},
    "speaking_write_note": {"event": "{event}", "lines": "1-2", "words": "So."},
    "speaking_change_note": {"words": "So."},
    "speaking_remove_note": {},
    "speaking_raise_finding": {"title": "So", "severity": "low", "words": "So."},
    "speaking_ask_question": {"event": "{event}", "lines": "1-2", "words": "Why?"},
    "speaking_reply": {"words": "So."},
    "speaking_close_question": {},
    "speaking_comment": {"words": "So."},
    "speaking_take_step": {"step": "withdraw", "words": "So."},
    "decide": WORD,
    "close_visit": {},
    "end_own_session": {},
    "end_session_of": {"reason": "\u202e"},  # so that the owner's own call finds it afterwards
    "revoke_token": {},
    "set_hold": {"person": "reviewer@regulator.example", "reason": "So."},
    "lift_hold": {"reason": "So."},
    "read_notice": {"version": 1},
    "set_site_text": {"kind": "notice", "text": "So."},
    "search_search": {"releases": ["{release}"], "pattern": "int"},
    "search_tally": {"ticket": "0" * 32},
    "structural_search": {"releases": ["{release}"], "pattern": "$A;", "language": "C"},
    "symbols_definitions": {"name": "line_1"},
    "save_search": {"event": "{search}", "label": "mine"},
    "rename_search": {"label": "mine"},
    "new_lines": {},
    "end_search": {},
    "scans_start": {},
    "scans_stop": {},
    "scans_start_granted": {},
    "scans_stop_granted": {},
    "triage_judge": {"grant": "{grant}", "detections": ["{detection}"], "state": "confirmed", "reason": "So."},
    "triage_raise_finding": {"detections": ["{detection}"], "title": "So", "severity": "low", "words": "So."},
}
# After one of these its owner is refused what it ended: they are called when all else was.
ENDING: Final = frozenset(
    {
        "brought_withdraw",
        "releases_revoke_grant",
        "saved_end_search",
        "visits_close_visit",
        "tokens_revoke_token",
        "engagements_close_engagement",
        "engagements_withdraw_export",
        "speaking_remove_note",
    }
)


# Nobody may do these yet; whoever may see what they are about is told why.
REFUSED: Final = frozenset({"detections_granted_export"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    query: tuple[str, ...]

    @property
    def is_about_an_object(self) -> bool:
        return "{" in self.path


def operations() -> list[Operation]:
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, details in methods.items():
            query = tuple(one["name"] for one in details["parameters"] if one["in"] == "query" and one["required"])
            found.append(Operation(details["operationId"].rpartition("_routes_")[2], method, path, query))
    return found


@dataclass(frozen=True, slots=True)
class Objects:
    """What belongs to the reviewer and to the vendor, by the name that a route gives it."""

    named: dict[str, str]

    def ask(self, client: Client, operation: Operation) -> Any:
        """Make the call that the operation describes, about these objects."""
        path = operation.path.format(**self.named)
        query = {name: self.named[name] for name in operation.query}
        if operation.method == "get":
            return client.get(path, query)
        body = next((body for name, body in BODIES.items() if operation.name.endswith(name)), None)
        assert body is not None, f"say in BODIES what {operation.name} takes"
        text = json.dumps(body)
        for name in ("release", "event", "search", "grant", "detection", "brought"):
            text = text.replace(f"{{{name}}}", self.named[name])
        return client.post(path, text, content_type="application/json", query_params=query)


def hand_in(folder: Path, release: Release) -> Uid:
    """Hand in what a tool found, and return it."""
    place = {"artifactLocation": {"uri": str(MAIN)}, "region": {"startLine": 1}}
    result = {"ruleId": "bad", "message": {"text": "bad"}, "locations": [{"physicalLocation": place}]}
    run = {"tool": {"driver": {"name": "cutter"}}, "results": [result]}
    source = folder / "results.sarif"
    source.write_text(json.dumps({"version": "2.1.0", "runs": [run]}), "utf-8")
    detections.take_reports("operator:tests", "server", release.version, source, now=NOW)
    return Uid(Detection.objects.get().uid)


def ask_for_scan(desk: Desk) -> str:
    """A scan that the reviewer asked for under their grant."""
    ToolSeen.objects.create(tool="ruff", state="ready", seen_at=NOW)
    return readingroom.start_scan(desk.viewer, desk.grant, desk.release, ["ruff"], now=NOW).scan.uid


@pytest.fixture
def objects(house: House, tmp_path: Path) -> tuple[Objects, Desk]:
    before, after = house.take(), house.take("2", next_version(FILES))
    measures.measure(Uid(before.product.uid), actor="operator:tests", now=lambda: NOW)
    desk = house.seat(house.cast.reviewer, before, after, purposes=frozenset({*USUAL, Purpose.TOOLS}))
    shown = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    token = people.make_token(desk.viewer, "mine", [Scope.LEDGER], 7, now=NOW)
    proposal = house.propose(before)
    at = (desk.viewer, desk.grant, shown.view.recorded.uid)
    note = readingroom.write_note(*at, "A note.", span=Span(1, 2), now=NOW)
    finding = readingroom.raise_from_note(desk.viewer, note, "A finding", Severity.LOW, "So.", now=NOW)
    question = readingroom.ask_question(*at, "Why?", span=Span(3, 3), now=NOW)
    index(before)
    with searcher():
        found = search(Desk(desk.viewer, desk.grant, desk.release, desk.visit, (before,)), "int").view.recorded.uid
    saved = readingroom.save_search(desk.viewer, desk.grant, found, "whole numbers", now=NOW)
    readingroom.run_saved_searches(Uid(before.product.uid), now=lambda: NOW, report=lambda _done, _of: None)
    house.sign()
    place = settle(house)
    place.book()
    hold = holds.set_hold(house.cast.manager, "colleague@regulator.example", "A dispute.", now=NOW)
    engagement = Engagement.objects.get()
    named = {
        "engagement": engagement.uid,
        "request_uid": str(engagement.request),
        "grant": desk.grant.text,
        "release": desk.release.text,
        "before": before.uid,
        "after": after.uid,
        "path": str(MAIN),
        "visit": desk.visit.text,
        "event": shown.view.recorded.uid.text,
        "proposal": proposal.uid,
        "token": token.uid.text,
        "note": note.text,
        "finding": finding.text,
        "question": question.text,
        "search": found.text,
        "saved": saved.text,
        "person": desk.viewer.uid.text,
        "session": sign_in(desk.viewer).origin.session,
        "site": place.site.text,
        "hold": hold.uid,
        "run": SavedRun.objects.get().uid,
        "scan": ask_for_scan(desk),
        "brought": admit(house, bring(house)).uid.text,
        "detection": hand_in(tmp_path, before).text,
    }
    return Objects(named), desk


def strangers() -> list[Viewer]:
    """Somebody of another organisation in every role that there is."""
    return [add(f"{role.value}@other.example", "Laboratory B", role) for role in Role]


def test_what_belongs_to_another_does_not_exist_for_any_role(objects: tuple[Objects, Desk], house: House) -> None:
    named, _ = objects
    about_objects = [operation for operation in operations() if operation.is_about_an_object]
    assert len(about_objects) >= 11
    for stranger in [*strangers(), house.cast.colleague]:
        client = signed_in(stranger)
        for operation in about_objects:
            answer = named.ask(client, operation)
            assert answer.status_code == 404, (stranger.name, operation)
            assert answer.json()["message"] == "Nothing here", operation


def test_the_same_calls_reach_their_owners(objects: tuple[Objects, Desk], house: House) -> None:
    named, desk = objects
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    cast = (desk.viewer, house.cast.manager, house.cast.custodian, house.cast.officer, owner)
    clients = [signed_in(viewer) for viewer in cast]
    assert {operation.name for operation in operations()} >= ENDING | REFUSED
    for operation in sorted(operations(), key=lambda operation: operation.name in ENDING):
        if operation.is_about_an_object:
            statuses = {named.ask(client, operation).status_code for client in clients}
            if operation.name in REFUSED:
                assert statuses == {403, 404}, (operation, statuses)
            else:
                assert statuses & {200, 201, 204, 409, 422}, (operation, statuses)


def test_lists_are_answered_and_hold_no_foreign_object(objects: tuple[Objects, Desk]) -> None:
    named, desk = objects
    foreign = {*named.named.values(), desk.viewer.uid.text} - {str(MAIN)}
    # Counts of requests are for those who arrange, and holds for those who keep them; test_engagements.py and
    # test_holds.py hold them to it.
    lists = [
        one
        for one in operations()
        if not one.is_about_an_object
        and one.method == "get"
        and one.name not in {"engagements_request_counts", "holds_list_holds"}
    ]
    assert len(lists) >= 7
    for stranger in strangers():
        client = signed_in(stranger)
        for operation in lists:
            answer = client.get(operation.path)
            assert answer.status_code in {200, 409}, (stranger.name, operation)
            assert not [uid for uid in foreign if uid in answer.content.decode()], (stranger.name, operation)


def test_a_stranger_cannot_name_foreign_objects_in_a_body(objects: tuple[Objects, Desk], house: House) -> None:
    named, _ = objects
    visit = {"grant": named.named["grant"], "release": named.named["release"]}
    grant = {
        "engagement": "26-001",
        "holder": "reviewer@regulator.example",
        "product": "server",
        "versions": ["1"],
        "patterns": ["**"],
        "begins": "2026-11-23T08:00:00Z",
        "ends": "2026-11-24T08:00:00Z",
    }
    erasure = {"person": "reviewer@regulator.example", "reason": "why not"}
    bodies = {"/visits": visit, "/proposals/grants": grant, "/proposals/erasures": erasure}
    for stranger in strangers():
        client = signed_in(stranger)
        for path, body in bodies.items():
            answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
            assert answer.status_code in {403, 404}, (stranger.name, path)
    colleague = signed_in(house.cast.colleague)
    assert colleague.post("/api/v1/visits", json.dumps(visit), content_type="application/json").status_code == 404


def test_an_ended_grant_says_so_to_its_holder_at_the_next_call(objects: tuple[Objects, Desk], house: House) -> None:
    _, desk = objects
    client = signed_in(desk.viewer)
    path = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/file"
    assert client.get(path, {"path": str(MAIN), "lines": "1-2"}).status_code == 200
    readingroom.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    answer = client.get(path, {"path": str(MAIN), "lines": "1-2"})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.grant-revoked")
