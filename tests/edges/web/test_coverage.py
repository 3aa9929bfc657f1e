# SPDX-License-Identifier: Apache-2.0
"""The page of what was read: its numbers, its map and table, and what it never shows."""

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from tests.edges.web.conftest import Browse
from tests.lab import Desk, House


@pytest.fixture
def desk(house: House) -> Desk:
    return house.desk()


def at(desk: Desk, rest: str = "") -> str:
    return f"/r/{desk.grant}/{desk.release}/coverage{rest}"


def test_the_page_says_what_was_read_and_what_is_not_known(desk: Desk, reviewer: Client) -> None:
    reviewer.get(f"/r/{desk.grant}/{desk.release}/file/src/main.c?lines=1-40")
    answer = reviewer.get(at(desk))
    page = answer.content.decode()
    assert "40 of 262 lines that your grant covers" in page
    assert "15.3 %" in page
    assert "not told: your grant does not run tools" in page
    assert "Glasshouse-Promise" in answer.headers
    assert Event.objects.filter(kind="readingroom.coverage-shown").count() == 1


def test_a_folder_opens_from_the_map_and_from_the_table(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(at(desk)).content.decode()
    assert page.count(f'href="{at(desk, "/src")}"') == 3  # a map for each width, and the table
    inside = reviewer.get(at(desk, "/src")).content.decode()
    assert f'href="/r/{desk.grant}/{desk.release}/file/src/main.c"' in inside
    assert "0 of 243" in inside


def test_risky_code_leads_to_its_first_unread_line(desk: Desk, reviewer: Client) -> None:
    reviewer.get(f"/r/{desk.grant}/{desk.release}/file/src/net/http.c?lines=1-88")
    page = reviewer.get(at(desk)).content.decode()
    assert f'href="/r/{desk.grant}/{desk.release}/file/src/net/http.c?from=101"' in page
    assert "it takes bytes from a network" in page


def test_what_the_grant_does_not_cover_is_on_no_map(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), patterns=("src/**",))
    page = browser_of(desk.viewer).get(at(desk)).content.decode()
    assert "secret" not in page
    assert "guide" not in page


def test_the_engagements_sum_stands_beside_ones_own(house: House, browser_of: Browse) -> None:
    release = house.take()
    mine, theirs = house.seat(house.cast.reviewer, release), house.seat(house.cast.colleague, release)
    browser_of(theirs.viewer).get(f"/r/{theirs.grant}/{theirs.release}/file/src/main.c?lines=1-40")
    client = browser_of(mine.viewer)
    assert "0 of 262 lines" in client.get(at(mine)).content.decode()
    page = client.get(at(mine, "?whose=engagement")).content.decode()
    assert "40 of 262 lines" in page
    assert "2 people hold grants" in page
    assert "Colleague" not in page


@pytest.mark.parametrize("query", ["?whose=theirs", "?from=x", "?from=0"])
def test_nonsense_is_refused(desk: Desk, reviewer: Client, query: str) -> None:
    assert reviewer.get(at(desk, query)).status_code == 422


def test_the_list_leads_to_each_release_of_an_open_visit(desk: Desk, reviewer: Client) -> None:
    assert f'href="{at(desk)}"' in reviewer.get("/coverage/").content.decode()


def test_who_never_held_a_grant_is_told_what_would_be_here(house: House, browser_of: Browse) -> None:
    page = browser_of(house.cast.stranger).get("/coverage/").content.decode()
    assert "Nothing to read yet" in page
