# SPDX-License-Identifier: Apache-2.0
"""The search page: found lines by file, charged and recorded; a pattern stands in no address."""

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases.reading import Reading
from glasshouse.edges.http.headers import WITH_PICTURES
from glasshouse.edges.searcher import pages
from glasshouse.edges.web.search_forms import ignores_case
from glasshouse.engines.codeindex.search.questions import FileFound
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse, Moment
from tests.edges.web.test_hostile_source import PAYLOADS, foreign
from tests.lab import FILES, NOW, Desk, House, add, next_version
from tests.searching import index, searcher

KIND = "readingroom.search-shown"
HTMX = {"hx-request": "true"}


@pytest.fixture
def house(transactional_db: None, house: House) -> House:
    """The searcher reads in threads of its own, so rows must be there for them."""
    del transactional_db
    return house


def arrange(house: House) -> Desk:
    """Seat the reviewer at two releases that are indexed, without what is secret."""
    taken = [house.take("1"), house.take("2", next_version(FILES))]
    index(*taken)
    return house.seat(house.cast.reviewer, *taken, patterns=("src/**", "docs/**", "*"))


@pytest.fixture
def desk(house: House, arranged: Desk) -> Iterator[Desk]:
    """The reviewer, with a searcher that holds both releases."""
    del house
    with searcher():
        yield arranged


def find(client: Client, desk: Desk, pattern: str, **fields: Any) -> Any:
    """Search by the form, as a browser without scripts: again while the page says that it is still searching."""
    asked = {"pattern": pattern, "case": "smart", "context": "0", "release": desk.release.text, **fields}
    asked.setdefault("kind", "regex")
    headers = asked.pop("headers", None)
    for _ in range(100):
        answer = client.post(f"/search/{desk.grant}/", asked, headers=headers)
        if 'class="state waiting"' not in answer.content.decode():
            return answer
    raise AssertionError("still searching")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def numbers(page: str) -> list[str]:
    return re.findall(r'<li class="found" data-walk><a class="ln" href="([^"]+)"', page)


def test_found_lines_stand_by_file_and_lead_to_their_place_in_it(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, r"line_(7|21)\b", context="1"))
    address = f"/r/{desk.grant}/{desk.release}/file/src/main.c"
    assert numbers(page) == [f"{address}?lines={number}#L{number}" for number in (7, 21)]
    assert '<span class="t">int</span> <mark>line_7</mark>;' in page
    assert page.count('class="gap"') == 1
    assert "2 lines in 1 file." in page
    assert "6 lines shown" in page
    assert "6 lines charged" in page


def test_a_search_is_recorded_before_it_is_shown_and_the_page_bears_its_promise(reviewer: Client, desk: Desk) -> None:
    answer = find(reviewer, desk, "line_7;")
    entry = Event.objects.get(kind=KIND)
    assert answer.headers["Glasshouse-Promise"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"/record/entries/{entry.uid}" in text(answer)
    assert f"/record/entries/{entry.uid}/watermark.svg" in text(answer)


def test_lines_of_a_product_in_pictures_are_found_as_pictures(reviewer: Client, desk: Desk) -> None:
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    product = Uid(desk.taken[0].product.uid)
    releases.set_reading(owner, product, Reading(in_pictures=True), reason="Trade secret.", now=NOW)
    answer = find(reviewer, desk, "line_7;")
    lines = text(answer).partition('tabindex="0"')[2].partition("<ol>")[2].partition("</ol>")[0]
    assert lines.count('<img class="drawn"') == lines.count("<li") == 1
    assert "line_7" not in lines
    form = reviewer.get(f"/search/{desk.grant}/")  # found lines come into it by themselves
    assert answer.headers["Content-Security-Policy"] == form.headers["Content-Security-Policy"] == WITH_PICTURES


def test_no_address_of_the_page_holds_the_pattern(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "line_7;"))
    addresses = re.findall(r'(?:href|src|action|hx-get|hx-post)="([^"]*)"', page)
    assert addresses
    assert not [address for address in addresses if "line" in re.sub(r"\?lines?=", "", address)]


