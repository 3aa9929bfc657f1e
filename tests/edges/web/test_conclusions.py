# SPDX-License-Identifier: Apache-2.0
"""The page of what a release leaves of one's conclusions."""

import re

import pytest
from django.test import Client

from glasshouse.domain.releases import reliances
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse
from tests.lab import FILES, NOW, Desk, House, next_version


def arrange(house: House) -> Desk:
    """Seat the reviewer in a visit to two releases."""
    return house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))


def at(desk: Desk, place: int, rest: str = "conclusions") -> str:
    return f"/r/{desk.grant}/{desk.taken[place].uid}/{rest}"


def conclude(client: Client, desk: Desk, path: str, lines: str = "") -> int:
    client.get(at(desk, 0, f"file/{path}?lines=1-200"))
    return client.post(at(desk, 0), {"path": path, "lines": lines}).status_code


def test_two_conclusions_lapse_with_the_next_release_and_say_by_which_lines(desk: Desk, reviewer: Client) -> None:
    for path, lines in (("src/main.c", ""), ("docs/old.md", ""), ("src/main.c", "1-5"), ("src/net/http.c", "")):
        assert conclude(reviewer, desk, path, lines) == 302
    waiting = reviewer.get(at(desk, 1)).content.decode()
    assert waiting.count("Not judged yet") == 5  # in four rows and in the tally
    reliances.judge(Uid(desk.taken[0].product.uid), now=lambda: NOW)
    page = reviewer.get(at(desk, 1)).content.decode()
    assert page.count('class="mark lapsed"') == 3
    assert f'href="/changes/{desk.grant}/{desk.taken[0].uid}/{desk.taken[1].uid}/file/src/main.c"' in page
    assert "2 lines differ" in page
    assert "the file is gone" in page
    assert "src/net/web.c" in page


def test_what_was_not_opened_is_refused_with_its_reason(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.post(at(desk, 0), {"path": "src/main.c"})
    assert answer.status_code == 422
    assert "You have opened 0 of these 40 lines." in answer.content.decode()


def test_a_conclusion_is_taken_back(desk: Desk, reviewer: Client) -> None:
    conclude(reviewer, desk, "src/main.c")
    found = re.search(r'name="withdraw" value="(\w+)"', reviewer.get(at(desk, 0)).content.decode())
    assert found
    assert reviewer.post(at(desk, 0), {"withdraw": found[1]}).status_code == 302
    assert reviewer.post(at(desk, 0), {"withdraw": found[1]}).status_code == 404
    assert "No conclusion yet" in reviewer.get(at(desk, 0)).content.decode()


@pytest.mark.parametrize("who", ["stranger", "colleague", "manager", "custodian", "officer"])
def test_nobody_else_sees_or_takes_back_a_conclusion(
    house: House, desk: Desk, reviewer: Client, browser_of: Browse, who: str
) -> None:
    conclude(reviewer, desk, "src/main.c")
    found = re.search(r'name="withdraw" value="(\w+)"', reviewer.get(at(desk, 0)).content.decode())
    assert found
    client = browser_of(getattr(house.cast, who))
    assert client.get(at(desk, 0)).status_code == 404
    assert client.post(at(desk, 0), {"withdraw": found[1]}).status_code == 404
    assert client.post(at(desk, 0), {"path": "src/main.c"}).status_code == 404
