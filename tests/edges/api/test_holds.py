# SPDX-License-Identifier: Apache-2.0
"""Legal holds and what sites say, by API: for those who keep, arrange or are expected, and nobody else."""

import json
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.people.models import Hold, Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.sites.models import NoticeRead
from tests.domain.sites.place import settle
from tests.edges.api.conftest import signed_in
from tests.edges.conftest import confirm
from tests.lab import House, add

EMAIL = "reviewer@regulator.example"


def post(client: Client, path: str, body: object, *, expected: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == expected, answer.content
    return answer.json()


def test_a_hold_is_set_listed_and_lifted_by_who_keeps_holds_after_a_confirmation(house: House) -> None:
    manager = signed_in(house.cast.manager)
    auditor = signed_in(add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True))
    asked = {"person": EMAIL, "reason": "A court asked for it."}
    confirm(manager, Person.objects.get(pk=house.cast.manager.row), minutes_ago=60)
    assert post(manager, "/holds", asked, expected=403)["code"] == "http.confirmation-wanted"
    assert not Hold.objects.exists()
    confirm(manager, Person.objects.get(pk=house.cast.manager.row))
    made = post(manager, "/holds", asked, expected=201)
    assert (made["person_uid"], made["reason"]) == (house.cast.reviewer.uid.text, "A court asked for it.")
    page = auditor.get("/api/v1/holds").json()
    assert (page["rows"], page["more"]) == ([made], None)
    post(auditor, f"/holds/{made['uid']}/lift", {"reason": "It is over."})
    assert auditor.get("/api/v1/holds").json()["rows"] == []
    post(auditor, f"/holds/{made['uid']}/lift", {"reason": "Twice."}, expected=404)
    post(manager, "/holds", {**asked, "person": "nobody@regulator.example"}, expected=404)
    assert post(manager, "/holds", {**asked, "reason": "a\u202eb"}, expected=422)["code"] == "kernel.unreadable-text"


@pytest.mark.parametrize("who", ["custodian", "officer", "reviewer", "stranger"])
def test_nobody_else_learns_of_holds(house: House, who: str) -> None:
    client = signed_in(getattr(house.cast, who))
    assert client.get("/api/v1/holds").status_code == 404
    post(client, "/holds", {"person": EMAIL, "reason": "So."}, expected=404)
    assert not Hold.objects.exists()


def test_a_notice_is_set_by_who_arranges_and_read_by_who_is_expected(house: House) -> None:
    place = settle(house)
    place.book()
    manager, reviewer = signed_in(house.cast.manager), signed_in(house.cast.reviewer)
    assert reviewer.get("/api/v1/sites/notices").json() == []
    text = {"kind": "notice", "text": "We keep what was shown."}
    assert post(manager, f"/sites/{place.site}/texts", text, expected=201)["version"] == 1
    post(reviewer, f"/sites/{place.site}/texts", text, expected=404)
    [waits] = reviewer.get("/api/v1/sites/notices").json()
    assert (waits["name"], waits["is_read"], waits["retention_days"]) == ("Brussels", False, 365)
    assert {one["kind"]: one["text"] for one in waits["texts"]}["notice"] == "We keep what was shown."
    here = f"/sites/{place.site}/notice"
    assert post(reviewer, f"{here}/read", {"version": 2}, expected=409)["code"] == "sites.notice-changed"
    for _ in range(2):
        post(reviewer, f"{here}/read", {"version": 1})
    assert NoticeRead.objects.count() == 1
    assert reviewer.get("/api/v1/sites/notices").json() == []
    assert reviewer.get(f"/api/v1{here}").json()["is_read"]
    stranger = signed_in(house.cast.stranger)
    assert stranger.get(f"/api/v1{here}").status_code == 404
    post(stranger, f"{here}/read", {"version": 1}, expected=404)