def test_a_permalink_asks_the_same_again_for_its_own_visitor_alone(
    reviewer: Client, desk: Desk, house: House, browser_of: Browse
) -> None:
    first = text(
        find(reviewer, desk, "LINE_7;", case="ignore", word="", paths="src/** *.md", language="C", context="1")
    )
    entry = Event.objects.get(kind=KIND)
    link = f"/search/{desk.grant}/again/{entry.uid}"
    assert f'href="{link}"' in first
    again = text(reviewer.get(link))
    assert numbers(again) == numbers(first) != []
    for filled in ('value="LINE_7;"', 'value="ignore" selected', 'value="src/** *.md"', 'value="C" selected'):
        assert filled in again
    assert Event.objects.filter(kind=KIND).count() == 2
    for other in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        assert browser_of(other).get(link).status_code == 404
    other_entry = Event.objects.get(kind="readingroom.visit-opened")
    assert reviewer.get(f"/search/{desk.grant}/again/{other_entry.uid}").status_code == 404


@pytest.mark.parametrize(
    ("pattern", "case", "is_literal", "ignores"),
    [
        ("memcpy", "smart", False, True),
        ("memCpy", "smart", False, False),
        (r"\W\S\B", "smart", False, True),
        (r"\x4A\pL", "smart", False, True),
        (r"\W", "smart", True, False),
        ("memcpy", "match", False, False),
        ("MEMCPY", "ignore", False, True),
    ],
)
def test_case_is_smart_unless_another_way_is_chosen(pattern: str, case: str, is_literal: bool, ignores: bool) -> None:  # noqa: FBT001 -- a table
    assert ignores_case(pattern, case, is_literal=is_literal) is ignores


def test_several_releases_show_the_same_content_once_and_name_the_others(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "Start it", every="on"))
    assert len(numbers(page)) == 1
    assert "The same content:" in page
    assert "2 lines in 2 files." in page
    moved = text(find(reviewer, desk, "http_7[(]", every="on"))
    assert "src/net/web.c (2)" in moved or "src/net/http.c (1)" in moved


def test_fifty_lines_come_at_once_and_the_next_are_an_entry_of_their_own(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "http_"))
    assert len(numbers(page)) == 50
    [after] = re.findall(r'name="after" value="([^"]+)"', page)
    more = text(find(reviewer, desk, "http_", after=after, headers=HTMX))
    assert numbers(more)[0].endswith("?lines=51#L51")
    assert "<html" not in more
    assert '<div id="limits" hx-swap-oob="true">' in more
    assert '<ul hx-swap-oob="beforeend:#found-files">' in more
    assert Event.objects.filter(kind=KIND).count() == 2
    whole = text(find(reviewer, desk, "http_", after=after))
    assert "<html" in whole
    assert numbers(whole)[0].endswith("?lines=51#L51")


def test_the_total_is_a_piece_that_only_its_own_visitor_gets(
    reviewer: Client, desk: Desk, house: House, browser_of: Browse
) -> None:
    page = text(find(reviewer, desk, "http_"))
    found = re.search(rf"/search/{desk.grant}/tally/[0-9a-f]+", page)
    total = page
    while found:
        assert browser_of(house.cast.colleague).get(found[0]).status_code == 404
        total = text(reviewer.get(found[0], headers=HTMX))
        if "hx-get" not in total:
            break
    assert "200 lines in 1 file." in total


def test_where_lines_were_found_stands_beside_them_and_each_part_narrows_the_search(
    reviewer: Client, desk: Desk
) -> None:
    both = [str(row.uid) for row in desk.taken]
    answer = find(reviewer, desk, "int more;|http_7|line_7;", release=both, paths="**/*.c", language="C")
    page = text(answer)
    narrow = re.search(r'<form id="narrow".*?</form>', page)
    assert narrow
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', narrow[0]))
    assert (fields["pattern"], fields["paths"]) == ("int more;|http_7|line_7;", "**/*.c")
    for _ in range(100):
        parts = re.findall(r'<button type="submit" form="narrow" name="([^"]+)" value="([^"]*)"', page)
        if parts:
            break
        time.sleep(0.05)
        page = text(reviewer.get(re.findall(r'hx-get="([^"]+)"', page)[0], headers=HTMX))
    assert {("paths", "src/main.c"), ("paths", "src/net/**/*.c"), *(("only", uid) for uid in both)} <= set(parts)
    assert "secret" not in str(parts)
    # A browser sends the button's own field behind those of the form: the last one counts.
    sent = {**fields, "release": both, "paths": [fields["paths"], "src/net/**/*.c"], "case": "match"}
    narrower = text(find(reviewer, desk, sent.pop("pattern"), **{**sent, "only": both[1]}))
    assert "src/net/web.c" in narrower
    assert "src/net/http.c" not in narrower, "that is the other release's"
    assert "main.c" not in narrower


