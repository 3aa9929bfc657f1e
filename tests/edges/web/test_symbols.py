# SPDX-License-Identifier: Apache-2.0
"""Outlines, definitions, references, history and the reading list: narrowed, recorded, no name in an address."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import defining, queries, searching, symbols
from tests.edges.web.conftest import Browse, base
from tests.engines.codeindex.symbols.samples import C
from tests.lab import Desk, House
from tests.searching import index, searcher

USE = b'#include "geo.h"\n\nint total(void)\n{\n\treturn area(0) + area(0); /* area */\n}\n'
TWICE = b"int twice(int x)\n{\n\treturn 2 * x;\n}\n"
FIRST = {
    "server-1/src/geo.c": C,
    "server-1/src/use.c": USE,
    "server-1/src/a/twice.c": TWICE,
    "server-1/src/b/twice.c": TWICE + b"int other;\n",
    "server-1/secret/hidden.c": b"int hidden_name(void)\n{\n\treturn area(0);\n}\n",
    "server-1/docs/evil.md": b"# <script>alert(1)</script>\n\n## \xe2\x80\xaeevil\n",
    "server-1/data.json": b'{"a": 1}\n',
    "server-1/src/bin.c": b"\x7fELF\0\0",
}
SECOND = {
    **{path.replace("server-1/", "server-2/"): content for path, content in FIRST.items()},
    "server-2/src/use.c": USE.replace(b"area(0) + area(0)", b"area(1)") + b"\nint fresh(void)\n{\n\treturn 3;\n}\n",
    "server-2/secret/hidden.c": b"int hidden_other(void)\n{\n\treturn 1;\n}\n",
}
SECOND["server-2/lib/twice.c"] = SECOND.pop("server-2/src/a/twice.c")
HTMX = {"hx-request": "true"}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    defining.forget()
    searching.forget()


def arrange(house: House) -> Desk:
    """Seat the reviewer at two releases with their symbols, without what is secret."""
    taken = [house.take("1", FIRST), house.take("2", SECOND)]
    refs = [queries.ref(row) for row in taken]
    symbols.index(refs[0].product, refs)
    return house.seat(house.cast.reviewer, *taken, patterns=("src/**", "docs/**", "lib/**", "*"))


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    page: str = answer.content.decode()
    return page


def last(kind: str) -> Event:
    event = Event.objects.filter(kind=f"readingroom.{kind}").order_by("-pk").first()
    assert event is not None
    return event


def charged(client: Client) -> str:
    """Return what the newest entry of the reviewer's record was charged."""
    found = re.search(r'data-label="New lines" class="num">([^<]+)<', client.get("/record/").content.decode())
    assert found
    return found[1]


