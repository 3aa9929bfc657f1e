# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import pytest

from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal.models import Event
from tests.edges.api.conftest import signed_in
from tests.lab import MAIN, SECRET, Desk, House


def test_each_family_has_its_status(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    place = f"/api/v1/grants/{desk.grant}/releases/{desk.release}"
    asked: list[tuple[int, str, dict[str, str]]] = [
        (404, f"{place}/file", {"path": "no/such.c"}),
        (403, f"{place}/file", {"path": "logo.png"}),
        (422, f"{place}/file", {"path": "../etc/passwd"}),
        (422, f"{place}/file", {"path": "/etc/passwd"}),
        (422, f"{place}/file", {"path": str(MAIN), "lines": "9-2"}),
        (422, f"{place}/file", {}),
        (422, f"{place}/folder", {"size": "9999"}),
        (422, f"{place}/folder", {"first": str(2**53)}),  # more than a recorded number can be
        (422, f"{place}/left-out", {"first": str(10**40)}),
        (409, f"/api/v1/visits/{desk.visit}/receipt", {}),
    ]
    for status, path, query in asked:
        answer = client.get(path, query)
        told = answer.json()
        assert (answer.status_code, told.keys()) == (status, {"code", "message", "hint"}), (path, query)


def test_a_refusal_is_recorded_without_the_path(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    client.get(f"/api/v1/grants/{desk.grant}/releases/{desk.release}/file", {"path": "no/such.c"})
    row = Event.objects.get(kind="http.refused")
    assert row.actor == desk.viewer.uid.text


def test_a_path_outside_the_grant_does_not_exist(house: House) -> None:
    desk = house.desk(patterns=("src/**",))
    client = signed_in(desk.viewer)
    place = f"/api/v1/grants/{desk.grant}/releases/{desk.release}"
    inside, outside = (client.get(f"{place}/file", {"path": str(path)}) for path in (MAIN, SECRET))
    absent = client.get(f"{place}/file", {"path": "secret/nothing.c"})
    assert inside.status_code == 200
    assert outside.status_code == absent.status_code == 404
    told = [answer.json()["message"] for answer in (outside, absent)]
    assert told[0] == told[1]
    assert "secret" not in client.get(f"{place}/folder").content.decode()


def test_a_spent_budget_is_refused_with_rule_value_and_limit(house: House) -> None:
    desk = house.desk(limits=Limits(hour=10, day=20, visit=20, total=20))
    client = signed_in(desk.viewer)
    place = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/file"
    assert client.get(place, {"path": str(MAIN), "lines": "1-10"}).json()["showing"]["charged"] == 10
    answer = client.get(place, {"path": str(MAIN), "lines": "1-11"})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.budget-exhausted")
    assert "10 of 10 used" in answer.json()["message"]
    assert client.get(place, {"path": str(MAIN), "lines": "3-7"}).json()["showing"]["charged"] == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"grant": 7}', b"\xff\xfe", b'{"grant": "' + b"x" * 99_999 + b'"}']
)
def test_a_body_that_is_no_answer_to_the_schema_is_invalid(desk: Desk, body: bytes) -> None:
    answer = signed_in(desk.viewer).post("/api/v1/visits", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "xxx" not in answer.content.decode()


def test_a_decision_names_the_digest_that_was_read(house: House) -> None:
    proposal = house.propose(house.take())
    client = signed_in(house.cast.custodian)
    shown: dict[str, Any] = client.get(f"/api/v1/proposals/{proposal.uid}").json()
    assert (shown["state"], shown["may_decide"], shown["patterns"]) == ("open", True, ["**"])

    def speak(**word: str) -> Any:
        body = json.dumps({"verdict": "agree", **word})
        return client.post(f"/api/v1/proposals/{proposal.uid}/words", body, content_type="application/json")

    assert speak(digest="0" * 64).status_code == 409
    assert speak(digest="nonsense").status_code == 422
    assert speak(digest=shown["digest"], basis="EC-1").status_code == 422  # only the export officer names one
    assert speak(digest=shown["digest"]).json()["words"][0]["verdict"] == "agree"
    assert speak(digest=shown["digest"]).status_code == 409

    officer = signed_in(house.cast.officer)
    path = f"/api/v1/proposals/{proposal.uid}/words"
    body = {"verdict": "agree", "digest": shown["digest"], "basis": "EC-2026-1"}
    assert officer.post(path, json.dumps(body), content_type="application/json").json()["state"] == "agreed"
    grants = signed_in(house.cast.reviewer).get("/api/v1/grants").json()
    assert [(grant["product"], grant["standing"]) for grant in grants] == [("server", "open")]