def test_what_was_not_searched_is_listed_and_is_no_missing_match(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "no such thing"))
    assert "No line matches" in page
    assert "2 were not, which is no answer about them." in page
    assert "1 binary file" in page
    assert "1 symbolic link" in page
    assert f'/r/{desk.grant}/{desk.release}/file/logo.png"' in page
    assert "1 line charged" in page


def test_a_release_that_is_being_indexed_says_how_far(reviewer: Client, desk: Desk, house: House) -> None:
    del desk
    later = house.take("3", {"server-3/new.c": b"int unseen;\n"})
    seat = house.seat(house.cast.reviewer, later)
    page = text(find(reviewer, seat, "unseen"))
    assert "The index is being built: 0 files are in it, 1 is not yet and was not searched." in page
    assert "1 file not indexed yet" in page


@pytest.mark.parametrize("pattern", ["", "(", "a" * 1001, "(" * 900, "(a{1000}){1000}"])
def test_what_is_wrong_with_a_pattern_stands_beside_it(reviewer: Client, desk: Desk, pattern: str) -> None:
    answer = find(reviewer, desk, pattern)
    assert answer.status_code == 422
    assert '<p class="wrong" id="pat_error"' in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


@pytest.mark.parametrize(
    "wrong", [{"paths": "../x"}, {"paths": " ".join(map(str, range(17)))}, {"language": "Klingon"}, {"context": "11"}]
)
def test_what_is_wrong_elsewhere_is_said_and_nothing_is_searched(
    reviewer: Client, desk: Desk, wrong: dict[str, str]
) -> None:
    answer = find(reviewer, desk, "int", **wrong)
    assert answer.status_code == 422
    assert 'class="wrong"' in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


def test_no_release_chosen_is_said(reviewer: Client, desk: Desk) -> None:
    answer = reviewer.post(f"/search/{desk.grant}/", {"pattern": "int", "case": "smart", "context": "0"})
    assert answer.status_code == 422
    assert "Choose a release to search." in text(answer)


def test_a_release_outside_the_grant_cannot_be_named(reviewer: Client, desk: Desk, house: House) -> None:
    foreign_release = house.take("9", product="gateway")
    answer = find(reviewer, desk, "int", release=foreign_release.uid)
    assert answer.status_code == 422
    assert foreign_release.uid not in text(reviewer.get(f"/search/{desk.grant}/?release={foreign_release.uid}"))


def test_a_search_of_one_release_begins_with_it(reviewer: Client, desk: Desk) -> None:
    page = text(reviewer.get(f"/search/{desk.grant}/?release={desk.release}"))
    ticked = re.findall(r'name="release" value="([^"]+)" data-name="[^"]*" checked', page)
    assert ticked == [desk.release.text]
    assert "server 1" in page
    tree = text(reviewer.get(f"/r/{desk.grant}/{desk.release}/"))
    assert f'href="/search/{desk.grant}/?release={desk.release}"' in tree


def test_a_budget_that_does_not_reach_says_so_and_keeps_what_was_typed(house: House, browser_of: Browse) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        seat = house.seat(house.cast.reviewer, taken, limits=Limits(hour=5))
        answer = find(browser_of(seat.viewer), seat, "int line_")
    assert answer.status_code == 403
    assert "Refused: " in text(answer)
    assert "The attempt is recorded." in text(answer)
    assert 'value="int line_"' in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_searcher_that_is_not_running_is_said_plainly(house: House, browser_of: Browse) -> None:
    seat = house.seat(house.cast.reviewer, house.take())
    answer = find(browser_of(seat.viewer), seat, "int")
    assert answer.status_code == 409
    assert "Search is not running" in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_grant_that_ended_shows_why_and_no_form(reviewer: Client, desk: Desk, moment: Moment) -> None:
    assert find(reviewer, desk, "line_7;").status_code == 200
    link = f"/search/{desk.grant}/again/{Event.objects.get(kind=KIND).uid}"
    moment.pass_by(days=3)
    for answer in (
        reviewer.get(f"/search/{desk.grant}/"),
        reviewer.post(f"/search/{desk.grant}/", {"pattern": "x"}),
        reviewer.get(link),
    ):
        assert answer.status_code == 403
        assert "Refused: " in text(answer)
        assert 'id="pat"' not in text(answer)
        assert "line_7" not in text(answer)


