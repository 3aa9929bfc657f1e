# SPDX-License-Identifier: Apache-2.0
"""Searching the structure of code by API: the session only, the pattern in the body, matches counted."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.releases import structuretool
from tests.edges.api.conftest import bearing, program, signed_in
from tests.lab import FILES, Desk, House
from tests.searching import index, searcher

KIND = "readingroom.structure-shown"
SOURCE = b"void copy(char *to)\n{\n\tnumbat(to,\n\t\t1);\n}\n"


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    taken = house.take("1", {**FILES, "server-1/src/copy.c": SOURCE, "server-1/secret/copy.c": SOURCE + b"\n"})
    index(taken)
    with searcher():
        yield house.seat(house.cast.reviewer, taken, patterns=("src/**",))


def post(client: Client, desk: Desk, **asked: Any) -> Any:
    body = {"releases": [desk.release.text], "language": "C", "context": 0, **asked}
    path = f"/api/v1/grants/{desk.grant}/search/structure"
    return client.post(path, json.dumps(body), content_type="application/json")


def found(client: Client, desk: Desk, **asked: Any) -> Any:
    """Search until a page is shown."""
    for _ in range(200):
        answer = post(client, desk, **asked)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        if page["showing"] is not None:
            return page
        time.sleep(0.02)
    raise AssertionError("pending for ever")


def refused(client: Client, desk: Desk, **asked: Any) -> Any:
    """Search until it is refused: the tool itself may have to say so."""
    for _ in range(200):
        answer = post(client, desk, **asked)
        if answer.status_code != 200:
            return answer
        assert answer.json()["showing"] is None
        time.sleep(0.02)
    raise AssertionError("pending for ever")


def test_a_page_tells_matches_charge_and_promise(desk: Desk) -> None:
    page = found(signed_in(desk.viewer), desk, pattern="numbat($$$)")
    [file] = page["files"]
    assert (file["path"], file["language"], page["hits"], page["lines"]) == ("src/copy.c", "C", 1, 2)
    assert [line["number"] for line in file["stretches"][0] if line["is_hit"]] == [3, 4]
    assert page["showing"]["charged"] == 2
    assert Event.objects.get(uid=page["showing"]["event"]).kind == KIND
    assert {name: page["tally"][name] for name in ("lines", "files", "is_exact", "is_running", "left")} == {
        "lines": 1,
        "files": 1,
        "is_exact": True,
        "is_running": False,
        "left": 0,
    }


def test_no_token_and_nobody_without_a_session_searches(desk: Desk) -> None:
    for scope in Scope:
        answer = post(bearing(desk.viewer, scope), desk, pattern="numbat($$$)")
        assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted")
    assert post(program(**{"X-Glasshouse": "tests"}), desk, pattern="numbat($$$)").status_code == 401
    assert not Event.objects.filter(kind=KIND).exists()


def test_what_cannot_be_searched_for_is_told_in_one_form(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    wrong: list[dict[str, Any]] = [
        {"pattern": ""},
        {"pattern": "$$$"},
        {"pattern": "numbat("},
        {"pattern": "(" * 2001},
        {"pattern": "numbat($X)", "language": "Klingon"},
        {"pattern": "numbat($X)", "language": ""},
        {"pattern": "numbat($X)", "context": 11},
        {"pattern": "numbat($X)", "releases": []},
    ]
    for asked in wrong:
        answer = refused(client, desk, **asked)
        assert (answer.status_code, answer.json().keys()) == (422, {"code", "message", "hint"}), asked
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_lab_without_the_tool_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = structuretool.tool().with_name("no-such-tool")
    monkeypatch.setattr(structuretool, "tool", lambda: absent)
    answer = refused(signed_in(desk.viewer), desk, pattern="numbat($X)")
    assert (answer.status_code, answer.json()["code"]) == (409, "codeindex.structure-tool-unfit")
    assert "make setup" in answer.json()["hint"]


def test_a_pattern_stands_in_no_log_line(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = signed_in(desk.viewer)
    found(client, desk, pattern="numbat($$$)")
    refused(client, desk, pattern="numbat(")
    logged = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    assert "numbat" not in logged