def test_an_outline_is_recorded_costs_no_lines_and_marks_where_the_reader_is(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{base(desk)}outline/src/geo.c?line=16", headers=HTMX)
    page = text(answer)
    assert page.startswith("<section")
    assert re.findall(r'data-first="14" data-last="18" title="function"( aria-current="true")>', page)
    assert page.count("aria-current") == 1
    assert f'href="{base(desk)}file/src/geo.c?lines=14#L14"' in page
    assert "1 function" in page
    assert f"Recorded #{last('outline-shown').number}" in page
    assert "Glasshouse-Promise" in answer.headers
    assert charged(reviewer) == "0"


def test_an_outline_is_a_page_too_for_who_has_no_scripts(desk: Desk, reviewer: Client) -> None:
    file = text(reviewer.get(f"{base(desk)}file/src/geo.c"))
    assert f'hx-get="{base(desk)}outline/src/geo.c?line=1"' in file
    assert f'<a href="{base(desk)}outline/src/geo.c">' in file
    page = text(reviewer.get(f"{base(desk)}outline/src/geo.c"))
    assert "<h1>Outline of geo.c</h1>" in page


def test_a_missing_outline_says_why(desk: Desk, reviewer: Client) -> None:
    assert "No parser of symbols" in text(reviewer.get(f"{base(desk)}outline/data.json", headers=HTMX))
    assert "A binary file" in text(reviewer.get(f"{base(desk)}outline/src/bin.c", headers=HTMX))


def test_symbols_that_nobody_looked_for_yet_are_no_empty_outline(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1", FIRST))
    client = browser_of(desk.viewer)
    assert "Nobody has looked for its symbols yet" in text(client.get(f"{base(desk)}outline/src/geo.c", headers=HTMX))
    assert "still being looked for" in text(client.post(f"{base(desk)}names", {"name": "area"}))


def test_a_hostile_name_is_text(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}outline/docs/evil.md", headers=HTMX))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "[U+202E]evil" in page


def test_a_word_leads_to_its_only_definition(desk: Desk, reviewer: Client) -> None:
    reviewer.get(f"{base(desk)}file/src/use.c")
    answer = reviewer.get(f"{base(desk)}definition/src/use.c?at=5:9")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{base(desk)}file/src/geo.c?lines=14#L14"
    assert "Glasshouse-Promise" in answer.headers
    assert last("definitions-shown").number
    assert charged(reviewer) == "1"


def test_several_definitions_are_listed_the_nearest_first(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}definition/src/b/twice.c?at=1:4"))
    links = re.findall(rf'class="mono" href="({re.escape(base(desk))}[^"]+)">twice<', page)
    assert links == [f"{base(desk)}file/src/{folder}/twice.c?lines=1#L1" for folder in "ba"]
    assert f'href="{base(desk)}references/src/b/twice.c?at=1:4"' in page


def test_the_place_of_no_word_is_answered_and_a_line_that_is_not_there_does_not_exist(
    desk: Desk, reviewer: Client
) -> None:
    for at in ("2:0", "5:0", "x", "5", "0:1", "1:-1", "5:99999"):
        assert reviewer.get(f"{base(desk)}definition/src/use.c", {"at": at}).status_code == 422, at
    assert reviewer.get(f"{base(desk)}definition/src/use.c?at=99:1").status_code == 404
    assert not Event.objects.filter(kind="readingroom.definitions-shown").exists()


def test_a_word_on_a_line_that_was_not_seen_is_charged_as_its_line(desk: Desk, reviewer: Client) -> None:
    text(reviewer.get(f"{base(desk)}definition/src/b/twice.c?at=1:4"))
    assert charged(reviewer) == "1"
    reviewer.get(f"{base(desk)}file/src/b/twice.c")
    assert charged(reviewer) == "4"  # of five lines, one was paid


def test_a_name_is_jumped_to_and_stands_in_no_address_and_unsealed_in_no_row(desk: Desk, reviewer: Client) -> None:
    assert "Jump to a name" in text(reviewer.get(f"{base(desk)}names"))
    answer = reviewer.post(f"{base(desk)}names", {"name": "fresh"})
    assert "No definition" in text(answer)
    answer = reviewer.post(f"{base(desk)}names", {"name": "area"})
    assert answer.headers["Location"] == f"{base(desk)}file/src/geo.c?lines=14#L14"
    row = last("definitions-shown")
    assert b"area" not in b"".join(
        bytes(value) for value in vars(row).values() if isinstance(value, bytes | memoryview)
    )


def test_a_beginning_lists_names_of_a_kind_and_none_outside_the_grant(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.post(f"{base(desk)}names", {"name": "t", "how": "prefix", "kind": "function"}))
    assert set(re.findall(r'class="mono" href="[^"]+">(\w+)<', page)) == {"total", "twice"}
    for asked in ({"name": "hidden_name"}, {"name": "hidden", "how": "prefix"}):
        page = text(reviewer.post(f"{base(desk)}names", asked))
        assert "No definition" in page
        assert "hidden.c" not in page


def test_what_is_no_question_for_a_name_is_answered_on_the_form(desk: Desk, reviewer: Client) -> None:
    for asked in ({"name": ""}, {"name": "x" * 257}, {"name": "x", "how": "y"}, {"name": "x", "kind": "other"}):
        text(reviewer.post(f"{base(desk)}names", asked), 422)


def test_what_is_outside_the_grant_has_no_outline_definition_or_history(desk: Desk, reviewer: Client) -> None:
    for kind in ("outline", "definition", "references", "history"):
        assert reviewer.get(f"{base(desk)}{kind}/secret/hidden.c?at=1:5").status_code == 404


def test_a_history_tells_what_each_release_did(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}history/src/use.c"))
    assert "In 2 of the 2 releases that your grant covers, in 2 versions, by digest." in " ".join(page.split())
    assert re.findall(r'class="mark (\w+)">(changed|there from the first)<', page) == [
        ("edited", "changed"),
        ("same", "there from the first"),
    ]
    first, second = desk.taken
    assert f'href="/changes/{desk.grant}/{first.uid}/{second.uid}/file/src/use.c">beside 1<' in page
    moved = text(reviewer.get(f"{base(desk)}history/src/a/twice.c"))
    assert "src/a/twice.c → lib/twice.c" in moved
    assert last("history-shown").number
    assert charged(reviewer) == "0"


def test_the_history_of_a_line_tells_of_its_function_too_and_costs_the_line(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}history/src/use.c?line=5"))
    assert "History of line 5 of use.c" in page
    assert 'in <span class="mono">total</span>' in page
    first, second = desk.taken
    told = [
        (f"/r/{desk.grant}/{one.uid}/file/src/use.c?lines={lines}#L{lines.partition('-')[0]}", kind)
        for one, kind in ((second, "edited"), (first, "same"))
        for lines in ("5", "3-6")
    ]
    assert re.findall(r'class="mark (\w+)">[\w ]+</span>\s+<a class="mono" href="([^"]+)"', page) == [
        (kind, url) for url, kind in told
    ]
    assert f'href="/changes/{desk.grant}/{first.uid}/{second.uid}/file/src/use.c?at=5#B5">beside 1<' in page
    assert "area" in page  # the line itself, charged
    assert charged(reviewer) == "1"
    text(reviewer.get(f"{base(desk)}history/src/use.c?line=5"))
    assert charged(reviewer) == "1"  # a question costs one line at least, also of what was seen
    row = last("history-shown")
    assert b"use.c" not in b"".join(
        bytes(value) for value in vars(row).values() if isinstance(value, bytes | memoryview)
    )
    moved = text(reviewer.get(f"{base(desk)}history/src/a/twice.c?line=3"))
    assert moved.count("src/a/twice.c → lib/twice.c") == 3
    outside = text(reviewer.get(f"{base(desk)}history/src/use.c?line=1"))
    assert "in no function" in outside
    for wrong, status in (("999", 404), ("0", 422), ("x", 422)):
        assert reviewer.get(f"{base(desk)}history/src/use.c?line={wrong}").status_code == status


def test_a_file_that_moves_out_of_the_grant_vanishes(house: House, browser_of: Browse) -> None:
    taken = [house.take("1", FIRST), house.take("2", SECOND)]
    desk = house.seat(house.cast.reviewer, *taken, patterns=("src/**",))
    page = text(browser_of(desk.viewer).get(f"{base(desk)}history/src/a/twice.c"))
    assert "vanished" in page
    assert "lib/" not in page


def test_the_reading_list_says_what_changed_by_function(desk: Desk, reviewer: Client) -> None:
    first, second = desk.taken
    there = f"/changes/{desk.grant}/{first.uid}/{second.uid}/"
    assert f'href="{there}functions"' in text(reviewer.get(there))
    page = text(reviewer.get(f"{there}functions"))
    rows = re.findall(r'<a class="mono" href="([^"]+)">(\w+)</a></th>.*?class="mark (\w+)"', page)
    after = f"/r/{desk.grant}/{second.uid}/"
    assert rows == [
        (f"{there}file/src/use.c?at=3#B3", "total", "edited"),
        (f"{after}file/src/use.c?lines=8-11#L8", "fresh", "new"),
    ]
    assert "hidden_" not in page
    assert last("functions-shown").number
    assert charged(reviewer) == "0"


def test_references_want_the_searcher(desk: Desk, reviewer: Client) -> None:
    text(reviewer.get(f"{base(desk)}references/src/use.c?at=5:9"), 409)


def settled(client: Client, address: str, **fields: str) -> str:
    """Ask for references until they are no longer being searched for, as a browser without scripts does."""
    for _ in range(100):
        answer = client.post(address, fields) if fields else client.get(address)
        page = text(answer)
        if "The release is being searched" not in page:
            return page
        assert "area" not in page.replace('value="area"', "")
    raise AssertionError("still searching")


@pytest.fixture
def searched(transactional_db: None, desk: Desk) -> Iterator[Desk]:
    """The same desk, with a searcher that holds both releases."""
    del transactional_db
    index(*desk.taken)
    with searcher():
        yield desk


def test_references_are_charged_lines_by_what_they_do_with_the_word(searched: Desk, reviewer: Client) -> None:
    desk = searched
    for page in (
        settled(reviewer, f"{base(desk)}references/src/use.c?at=5:9"),
        settled(reviewer, f"{base(desk)}uses", name="area"),
    ):
        uses = re.findall(r'<h2 class="use-head">(\w+)[^<]*</h2>', page)
        assert uses == ["Defined", "Declared", "Called"]
        assert re.findall(r'class="ln" href="([^"]+)"', page) == [
            f"{base(desk)}file/src/{place}"
            for place in ("geo.c?lines=14#L14", "geo.c?lines=12#L12", "use.c?lines=5#L5")
        ]
        assert "hidden.c" not in page
        assert "3 lines shown" in page
    assert Event.objects.filter(kind="readingroom.search-shown").count() == 2
    assert "No line holds it as a word" in settled(reviewer, f"{base(desk)}uses", name="hidden_name")
