# SPDX-License-Identifier: Apache-2.0
"""Requests and engagements by API: every step in the session of who may take it."""

import json
from typing import Any

from django.test import Client

from glasshouse.domain.engagements.models import Engagement, Request
from tests.edges.api.conftest import signed_in
from tests.lab import EXPORT, House

ASKED = {
    "category": "product",
    "depth": "targeted",
    "named": "The server",
    "version": "1",
    "purpose": "To see what parses what.",
    "people": ["reviewer@regulator.example"],
    "begins": "2026-11-23T08:00:00Z",
    "ends": "2026-12-23T08:00:00Z",
}
DECIDED = {
    "number": EXPORT,
    "product_class": "5D002",
    "people": ["reviewer@regulator.example"],
    "countries": ["BE"],
    "until": "2026-12-23T08:00:00Z",
}


def post(client: Client, path: str, body: object, *, expected: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == expected, answer.content
    return answer.json()


def test_a_request_is_taken_to_an_engagement_and_its_end(house: House) -> None:
    release = house.take()
    reviewer, manager, custodian, officer = (
        signed_in(one) for one in (house.cast.reviewer, house.cast.manager, house.cast.custodian, house.cast.officer)
    )
    for kind in ("rules", "nda"):
        post(manager, "/terms", {"kind": kind, "text": f"The {kind}."}, expected=201)
    assert [one["kind"] for one in reviewer.get("/api/v1/terms").json()] == ["rules", "nda"]
    made = post(reviewer, "/requests", ASKED, expected=201)
    assert (made["state"], made["product"], made["words"]["named"], made["steps"]) == (
        "received",
        "",
        "The server",
        ["withdraw"],
    )
    place = f"/requests/{made['uid']}"
    assert post(manager, f"{place}/opening", {}, expected=409)["code"] == "engagements.step-not-possible"
    vetted = post(manager, f"{place}/vetting", {"product": "server", "versions": ["1"], "note": "Welcome."})
    assert (vetted["product"], vetted["versions"]) == ("server", [release.version])
    assert post(manager, f"{place}/export-decision", DECIDED, expected=403)["code"] == "people.role-missing"
    assert post(officer, f"{place}/export-decision", DECIDED)["exports"][0]["countries"] == ["BE"]
    proposal = post(manager, f"{place}/opening", {})["proposal"]
    digest = custodian.get(f"/api/v1/proposals/{proposal}").json()["digest"]
    for client in (custodian, officer):
        post(client, f"/proposals/{proposal}/words", {"verdict": "agree", "digest": digest})
    (row,) = reviewer.get("/api/v1/engagements").json()
    found = reviewer.get(f"/api/v1/engagements/{row['label']}").json()
    assert found["people"] == [{"name": "Reviewer", "signed_at": None}]
    assert found["sign_at"].endswith(f"/engagements/{row['uid']}/sign")
    assert manager.get(f"/api/v1/engagements/{row['uid']}").json()["timeline"] == found["timeline"]
    early = {"ending": "ended-by-visitor", "reason": "We have seen enough."}
    assert post(reviewer, f"/engagements/{row['label']}/closing", early)["is_open"] is False
    assert Engagement.objects.get().ending == "ended-by-visitor"


def test_what_is_wrong_is_told_by_code_and_changes_nothing(house: House) -> None:
    client = signed_in(house.cast.reviewer)
    for changed, code, status in (
        ({"purpose": "a\u202eb"}, "kernel.unreadable-text", 422),
        ({"people": ["stranger@other.example"]}, "engagements.not-of-your-organisation", 422),
        ({"people": ["nobody@regulator.example"]}, "engagements.not-of-your-organisation", 422),
        ({"depth": "everything"}, "invalid", 422),
        ({"begins": "2026-11-23T08:00:00"}, "invalid", 422),
        ({"sites": ["7" * 26]}, "invalid", 422),
        ({"sites": ["x"]}, "not-found", 404),
    ):
        assert post(client, "/requests", {**ASKED, **changed}, expected=status)["code"] == code, changed
    assert not Request.objects.exists()
    assert post(signed_in(house.cast.manager), "/requests", ASKED, expected=404)["code"] == "not-found"


def test_counts_are_for_those_who_arrange(house: House) -> None:
    post(signed_in(house.cast.reviewer), "/requests", ASKED, expected=201)
    (told,) = signed_in(house.cast.officer).get("/api/v1/request-counts").json()
    assert (told["period"], told["received"], told["countries"]) == ("2026-Q4", 1, {"": 1})
    for viewer in (house.cast.reviewer, house.cast.stranger):
        assert signed_in(viewer).get("/api/v1/request-counts").status_code == 404