def test_search_stands_in_the_bar_of_those_who_hold_a_grant(
    reviewer: Client, desk: Desk, house: House, browser_of: Browse
) -> None:
    link = 'href="/search/"'
    assert link in text(reviewer.get("/"))
    assert link in text(reviewer.get(f"/r/{desk.grant}/{desk.release}/"))
    assert link not in text(browser_of(house.cast.stranger).get("/"))
    assert link not in text(browser_of(house.cast.manager).get("/"))
    assert "You hold no grant" in text(browser_of(house.cast.stranger).get("/search/"))
    assert reviewer.get("/search/").headers["Location"] == f"/search/{desk.grant}/"


def test_hostile_source_names_and_patterns_are_data(house: House, browser_of: Browse) -> None:
    lines = "\n".join(f"needle {payload}" for payload in PAYLOADS)
    files = {
        f"server-1/{payload.replace('/', '_')}.c": lines.encode() + b"%d" % n for n, payload in enumerate(PAYLOADS)
    }
    taken = house.take("1", files)
    index(taken)
    with searcher():
        seat = house.seat(house.cast.reviewer, taken)
        client = browser_of(seat.viewer)
        page = text(find(client, seat, "needle"))
        assert len(numbers(page)) == 50
        assert [one for one in foreign(page) if one[0] not in {"form", "input", "progress", "details"}] == []
        for payload in PAYLOADS:
            answer = text(find(client, seat, payload, kind="text"))
            assert [one for one in foreign(answer) if one[0] not in {"form", "input", "progress", "details"}] == []


def test_a_long_line_is_cut_and_says_so(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "^x+;"))
    assert "Line 2 has 10,001 bytes. A part of it is shown, from byte 0." in page
    assert "\u2026</code>" in page


def test_a_total_that_nobody_counts_any_more_is_said_to_be_unknown(reviewer: Client, desk: Desk) -> None:
    answer = reviewer.get(f"/search/{desk.grant}/tally/{'0' * 32}", headers=HTMX)
    assert answer.status_code == 200
    assert "The total is not known" in text(answer)
    assert "hx-get" not in text(answer)


def test_a_search_that_takes_longer_says_so_costs_nothing_and_is_joined(
    reviewer: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, let_go = pages.files_of, threading.Event()

    def held(*asked_of: Any) -> tuple[FileFound, ...]:
        assert let_go.wait(60)
        return shown(*asked_of)

    monkeypatch.setattr(pages, "files_of", held)
    asked = {"pattern": "line_7;", "kind": "regex", "case": "match", "context": "0", "release": desk.release.text}
    address = f"/search/{desk.grant}/"
    first = text(reviewer.post(address, asked))
    let_go.set()
    assert 'class="state waiting"' in first
    assert 'hx-trigger="load delay:150ms, submit"' in first
    assert not Event.objects.filter(kind=KIND).exists()
    carried = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', first.partition("state waiting")[2])
    )
    carried.pop("csrfmiddlewaretoken")
    assert carried == {**asked, "paths": "", "language": "", "after": "", "waited": "1"}
    for _ in range(200):
        answer = reviewer.post(address, carried, headers=HTMX)
        if "state waiting" not in text(answer):
            break
        time.sleep(0.01)
    assert len(numbers(text(answer))) == 1
    assert "<html" not in text(answer)
    entry = Event.objects.get(kind=KIND)
    assert answer.headers["HX-Replace-Url"] == f"/search/{desk.grant}/again/{entry.uid}"


def test_nobody_elses_grant_is_searched_or_hinted_at(desk: Desk, house: House, browser_of: Browse) -> None:
    for other in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        client = browser_of(other)
        for pattern in ("line_7;", "("):
            answer = find(client, desk, pattern)
            assert answer.status_code == 404
            assert "server" not in text(answer)
    assert not Event.objects.filter(kind=KIND).exists()


def test_nothing_outside_the_grant_is_found_or_counted(reviewer: Client, desk: Desk) -> None:
    page = text(find(reviewer, desk, "canary", every="on", paths="secret/**"))
    assert "No line found." in page
    assert "0 files were searched." in page
    assert "secret/keys.c" not in page
