# SPDX-License-Identifier: Apache-2.0
"""Coverage and conclusions by API: the session only, promised, null where nothing is known."""

from typing import Any

from django.test import Client

from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases import reliances
from glasshouse.kernel.ids import Uid
from tests.edges.api.conftest import program, signed_in
from tests.lab import FILES, MAIN, NOW, Desk, House, next_version


def at(desk: Desk, what: str, release: str = "") -> str:
    return f"/api/v1/grants/{desk.grant}/releases/{release or desk.release}/{what}"


def get(client: Client, address: str, **query: Any) -> Any:
    return client.get(address, query)


def test_coverage_tells_shares_and_null_for_what_no_tool_did(house: House) -> None:
    desk = house.desk()
    client = signed_in(desk.viewer)
    get(client, at(desk, "file"), path="src/main.c", lines="1-10")
    page = get(client, at(desk, "coverage"), path="src").json()
    assert (page["whole"]["read"], page["whole"]["lines"], page["whole"]["scanned"]) == (10, 262, None)
    assert {one["path"]: one["share"]["read"] for one in page["parts"]}["src/main.c"] == 10
    assert page["showing"]["charged"] == 0
    assert page["showing"]["promise"]["commitment"]
    assert {one["path"] for one in page["to_read"]} == {"secret/keys.c", "src/net/http.c"}


def test_conclusions_tell_what_lapsed_and_why(house: House) -> None:
    first, second = house.take("1"), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, first, second)
    client = signed_in(desk.viewer)
    get(client, at(desk, "file"), path="src/main.c", lines="1-40")
    commands.mark_read(desk.viewer, desk.grant, desk.release, MAIN, now=NOW)
    before = get(client, at(desk, "conclusions", second.uid)).json()
    reliances.judge(Uid(first.product.uid), now=lambda: NOW)
    after = get(client, at(desk, "conclusions", second.uid)).json()
    assert [one["outcome"] for one in before["items"]] == [None]
    assert [(one["outcome"], one["reason"], one["lines_differ"]) for one in after["items"]] == [
        ("lapsed", "changed", 2)
    ]


def test_a_token_and_a_stranger_get_neither(house: House) -> None:
    desk = house.desk()
    for what in ("coverage", "conclusions"):
        assert get(signed_in(house.cast.stranger), at(desk, what)).status_code == 404
        assert get(program(), at(desk, what)).status_code == 401
