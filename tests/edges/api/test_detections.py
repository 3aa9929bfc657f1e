# SPDX-License-Identifier: Apache-2.0
"""What tools found, by API: read, counted, compared, carried off and handed in by those who may, and by nobody else."""

import json
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.detections import carrying
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.values import Role
from glasshouse.kernel.errors import InvalidError
from tests.domain.detections.handing import Told, hand_in, log
from tests.edges.api.conftest import bearing, program, signed_in
from tests.lab import FILES, Desk, House, add, next_version

RESULTS = [Told("gets", "src/main.c", 12, message="a\u202eb"), Told("gets", "src/net/http.c", 4, level="warning")]
TOOLS = frozenset({*USUAL, Purpose.TOOLS})


def arrange(house: House) -> Desk:
    release = house.take()
    hand_in(house, "1", log(RESULTS, cwes={"gets": "242"}))
    return house.seat(house.cast.reviewer, release, purposes=TOOLS)


@pytest.fixture
def desk(house: House) -> Desk:
    return arrange(house)


@pytest.fixture
def owner(house: House) -> Client:
    del house
    return signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))


def own(desk: Desk, rest: str = "") -> str:
    return f"/api/v1/releases/{desk.release}/detections{rest}"


def under(desk: Desk, rest: str = "") -> str:
    return f"/api/v1/grants/{desk.grant}/releases/{desk.release}/detections{rest}"


def told(client: Client, address: str, status: int = 200) -> Any:
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_reader_lists_counts_and_opens(desk: Desk, owner: Client) -> None:
    page = told(owner, own(desk))
    assert [row["path"] for row in page["rows"]] == ["src/main.c", "src/net/http.c"]
    assert page["rows"][0]["message"] == "a[U+202E]b"
    assert (page["after"], page["showing"]) == (None, None)
    assert page["tallies"]["cwes"] == {"242": 2}
    assert told(owner, own(desk, "?severity=high"))["tallies"]["total"] == 1
    assert told(owner, own(desk, "/tallies?folder=src/net"))["total"] == 1
    one = told(owner, own(desk, f"/{page['rows'][0]['uid']}"))
    assert (one["place"]["lines"], one["run"], one["cwes"]) == ("12", None, [242])
    assert [moment["state"] for moment in one["history"]] == ["new"]
    assert told(owner, own(desk, "?which=nonsense"), 422)["code"]


def test_a_visitor_gets_the_same_recorded_and_carries_nothing_off(desk: Desk) -> None:
    client = signed_in(desk.viewer)
    page = told(client, under(desk))
    assert page["showing"]["charged"] == 2
    one = told(client, under(desk, f"/{page['rows'][0]['uid']}"))
    assert one["showing"]["promise"]["commitment"]
    assert told(client, under(desk, "/export"), 403)["code"] == "readingroom.not-carried-off"
    assert told(client, own(desk), 404)
    assert told(client, own(desk, "/export"), 404)


def test_two_releases_are_compared(house: House, desk: Desk, owner: Client) -> None:
    later = house.take("2", next_version(FILES))
    hand_in(house, "2", log(RESULTS[1:]), is_complete=True)
    found = told(owner, f"/api/v1/releases/{later.uid}/detections/since/{desk.release}")
    assert [(one["rule"]["id"], one["came"], one["went"], one["stayed"]) for one in found["rules"]] == [
        ("gets", 0, 1, 1)
    ]
    wide = house.seat(house.cast.colleague, *desk.taken, later, purposes=TOOLS)
    address = f"/api/v1/grants/{wide.grant}/releases/{later.uid}/detections/since/{desk.release}"
    assert told(signed_in(wide.viewer), address)["showing"]["charged"] == 1


def test_what_is_carried_off_can_be_handed_in_again_by_the_owner(desk: Desk, owner: Client, house: House) -> None:
    answer = owner.get(own(desk, "/export?form=sarif"))
    content = b"".join(answer)
    assert answer["Content-Disposition"] == 'attachment; filename="detections.sarif"'
    assert Event.objects.filter(kind="detections.exported").count() == 1
    address = f"/api/v1/releases/{desk.release}/reports?complete=true"
    taken = owner.post(address, content, content_type="application/sarif+json").json()
    assert [(one["states"], one["is_new"]) for one in taken] == [({"unchanged": 2}, True)]
    rows = b"".join(owner.get(own(desk, "/export?form=json")))
    assert len(json.loads(rows)["detections"]) == 2
    assert owner.post(address, b"{", content_type="application/json").status_code == 422
    manager = signed_in(house.cast.manager)
    assert manager.post(address, content, content_type="application/json").status_code == 403
    for viewer in (desk.viewer, house.cast.custodian):
        assert signed_in(viewer).post(address, content, content_type="application/json").status_code == 404


def test_no_token_and_nobody_else(house: House, desk: Desk) -> None:
    for rest in ("", "/tallies", "/export"):
        assert program().get(own(desk, rest)).status_code == 401
        assert bearing(house.cast.manager, Scope.RELEASES).get(own(desk, rest)).status_code == 403
        assert signed_in(house.cast.stranger).get(own(desk, rest)).status_code == 404
    assert signed_in(house.cast.stranger).get(under(desk)).status_code == 404


def test_a_file_of_results_beyond_the_largest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "LARGEST", 10)
    with carrying.received([b"x" * 10]) as file:
        assert file.read_bytes() == b"x" * 10
    with pytest.raises(InvalidError), carrying.received([b"x" * 6, b"x" * 5]):
        pass
