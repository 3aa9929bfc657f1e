# SPDX-License-Identifier: Apache-2.0
"""Saved searches by API: counts to a session alone, lines in a visit alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import commands
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from tests.edges.api.conftest import bearing, signed_in
from tests.lab import FILES, NOW, Desk, House, next_version
from tests.searching import index, search, searcher

LIST = "/api/v1/saved-searches"


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    """The reviewer at two releases, of which the first is indexed."""
    before, after = house.take(), house.take("2", next_version(FILES))
    index(before)
    with searcher():
        yield house.seat(house.cast.reviewer, before, after)


def post(client: Client, path: str, **asked: Any) -> Any:
    return client.post(path, json.dumps(asked), content_type="application/json")


def save(desk: Desk, label: str = "new ints") -> Any:
    """Search the first release, save that, and let it run."""
    one = Desk(desk.viewer, desk.grant, desk.release, desk.visit, desk.taken[:1])
    event = search(one, "^int ").view.recorded.uid
    answer = post(signed_in(desk.viewer), f"/api/v1/grants/{desk.grant}/saved-searches", event=event.text, label=label)
    commands.run_saved_searches(Uid(desk.taken[0].product.uid), now=clock.now, report=lambda _done, _of: None)
    return answer


def test_a_search_is_saved_listed_opened_renamed_and_deleted(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    answer = save(desk)
    told = answer.json()
    assert (answer.status_code, told["label"], told["mandate"], told["new"], told["due"]) == (
        201,
        "new ints",
        "runs",
        0,
        1,
    )
    [listed] = client.get(LIST).json()
    [run] = listed["runs"]
    assert (listed["new"], listed["due"], listed["asked"]["pattern"], listed["base"]["version"]) == (2, 0, "^int ", "1")
    assert (run["release"]["version"], run["lines"], run["files"], run["unsearched"]) == ("2", 2, 2, 0)
    assert not [word for word in ("int more", "main.c", "new.c") if word in json.dumps(listed)]
    here = f"{LIST}/{listed['uid']}"
    page = post(client, f"{here}/runs/{run['uid']}/lines").json()
    assert [line["text"] for file in page["files"] for part in file["stretches"] for line in part] == [
        "int more;",
        "int new;",
    ]
    assert page["showing"]["charged"] == 2
    assert Event.objects.get(uid=page["showing"]["event"]).kind == "readingroom.search-shown"
    assert post(client, f"{here}/runs/{run['uid']}/lines", after="2").status_code == 404
    assert post(client, f"{here}/runs/{run['uid']}/lines", after="two").status_code == 422
    assert client.get(LIST).json()[0]["new"] == 0
    assert post(client, f"{here}/label", label="ints").json()["label"] == "ints"
    assert post(client, f"{here}/label", label="a\u202eb").status_code == 422
    assert post(client, f"{here}/end").json() == {"uid": listed["uid"]}
    assert client.get(LIST).json() == []
    assert post(client, f"{here}/end").status_code == 404


def test_a_lapsed_one_says_why_and_opens_nothing(desk: Desk, house: House) -> None:
    save(desk)
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    client = signed_in(desk.viewer)
    [listed] = client.get(LIST).json()
    assert (listed["mandate"], listed["new"], listed["runs"][0]["is_open"]) == ("grant-revoked", 0, False)
    answer = post(client, f"{LIST}/{listed['uid']}/runs/{listed['runs'][0]['uid']}/lines")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.grant-revoked")


def test_no_token_of_any_scope_reads_or_changes_one(desk: Desk) -> None:
    save(desk)
    for scope in Scope:
        client = bearing(desk.viewer, scope)
        for answer in (client.get(LIST), post(client, f"{LIST}/{Uid.new()}/end")):
            assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted")
