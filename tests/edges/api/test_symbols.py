# SPDX-License-Identifier: Apache-2.0
"""Names by API: the session only, a name in the body, nothing before it is recorded."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.releases import defining, queries, searching, symbols
from tests.edges.api.conftest import bearing, program, signed_in
from tests.engines.codeindex.symbols.samples import CPP, C
from tests.lab import Desk, House

FILES = {
    "server-1/src/geo.c": C,
    "server-1/src/queue.cc": CPP,
    "server-1/secret/only.c": b"int hidden_name(void) { return 0; }\n",
    "server-1/data.json": b"{}\n",
}


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    taken = house.take(files=FILES)
    ref = queries.ref(taken)
    symbols.index(ref.product, [ref])
    yield house.seat(house.cast.reviewer, taken, patterns=("src/**", "*"))
    defining.forget()
    searching.forget()


def outline(client: Client, desk: Desk, path: str) -> Any:
    return client.get(f"/api/v1/grants/{desk.grant}/releases/{desk.release}/outline", {"path": path})


def ask(client: Client, desk: Desk, **asked: Any) -> Any:
    at = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/definitions"
    return client.post(at, json.dumps(asked), content_type="application/json")


def test_an_outline_tells_names_lines_and_promise_and_costs_nothing(desk: Desk) -> None:
    page = outline(signed_in(desk.viewer), desk, "src/queue.cc").json()
    told = {(one["name"], one["family"], one["first"], one["depth"]) for one in page["symbols"]}
    assert {("net", "module", 1, 0), ("Queue", "type", 3, 1), ("push", "function", 11, 2)} <= told
    assert page["showing"]["charged"] == 0
    event = Event.objects.get(uid=page["showing"]["event"])
    assert (event.kind, event.commitment.hex()) == (
        "readingroom.outline-shown",
        page["showing"]["promise"]["commitment"],
    )
    missing = outline(signed_in(desk.viewer), desk, "data.json").json()
    assert (missing["symbols"], missing["gap"]) == ([], "No parser of symbols knows this kind of file.")


def test_a_name_is_answered_with_its_places_and_costs_a_line(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    page = ask(client, desk, name="area").json()
    assert [(one["path"], one["line"], one["family"]) for one in page["definitions"]] == [
        ("src/geo.c", 14, "function"),
        ("src/geo.c", 12, "declaration"),
    ]
    assert page["showing"]["charged"] == 1
    page = ask(client, desk, name="AREA", how="any-case", kinds=["declaration"]).json()
    assert [one["line"] for one in page["definitions"]] == [12]
    assert ask(client, desk, name="hidden", how="prefix").json()["definitions"] == []


def test_no_token_of_any_scope_learns_a_name(desk: Desk) -> None:
    for scopes in ([scope] for scope in Scope):
        client = bearing(desk.viewer, *scopes)
        for answer in (outline(client, desk, "src/geo.c"), ask(client, desk, name="area")):
            assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted")
    assert ask(program(**{"X-Glasshouse": "tests"}), desk, name="area").status_code == 401
    assert not Event.objects.filter(kind__in=["readingroom.outline-shown", "readingroom.definitions-shown"]).exists()


def test_what_is_not_mine_is_not_found(desk: Desk, house: House) -> None:
    answers = [outline(signed_in(desk.viewer), desk, path) for path in ("secret/only.c", "src/none.c")]
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        answers.append(outline(signed_in(viewer), desk, "src/geo.c"))
        answers.append(ask(signed_in(viewer), desk, name="area"))
    assert {(answer.status_code, answer.json()["message"]) for answer in answers} == {(404, "Nothing here")}


def test_what_names_nothing_is_told_in_one_form(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    wrong: list[dict[str, Any]] = [
        {},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 257},
        {"name": "x", "how": "regex"},
        {"name": "x", "kinds": ["other"]},
    ]
    for asked in wrong:
        answer = ask(client, desk, **asked)
        assert (answer.status_code, answer.json().keys()) == (422, {"code", "message", "hint"}), asked


def test_a_name_stands_in_no_log_line(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = signed_in(desk.viewer)
    ask(client, desk, name="numbat_walk")
    ask(client, desk, name="numbat_walk", how="regex")
    assert "numbat" not in "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
