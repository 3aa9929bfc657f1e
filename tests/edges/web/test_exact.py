# SPDX-License-Identifier: Apache-2.0
"""What a vendor's own build knows is said first and said so; what is only spelled alike comes behind, and says that."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.test import Client

from glasshouse.domain.access.models import Grant
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import crossingshelf, defining, queries, searching, symbols
from glasshouse.domain.releases.takingsymbols import take_symbols
from tests.edges.web.conftest import Browse, base
from tests.engines.codeindex.symbols.scipbytes import document, occurrence
from tests.lab import NOW, Desk, House
from tests.searching import index, searcher

LOOP: Final = b"int twice(int x)\n{\n\treturn 2 * x;\n}\n"
USE: Final = b"int total(void)\n{\n\treturn twice(1) + twice(2);\n}\n/* twice */\n"
OTHER: Final = b"int other(void)\n{\n\treturn twice(4);\n}\n"
FILES: Final = {
    "p/src/a/twice.c": LOOP,
    "p/src/b/twice.c": LOOP + b"int pad;\n",
    "p/src/use.c": USE,
    "p/src/other.c": OTHER,
    "p/secret/use.c": b"int hidden(void)\n{\n\treturn twice(3);\n}\n",
}
A: Final = "cxx . . $ `src/a`/twice(1)."
B: Final = "cxx . . $ `src/b`/twice(1)."
HIDDEN: Final = "cxx . . $ hidden_global."
INDEX: Final = b"".join((
    document(b"src/a/twice.c", occurrence([0, 4, 9], A, 1, [0, 0, 3, 1]), occurrence([0, 14, 15], "local 0", 1),
             occurrence([2, 12, 13], "local 0")),
    document(b"src/b/twice.c", occurrence([0, 4, 9], B, 1)),
    document(b"src/use.c", occurrence([2, 8, 13], B), occurrence([2, 19, 24], B)),
    document(b"src/other.c", occurrence([2, 8, 13], HIDDEN)),
    document(b"secret/use.c", occurrence([2, 8, 13], B), occurrence([0, 4, 10], HIDDEN, 1)),
))  # fmt: skip


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    defining.forget()
    searching.forget()
    crossingshelf.forget()


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    """The reviewer at a release with its symbols and the vendor's index, without what is secret."""
    taken = house.take("1", FILES)
    ref = queries.ref(taken)
    symbols.index(ref.product, [ref])
    source = tmp_path / "index.scip"
    source.write_bytes(INDEX)
    take_symbols("operator:tests", "server", "1", source, now=NOW)
    return house.seat(house.cast.reviewer, taken, patterns=("src/**",))


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    page: str = answer.content.decode()
    return page


def test_a_word_leads_to_what_the_compiler_meant_where_names_alone_would_list_two(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{base(desk)}definition/src/use.c?at=3:9")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{base(desk)}file/src/b/twice.c?lines=1#L1"
    local = reviewer.get(f"{base(desk)}definition/src/a/twice.c?at=3:12")
    assert local.headers["Location"] == f"{base(desk)}file/src/a/twice.c?lines=1#L1"


def test_a_list_says_of_each_place_how_it_is_known(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}definition/src/b/twice.c?at=1:4"))  # it stands on its definition
    rows = re.findall(r'href="[^"]+/file/([^"?]+)\?lines=1#L1">twice<.*?>(compiler-exact|by name)</td>', page)
    assert rows == [("src/b/twice.c", "compiler-exact"), ("src/a/twice.c", "by name")]


def test_what_is_defined_outside_the_grant_is_not_there(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}definition/src/other.c?at=3:9"))
    assert "secret" not in page
    assert "compiler-exact" not in page
    assert "by name" in page


def test_exact_references_want_no_search_and_are_charged_and_recorded(desk: Desk, reviewer: Client) -> None:
    page = text(reviewer.get(f"{base(desk)}references/src/use.c?at=3:9"))
    assert "Compiler-exact:" in page
    assert "2 lines mean this very thing" in page
    assert "secret" not in page
    assert re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', page) == ["src/b/twice.c", "src/use.c"]
    assert "2 lines charged" in page
    assert page.count("<mark") == 3
    event = Event.objects.filter(kind="readingroom.search-shown").latest("pk")
    assert event.number
    assert 'name="after" value="by-name"' in page
    assert "Lines by name" in page


def test_who_may_only_read_is_shown_no_lines_of_other_files(desk: Desk, reviewer: Client) -> None:
    Grant.objects.update(purposes="read")
    assert reviewer.get(f"{base(desk)}references/src/use.c?at=3:9").status_code == 403
    assert not Event.objects.filter(kind="readingroom.search-shown").exists()


@pytest.mark.parametrize("after", ["exact:0", "exact:x", "exact:99", "exact:-1", "exact:"])
def test_a_page_that_continues_nothing_does_not_exist(desk: Desk, reviewer: Client, after: str) -> None:
    assert reviewer.post(f"{base(desk)}references/src/use.c?at=3:9", {"after": after}).status_code == 404


def test_a_stranger_learns_of_no_index(desk: Desk, house: House, browser_of: Browse) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        client = browser_of(viewer)
        for way in ("definition", "references"):
            assert client.get(f"{base(desk)}{way}/src/use.c?at=3:9").status_code == 404
    assert not Event.objects.filter(kind="readingroom.search-shown").exists()


def test_many_references_come_page_by_page_and_each_line_once(house: House, tmp_path: Path, browser_of: Browse) -> None:
    lines = b"".join(b"int u%d = twice(%d);\n" % (n, n) for n in range(120))
    taken = house.take("1", {"p/def.c": LOOP, "p/use.c": lines})
    at = [
        occurrence([n, line.index(b"twice"), line.index(b"twice") + 5], A) for n, line in enumerate(lines.splitlines())
    ]
    source = tmp_path / "index.scip"
    source.write_bytes(document(b"def.c", occurrence([0, 4, 9], A, 1)) + document(b"use.c", *at))
    take_symbols("operator:tests", "server", "1", source, now=NOW)
    desk = house.seat(house.cast.reviewer, taken)
    client = browser_of(desk.viewer)
    found: list[str] = []
    after = ""
    for _ in range(3):
        address = f"{base(desk)}references/def.c?at=1:5"
        page = text(client.post(address, {"after": after}) if after else client.get(address))
        found += re.findall(r'<a[^>]* href="[^"]*/file/((?:use|def)\.c\?lines=\d+)', page)
        [after] = re.findall(r'name="after" value="([^"]+)"', page)
    assert after == "by-name"
    assert len(set(found)) == 121


def test_behind_the_exact_lines_come_those_that_spell_the_name(
    transactional_db: None, desk: Desk, reviewer: Client
) -> None:
    del transactional_db
    index(*desk.taken)
    with searcher():
        for _ in range(100):
            page = text(reviewer.post(f"{base(desk)}references/src/use.c?at=3:9", {"after": "by-name"}))
            if "The release is being searched" not in page:
                break
    assert "By name:" in page
    assert "src/other.c" in page
    assert "secret" not in page
