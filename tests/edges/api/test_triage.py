# SPDX-License-Identifier: Apache-2.0
"""Verdicts by API: the vendor's people for a release, a visitor under a grant, and no token."""

from pathlib import Path

import pytest

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.values import Role
from tests.edges.api.conftest import bearing, signed_in
from tests.edges.api.test_speaking import get, post
from tests.edges.api.test_strangers import hand_in
from tests.lab import Desk, House, add


@pytest.fixture
def tools(house: House) -> Desk:
    """The reviewer with a grant for running tools."""
    return house.seat(house.cast.reviewer, house.take(), purposes=frozenset({*USUAL, Purpose.TOOLS}))


def test_both_sides_judge_one_detection_and_read_each_other_as_far_as_it_is_shared(tools: Desk, tmp_path: Path) -> None:
    found = hand_in(tmp_path, tools.taken[0]).text
    owner = signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    reviewer = signed_in(tools.viewer)
    place = f"/detections/{tools.release}/verdicts"
    asked = {"detections": [found], "state": "false-positive", "reason": "Checked before."}
    post(owner, place, {**asked, "justification": "inline_mitigations_already_exist"}, expected=201)
    mine = {"detections": [found], "grant": tools.grant.text, "state": "confirmed", "reason": "It is not."}
    rated = {**mine, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    post(reviewer, place, rated, expected=201)
    assert get(owner, place) == {
        "states": {
            "open": 0,
            "confirmed": 0,
            "false-positive": 1,
            "wont-fix": 0,
            "fix-claimed": 0,
            "fix-verified": 0,
        },
        "ask_again": 0,
        "suppressed": 0,
    }
    one = f"/detections/{tools.release}/{found}/verdicts"
    told = get(reviewer, f"{one}?grant={tools.grant}")
    assert [(row["side"], row["state"], row["is_mine"]) for row in told["opinions"]] == [
        ("visitor", "confirmed", True),
        ("owner", "false-positive", False),
    ]
    assert [(row["vex_status"], row["severity"], row["reason"]) for row in told["verdicts"]] == [
        ("not_affected", "", "Checked before."),
        ("affected", "critical", "It is not."),
    ]
    assert [row["side"] for row in get(owner, one)["opinions"]] == ["owner"]
    post(reviewer, place, {**mine, "is_shared": True}, expected=201)
    assert [row["side"] for row in get(owner, one)["verdicts"]] == ["owner", "visitor"]


def test_what_contradicts_itself_or_is_another_s_is_refused_with_its_code(tools: Desk, tmp_path: Path) -> None:
    found = hand_in(tmp_path, tools.taken[0]).text
    owner = signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    place = f"/detections/{tools.release}/verdicts"
    asked = {"detections": [found], "state": "wont-fix", "reason": "So."}
    for body, status, code in (
        ({**asked, "pattern": "src/**"}, 422, "triage.unusable-verdict"),
        ({**asked, "vector": "CVSS:3.1/AV:N"}, 422, "formats.invalid-cvss"),
        ({**asked, "reason": "a\u202eb"}, 422, "kernel.unreadable-text"),
        ({**asked, "state": "fix-verified"}, 403, "triage.not-yours"),
        ({**asked, "from_suppression": True}, 409, "triage.not-possible"),
        ({**asked, "grant": tools.grant.text}, 404, "not-found"),
    ):
        assert post(owner, place, body, expected=status)["code"] == code
    program = bearing(tools.viewer, Scope.RELEASES)
    assert program.get(f"/api/v1{place}").status_code == 403


def test_a_visitor_puts_detections_to_the_vendor(tools: Desk, tmp_path: Path) -> None:
    found = hand_in(tmp_path, tools.taken[0]).text
    asked = {"detections": [found], "title": "Bad", "severity": "high", "words": "See there."}
    place = f"/grants/{tools.grant}/releases/{tools.release}/detections/findings"
    made = post(signed_in(tools.viewer), place, asked, expected=201)
    assert get(signed_in(tools.viewer), f"/findings/{made['uid']}")["title"] == "Bad"
