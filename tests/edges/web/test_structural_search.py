# SPDX-License-Identifier: Apache-2.0
"""Searching the structure of code on the search page: chosen, refused beside the pattern, shown, asked again."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import structuretool
from tests.edges.web.conftest import Browse
from tests.edges.web.test_hostile_source import PAYLOADS, foreign
from tests.lab import FILES, Desk, House
from tests.searching import index, searcher

KIND = "readingroom.structure-shown"
HTMX = {"hx-request": "true"}
SOURCE = b"""/* memcpy(a, b, 1) is said here */
void copy(char *to, const char *from, int n)
{
	memcpy(to, from, n);
	memcpy(to,
		from,
		sizeof(to));
}
"""
PATTERN = "memcpy($TO, $FROM, $N)"


@pytest.fixture
def house(transactional_db: None, house: House) -> House:
    """The searcher reads in threads of its own, so rows must be there for them."""
    del transactional_db
    return house


def arrange(house: House) -> Desk:
    """Seat the reviewer at a release with some code, and index it."""
    taken = house.take("1", {**FILES, "server-1/src/copy.c": SOURCE, "server-1/secret/copy.c": SOURCE})
    index(taken)
    return house.seat(house.cast.reviewer, taken, patterns=("src/**", "docs/**", "*"))


@pytest.fixture
def desk(house: House, arranged: Desk) -> Iterator[Desk]:
    """The reviewer, with a searcher that holds the release."""
    del house
    with searcher():
        yield arranged


def find(client: Client, desk: Desk, pattern: str, **fields: Any) -> Any:
    """Search by the form, as a browser without scripts: again while the page says that it is still searching."""
    asked = {"pattern": pattern, "kind": "structure", "case": "smart", "language": "C", "context": "0"}
    asked |= {"release": desk.release.text, **fields}
    for _ in range(100):
        answer = client.post(f"/search/{desk.grant}/", asked)
        if 'class="state waiting"' not in answer.content.decode():
            return answer
    raise AssertionError("still searching")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def numbers(page: str) -> list[str]:
    return re.findall(r'<li class="found" data-walk><a class="ln" href="[^"]+\?lines=(\d+)#', page)


def test_code_is_shown_counted_and_recorded_under_its_own_kind(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, PATTERN))
    assert numbers(page) == ["4", "5", "6", "7"]
    assert "2 matches in 1 file." in page
    assert "4 lines charged" in page
    assert "secret" not in page
    entry = Event.objects.get(kind=KIND)
    assert f"/record/entries/{entry.uid}" in page
    assert "Found code shown" in text(reviewer.get("/record/"))


def test_a_permalink_asks_the_same_again_for_its_own_visitor_alone(
    reviewer: Client, desk: Desk, house: House, browser_of: Browse
) -> None:
    find(reviewer, desk, PATTERN, paths="src/**")
    entry = Event.objects.get(kind=KIND)
    link = f"/search/{desk.grant}/again/{entry.uid}"
    for _ in range(100):
        again = text(reviewer.get(link))
        if 'class="state waiting"' not in again:
            break
    assert numbers(again) == ["4", "5", "6", "7"]
    for filled in ('value="structure" selected', 'value="C" selected', 'value="src/**"', f'value="{PATTERN}"'):
        assert filled in again
    for other in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        assert browser_of(other).get(link).status_code == 404


def test_code_is_not_offered_to_be_saved_and_cannot_be(reviewer: Client, desk: Desk) -> None:
    assert "Save this search" not in text(find(reviewer, desk, PATTERN))
    entry = Event.objects.get(kind=KIND)
    answer = reviewer.post(f"/search/{desk.grant}/save/{entry.uid}", {"label": "copies"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("pattern", "language", "said"),
    [
        ("memcpy(", "C", "The pattern is no whole piece of C."),
        ("$$$", "C", "A hole alone matches everything."),
        ("", "C", "The pattern is empty."),
        ("f($A)", "", "Choose the language that the code is written in"),
        ("f($A)", "Makefile", "Choose the language that the code is written in"),
    ],
)
def test_what_cannot_be_searched_is_said_beside_its_field(
    reviewer: Client, desk: Desk, pattern: str, language: str, said: str
) -> None:
    answer = find(reviewer, desk, pattern, language=language)
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert 'role="alert"' in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


def test_hostile_patterns_and_hostile_source_stay_text(house: House, browser_of: Browse) -> None:
    lines = b"".join(b"f(%s);\n" % payload.encode("utf-8", "surrogateescape") for payload in PAYLOADS)
    taken = house.take("1", {**FILES, "server-1/src/hostile.c": b"void g(void)\n{\n" + lines + b"}\n"})
    index(taken)
    with searcher():
        seat = house.seat(house.cast.reviewer, taken)
        client = browser_of(seat.viewer)
        for pattern in ("f($$$)", *PAYLOADS):
            page = text(find(client, seat, pattern))
            assert [one for one in foreign(page) if one[0] not in {"form", "input", "progress", "details"}] == []


def test_a_lab_without_the_tool_says_how_it_is_installed(
    reviewer: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = structuretool.tool().with_name("no-such-tool")
    monkeypatch.setattr(structuretool, "tool", lambda: absent)
    answer = find(reviewer, desk, PATTERN)
    assert answer.status_code == 409
    assert "Structural search is not installed in this lab." in text(answer)
    assert "make setup" in text(answer)
    assert "Nothing was shown or charged." in text(answer)


def test_the_tally_of_code_speaks_of_matches(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "no_such_call($X)"))
    assert "No match." in page
    assert "No code matches" in page
    lost = text(reviewer.get(f"/search/{desk.grant}/tally/{'0' * 32}?of=code", headers=HTMX))
    assert "The total is not known" in lost
