# SPDX-License-Identifier: Apache-2.0
"""Searching by API: the session only, the pattern in the body, nothing before it is recorded."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.edges.api.api import api
from tests.edges.api.conftest import bearing, program, signed_in
from tests.lab import Desk, House
from tests.searching import index, searcher

PATTERN = r"line_(7|21)\b"


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    taken = house.take()
    index(taken)
    with searcher():
        yield house.seat(house.cast.reviewer, taken, patterns=("src/**",))


def post(client: Client, desk: Desk, path: str = "search", **asked: Any) -> Any:
    body = {"releases": [desk.release.text], **asked} if path == "search" else asked
    return client.post(f"/api/v1/grants/{desk.grant}/{path}", json.dumps(body), content_type="application/json")


def found(client: Client, desk: Desk, **asked: Any) -> Any:
    """Search until a page is shown."""
    for _ in range(200):
        answer = post(client, desk, **asked)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        if page["showing"] is not None:
            return page
        assert (page["hits"], page["files"], page["ticket"], page["tally"]) == (0, [], "", None)
        time.sleep(0.02)
    raise AssertionError("pending for ever")


def test_a_page_tells_lines_charge_and_promise(desk: Desk) -> None:
    page = found(signed_in(desk.viewer), desk, pattern=PATTERN, context=1)
    [file] = page["files"]
    assert (file["path"], file["language"], page["hits"], page["lines"]) == ("src/main.c", "C", 2, 6)
    line = file["stretches"][1][1]
    assert line["spans"] == [
        {"text": "int ", "is_found": False},
        {"text": "line_21", "is_found": True},
        {"text": ";", "is_found": False},
    ]
    assert (line["number"], line["text"], line["is_hit"]) == (21, "int line_21;", True)
    assert page["showing"]["charged"] == 6
    event = Event.objects.get(uid=page["showing"]["event"])
    assert (event.kind, event.commitment.hex()) == (
        "readingroom.search-shown",
        page["showing"]["promise"]["commitment"],
    )
    tally = post(signed_in(desk.viewer), desk, "search/tally", ticket=page["ticket"]).json()
    assert tally == {
        "lines": 2,
        "files": 1,
        "is_exact": True,
        "is_running": False,
        "left": 0,
        "is_sharing": False,
        "shares": {
            "folders": [{"name": "src/main.c", "lines": 2, "files": 1, "paths": ["src/main.c"]}],
            "more_folders": 0,
            "releases": [{"name": "1", "lines": 2, "files": 1, "paths": []}],
            "languages": [{"name": "C", "lines": 2, "files": 1, "paths": []}],
            "more_languages": 0,
            "is_exact": True,
        },
    }


def test_no_token_of_any_scope_searches(desk: Desk) -> None:
    for scopes in ([scope] for scope in Scope):
        for path, asked in (("search", {"pattern": "int"}), ("search/tally", {"ticket": "0" * 32})):
            answer = post(bearing(desk.viewer, *scopes), desk, path, **asked)
            assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted")
    assert not Event.objects.filter(kind="readingroom.search-shown").exists()


def test_nobody_searches_without_a_session_or_from_a_foreign_page(desk: Desk) -> None:
    assert post(program(**{"X-Glasshouse": "tests"}), desk, pattern="int").status_code == 401
    client = signed_in(desk.viewer)
    client.defaults["HTTP_ORIGIN"] = "https://elsewhere.example"
    assert post(client, desk, pattern="int").status_code == 403


def test_a_scope_that_is_not_mine_is_not_found(desk: Desk, house: House) -> None:
    other = house.take("9", product="other")
    asked = json.dumps({"releases": [desk.release.text, other.uid], "pattern": "int"})
    path = f"/api/v1/grants/{desk.grant}/search"
    answers = [signed_in(desk.viewer).post(path, asked, content_type="application/json")]
    ticket = found(signed_in(desk.viewer), desk, pattern="int")["ticket"]
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        answers.append(post(signed_in(viewer), desk, pattern="int"))
        answers.append(post(signed_in(viewer), desk, "search/tally", ticket=ticket))
    assert {(answer.status_code, answer.json()["message"]) for answer in answers} == {(404, "Nothing here")}


def test_a_pattern_stands_in_no_address_and_no_log_line(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = signed_in(desk.viewer)
    found(client, desk, pattern="numbat_[0-9]+", paths=["src/wombat*"])
    answer = post(client, desk, pattern="numbat_(")
    assert (answer.status_code, answer.json()["code"]) == (422, "codeindex.pattern")
    logged = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    assert "numbat" not in logged
    assert "wombat" not in logged
    assert not [
        one
        for path, methods in api.get_openapi_schema()["paths"].items()
        if path.endswith(("/search", "/tally"))
        for method, told in methods.items()
        if method != "post" or [part for part in told["parameters"] if part["in"] == "query"]
        for one in [path]
    ]


def test_what_cannot_be_searched_for_is_told_in_one_form(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    wrong: list[dict[str, Any]] = [
        {"pattern": ""},
        {"pattern": "("},
        {"pattern": "int", "context": 11},
        {"pattern": "int", "language": "Klingon"},
        {"pattern": "int", "paths": ["../x"]},
        {"pattern": "int", "releases": []},
        {"releases": [desk.release.text]},
    ]
    for asked in wrong:
        answer = post(client, desk, **asked)
        assert (answer.status_code, answer.json().keys()) == (422, {"code", "message", "hint"}), asked
    assert not Event.objects.filter(kind="readingroom.search-shown").exists()
