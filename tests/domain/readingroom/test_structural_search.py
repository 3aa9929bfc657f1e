# SPDX-License-Identifier: Apache-2.0
"""Searching the structure of code: inside the grant, charged, recorded, and what was not analysed is told."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from glasshouse.domain.access.errors import BudgetExhaustedError, GrantEndedError, GrantUnknownError
from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.readingroom import commands, notes
from glasshouse.domain.releases import finding, structuretool, vault
from glasshouse.domain.releases.found import StructureAsked, Unsearched
from glasshouse.engines import sandbox
from glasshouse.engines.codeindex.structure.errors import StructureError, StructureToolError
from glasshouse.engines.codeindex.structure.values import MAX_DOCUMENT
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, NOW, Desk, House
from tests.searching import index, lines_of, searcher, structural_search, tally

KIND = "readingroom.structure-shown"
SOURCE = b"""#include <string.h>

/* memcpy(to, from, 2) stands in a comment */
void copy(char *to, const char *from, int n)
{
	const char *said = "memcpy(to, from, 3)";
	memcpy(to, from, n);
	memcpy(to,
		from,
		sizeof(to));
	memmove(to, from, n);
}
"""
WITH_CODE = {
    **FILES,
    "server-1/src/copy.c": SOURCE,
    "server-1/src/again.c": SOURCE,
    "server-1/src/copy.py": b"memcpy(to, from_, n)\n",
    "server-1/src/large.c": b"void f(void) { memcpy(a, b, 1); }\n" + b"/* padding */\n" * (MAX_DOCUMENT // 14 + 1),
    "server-1/secret/copy.c": b"void secret(void) { memcpy(key, canary, 4); }\n",
}
PATTERN = "memcpy($TO, $FROM, $N)"


def arrange(house: House) -> Desk:
    """Seat the reviewer at everything but what is secret, and index all of it."""
    taken = house.take("1", WITH_CODE)
    index(taken)
    return house.seat(house.cast.reviewer, taken, patterns=("src/**", "docs/**", "*"))


@pytest.fixture
def desk(house: House, arranged: Desk) -> Iterator[Desk]:
    """The reviewer, with a searcher that holds all of the release."""
    del house
    with searcher():
        yield arranged


def test_code_is_found_by_its_structure_and_not_in_words(desk: Desk) -> None:
    shown = structural_search(desk, PATTERN)
    assert {path for path, _, _ in lines_of(shown)} == {"src/again.c"}
    assert [number for _, number, _ in lines_of(shown)] == [7, 8, 9, 10]
    [file] = shown.files
    assert [[line.is_hit for line in stretch.lines] for stretch in file.stretches] == [[True] * 4]
    assert (file.language, file.hits, [str(at.path) for at in file.also], file.also_total) == (
        "C",
        2,
        ["src/copy.c"],
        1,
    )
    counted = tally(desk, shown)
    assert (counted.lines, counted.files, counted.is_exact, counted.left) == (4, 2, False, 0)


def test_no_code_outside_the_grant_is_found_counted_or_given_to_the_tool(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[bytes] = []
    put = sandbox.Staged.put

    def noting(staged: sandbox.Staged, path: TreePath, content: bytes) -> None:
        given.append(content)
        put(staged, path, content)

    monkeypatch.setattr(sandbox.Staged, "put", noting)
    shown = structural_search(desk, "memcpy(key, $$$)")
    assert (shown.files, shown.rest, tally(desk, shown).lines) == ([], "", 0)
    every = structural_search(desk, "$F($$$)")
    assert "secret/copy.c" not in {path for path, _, _ in lines_of(every)}
    assert not [at for one in every.not_searched for at in one.some if "secret" in str(at.path)]
    assert SOURCE.rstrip() in given
    assert not [content for content in given if b"secret" in content or b"canary" in content]


def test_a_note_may_stand_on_what_was_looked_for(desk: Desk) -> None:
    event = structural_search(desk, PATTERN).view.recorded.uid
    commands.write_note(desk.viewer, desk.grant, event, "Each of them without a bound.", now=NOW)
    [written] = notes.notes_of(desk.viewer)
    assert written.place is not None
    assert (written.place.event, written.place.pattern, written.place.path) == (event, PATTERN, None)


def test_a_file_that_was_not_analysed_is_told_and_is_no_missing_match(desk: Desk) -> None:
    shown = structural_search(desk, PATTERN)
    told = {one.reason: [str(at.path) for at in one.some] for one in shown.not_searched}
    assert told[Unsearched.TOO_LARGE] == ["src/large.c"]
    assert not tally(desk, shown).is_exact


def test_only_files_of_the_language_and_the_paths_are_searched(desk: Desk) -> None:
    assert {path for path, _, _ in lines_of(structural_search(desk, PATTERN, "Python"))} == {"src/copy.py"}
    narrowed = structural_search(desk, PATTERN, paths=("src/copy*",))
    assert {path for path, _, _ in lines_of(narrowed)} == {"src/copy.c"}
    assert structural_search(desk, PATTERN, paths=("docs/**",)).files == []


def test_a_page_is_charged_and_recorded_with_the_pattern_sealed_for_the_visitor(desk: Desk) -> None:
    shown = structural_search(desk, PATTERN, paths=("src/**",), context=1)
    assert (shown.hits, shown.lines, shown.view.charged) == (2, 6, 6)
    assert structural_search(desk, PATTERN, context=1).view.charged == 1  # seen before; asking costs all the same
    row = Event.objects.filter(kind=KIND).earliest("pk")
    assert row.uid == shown.view.recorded.uid.text
    opened = journal.open_event(
        row, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.PERSONAL, SeedClass.VISITOR)
    )
    assert opened.fields["query"] == {
        "after": "",
        "context": 1,
        "language": "C",
        "paths": ["src/**"],
        "pattern": PATTERN,
    }
    shared = journal.open_event(row, vault.journal_sealer, classes=(SeedClass.SHARED,))
    assert "query" not in shared.fields
    assert PATTERN.encode() not in bytes(row.boxes)


def test_pages_go_on_where_the_one_before_ended(house: House) -> None:
    many = b"void f(void)\n{\n" + b"\tstep();\n" * 120 + b"}\n"
    taken = house.take("1", {**FILES, "server-1/src/many.c": many, "server-1/src/one.c": b"void g(void){step();}\n"})
    index(taken)
    with searcher():
        desk = house.seat(house.cast.reviewer, taken)
        first = structural_search(desk, "step()")
        assert (first.hits, tally(desk, first).lines) == (50, 121)
        found, page = lines_of(first), first
        while page.rest:
            page = structural_search(desk, "step()", after=page.rest)
            found += lines_of(page)
        assert sorted(found) == sorted(
            [("src/one.c", 1, "void g(void){step();}"), *(("src/many.c", n, "\tstep();") for n in range(3, 123))]
        )
        for after in (f"{'00' * 32}-1", "x", "-", f"{first.rest}x", f"{first.rest}{'9' * 10}", first.rest.upper()):
            with pytest.raises(NotFoundError):
                structural_search(desk, "step()", after=after)


def test_a_pattern_that_is_no_code_is_refused_with_a_reason_and_costs_nothing(desk: Desk) -> None:
    with pytest.raises(StructureError, match="no whole piece of C"):
        structural_search(desk, "memcpy(")
    with pytest.raises(StructureError, match="hole alone"):
        StructureAsked("$$$", "C")
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_lab_without_the_tool_says_so_in_a_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = structuretool.tool().with_name("no-such-tool")
    monkeypatch.setattr(structuretool, "tool", lambda: absent)
    with pytest.raises(StructureToolError, match="not installed") as missing:
        structural_search(desk, PATTERN)
    assert "make setup" in missing.value.hint
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_stranger_an_ended_grant_and_a_spent_budget_see_nothing(desk: Desk, house: House) -> None:
    asked = StructureAsked(PATTERN, "C")
    for other in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            commands.structural_search(other, desk.grant, [desk.release], asked, now=NOW)
    with pytest.raises(GrantEndedError):
        commands.structural_search(desk.viewer, desk.grant, [desk.release], asked, now=NOW + timedelta(days=900))
    with pytest.raises(NotFoundError):
        commands.structural_search(desk.viewer, desk.grant, [Uid.new()], asked, now=NOW)
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_budget_that_does_not_reach_shows_nothing(house: House) -> None:
    taken = house.take("1", WITH_CODE)
    index(taken)
    with searcher():
        desk = house.seat(house.cast.reviewer, taken, limits=Limits(hour=3))
        with pytest.raises(BudgetExhaustedError):
            structural_search(desk, PATTERN)
        assert not Event.objects.filter(kind=KIND).exists()


def test_a_search_that_takes_long_is_pending_and_the_same_call_joins_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WAIT", 0.0)
    asked = StructureAsked(PATTERN, "C", context=0)
    first = commands.structural_search(desk.viewer, desk.grant, [desk.release], asked, now=NOW)
    assert first.__class__.__name__ == "SearchPending"
    assert not Event.objects.filter(kind=KIND).exists()
    began = time.monotonic()
    assert structural_search(desk, PATTERN).hits == 2
    assert time.monotonic() - began < 20
