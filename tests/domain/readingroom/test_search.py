# SPDX-License-Identifier: Apache-2.0
"""Searching shows lines as opening a file does: inside the grant, charged, recorded, the pattern for its visitor."""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from glasshouse.domain.access.errors import (
    BudgetExhaustedError,
    GrantEndedError,
    GrantRevokedError,
    GrantUnknownError,
)
from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.readingroom.values import SearchPending
from glasshouse.domain.releases import finding, queries, vault
from glasshouse.domain.releases.found import Asked, Share, Shares, Unsearched
from glasshouse.edges.searcher import pages
from glasshouse.engines.codeindex.search.questions import SearcherSilentError
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.lab import FILES, NOW, Desk, Files, House, next_version
from tests.searching import index, lines_of, search, search_as, searcher, tally

KIND = "readingroom.search-shown"
CANARY = "canary"


def arrange(house: House) -> Desk:
    """Seat the reviewer at everything but what is secret, and index all of it."""
    taken = house.take()
    index(taken)
    return house.seat(house.cast.reviewer, taken, patterns=("src/**", "docs/**", "*"))


@pytest.fixture
def desk(house: House, arranged: Desk) -> Iterator[Desk]:
    """The reviewer, with a searcher that holds all of the release."""
    del house
    with searcher():
        yield arranged


def test_a_page_shows_found_lines_by_file_and_counts_them(desk: Desk) -> None:
    shown = search(desk, r"line_(7|21)\b", context=1)
    assert lines_of(shown) == [
        *(("src/main.c", number, f"int line_{number};") for number in (6, 7, 8)),
        *(("src/main.c", number, f"int line_{number};") for number in (20, 21, 22)),
    ]
    [file] = shown.files
    assert [[line.is_hit for line in stretch.lines] for stretch in file.stretches] == [[False, True, False]] * 2
    found = [part.token.text for line in file.stretches[0].lines for part in line.parts if part.is_found]
    assert found == ["line_7"]
    assert (shown.hits, shown.lines, file.language, file.hits) == (2, 6, "C", 2)
    counted = tally(desk, shown)
    assert (counted.lines, counted.files, counted.is_exact) == (2, 1, True)


def test_no_line_outside_the_grant_is_found_counted_or_hinted_at(desk: Desk) -> None:
    shown = search(desk, CANARY)
    assert (shown.files, shown.rest) == ([], "")
    assert tally(desk, shown).lines == 0
    every = search(desk, ".*")
    assert {path for path, _, _ in lines_of(every)}.isdisjoint({"secret/keys.c"})
    assert shown.searched == every.searched == 7
    assert not [at for one in shown.not_searched for at in one.some if "secret" in str(at.path)]


def test_files_that_are_not_searched_are_told_and_are_no_missing_match(desk: Desk) -> None:
    told = {one.reason: [str(at.path) for at in one.some] for one in search(desk, "PNG").not_searched}
    assert told == {Unsearched.BINARY: ["logo.png"], Unsearched.LINK: ["latest"]}


def test_a_release_that_is_not_indexed_yet_is_told_as_such(desk: Desk, house: House) -> None:
    del desk
    other = house.take("2", next_version(FILES), product="gateway")
    seat = house.seat(house.cast.colleague, other)
    told = {one.reason: one.files for one in search(seat, "int").not_searched}
    assert told[Unsearched.NOT_INDEXED] == 7
    index(other)
    until_indexed = 100
    while Unsearched.NOT_INDEXED in {one.reason for one in search(seat, "int").not_searched}:
        until_indexed -= 1
        assert until_indexed
    assert search(seat, "int more").hits == 1


def test_each_search_costs_a_line_and_a_new_line_its_price(desk: Desk) -> None:
    first = search(desk, "line_7;")
    assert (first.view.charged, first.view.balance.day.used) == (1, 1)
    assert search(desk, "line_7;").view.charged == 1  # seen before; asking costs all the same
    assert search(desk, "no such thing").view.charged == 1
    wide = search(desk, "line_20;", context=2)
    assert (wide.lines, wide.view.charged) == (5, 5)
    assert search(desk, "line_21;", context=2).view.charged == 1  # four of its lines were seen
    long_line = search(desk, "^x+;")
    assert long_line.files[0].stretches[0].lines[0].is_cut
    assert long_line.view.charged == 11  # what is shown of it, by 400 bytes begun


def test_a_budget_that_does_not_reach_shows_nothing_and_records_nothing(house: House) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        desk = house.seat(house.cast.reviewer, taken, limits=Limits(hour=5))
        with pytest.raises(BudgetExhaustedError):
            search(desk, "int line_", context=0)
        assert not Event.objects.filter(kind=KIND).exists()
        assert search(desk, "int line_7;").view.charged == 1
        assert search(desk, "nothing of it").view.balance.hour.used == 2


def test_the_record_holds_the_digests_of_what_was_shown_and_the_pattern_sealed_for_the_visitor(desk: Desk) -> None:
    shown = search(desk, r"line_(7|21)\b", context=1, paths=("src/**",))
    row = Event.objects.get(uid=shown.view.recorded.uid.text)
    opened = journal.open_event(
        row, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.PERSONAL, SeedClass.VISITOR)
    )
    lines = [f"int line_{number};\n".encode() for number in (6, 7, 8, 20, 21, 22)]
    whole = FILES["server-1/src/main.c"]
    assert isinstance(whole, bytes)
    assert opened.fields["found"] == {
        "files": [
            {
                "digest": hashlib.sha256(whole).hexdigest(),
                "lines": [
                    [6, 8, hashlib.sha256(b"".join(lines[:3])).hexdigest()],
                    [20, 22, hashlib.sha256(b"".join(lines[3:])).hexdigest()],
                ],
                "path": "src/main.c",
                "release": shown.releases[0].root.raw.hex(),
            }
        ]
    }
    assert opened.fields["query"] == {
        "after": "",
        "context": 1,
        "ignores_case": False,
        "is_literal": False,
        "language": "",
        "paths": ["src/**"],
        "pattern": r"line_(7|21)\b",
        "whole_word": False,
    }
    assert opened.fields["shown"] == {
        "charged": 6,
        "files": 1,
        "hits": 2,
        "lines": hashlib.sha256(b"".join(lines)).hexdigest(),
        "of": 6,
        "releases": [shown.releases[0].root.raw.hex()],
    }
    vendors = journal.open_event(row, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.PERSONAL))
    assert "query" in vendors.missing
    assert "query" not in vendors.fields


def test_pages_go_on_where_the_one_before_ended_and_miss_nothing(desk: Desk) -> None:
    shown = search(desk, "int", context=0)
    numbers, pages = lines_of(shown), 1
    while shown.rest:
        shown = search(desk, "int", context=0, after=shown.rest)
        numbers += lines_of(shown)
        pages += 1
    assert pages == 5
    assert len(numbers) == len(set(numbers)) == tally(desk, shown).lines == 242
    assert shown.hits == 42


def test_a_page_continues_nothing_outside_the_scope(desk: Desk) -> None:
    hidden = FILES["server-1/secret/keys.c"]
    assert isinstance(hidden, bytes)
    for after in (f"{hashlib.sha256(hidden).hexdigest()}-1", f"{'0' * 64}-1", "junk", f"{'0' * 64}-x", "-"):
        with pytest.raises((NotFoundError, InvalidError)) as refused:
            search(desk, "canary", after=after)
        assert "canary" not in str(refused.value)


def test_the_same_content_in_two_releases_is_shown_once_and_counted_at_each_path(house: House) -> None:
    before, after = house.take(), house.take("2", next_version(FILES))
    index(before, after)
    with searcher():
        desk = house.seat(house.cast.reviewer, before, after)
        shown = search(desk, r"http_7\(")
        [file] = shown.files
        assert (str(file.path), file.release.version) == ("src/net/http.c", "1")
        assert [(at.release.version, str(at.path)) for at in file.also] == [("2", "src/net/web.c")]
        assert (shown.lines, shown.view.charged, file.also_total) == (1, 1, 1)
        assert (tally(desk, shown).lines, tally(desk, shown).files) == (2, 2)
        assert [file.release.version for file in search(desk, "int more;").files] == ["2"]


def test_paths_and_language_narrow(desk: Desk) -> None:
    assert search(desk, "int", paths=("src/net/*",)).searched == 1
    assert {str(file.path) for file in search(desk, "it", ignores_case=True).files} == {
        "README",
        "docs/guide.md",
    }
    assert search(desk, "int", language="C").searched == 3
    assert search(desk, CANARY, paths=("secret/**",)).searched == 0


def shares_of(desk: Desk, pattern: str, **how: Any) -> Shares:
    counted = tally(desk, search(desk, pattern, **how))
    assert counted.shares is not None
    return counted.shares


def told(shares: Sequence[Share]) -> list[tuple[str, int, int]]:
    return [(one.name, one.lines, one.files) for one in shares]


def test_found_lines_are_told_by_folder_release_and_language_and_each_narrows(house: House) -> None:
    before, after = house.take(), house.take("2", next_version(FILES))
    index(before, after)
    with searcher():
        desk = house.seat(house.cast.reviewer, before, after, patterns=("src/**", "docs/**", "*"))
        found = shares_of(desk, "int|guide", ignores_case=True)
        assert [name for name, _, _ in told(found.folders)] == ["src/", "docs/"]
        assert {one.release for one in found.releases} == {queries.ref(before), queries.ref(after)}
        assert [name for name, _, _ in told(found.languages)] == ["C", ""]
        whole = tally(desk, search(desk, "int|guide", ignores_case=True))
        for some in (found.folders, found.releases, found.languages):
            assert sum(one.lines for one in some) == whole.lines
            assert sum(one.files for one in some) == whole.files
        assert (found.is_exact, found.more_folders, found.more_languages) == (True, 0, 0)
        for one in found.folders:
            narrower = tally(desk, search(desk, "int|guide", ignores_case=True, paths=one.paths))
            assert (narrower.lines, narrower.files) == (one.lines, one.files)
        for paths in (("src/**",), ("**/*.c",)):
            deeper = shares_of(desk, "int", paths=paths)
            assert {one.name for one in deeper.folders} >= {"src/main.c", "src/net/"}
            for one in deeper.folders:
                narrower = tally(desk, search(desk, "int", paths=one.paths))
                assert (narrower.lines, narrower.files) == (one.lines, one.files)
        assert told(shares_of(desk, "no such thing").folders) == []


def test_lines_that_lie_close_are_told_by_folder_as_well_after_their_total(house: House) -> None:
    files: Files = {f"server-1/{name}/many.c": b"int value;\n" * count for name, count in (("a", 300), ("b", 200))}
    taken = house.take(files={**files, "server-1/c/one.c": b"int value;\n"})
    index(taken)
    with searcher():
        desk = house.seat(house.cast.reviewer, taken)
        assert told(shares_of(desk, "value").folders) == [("a/", 300, 1), ("b/", 200, 1), ("c/", 1, 1)]
        assert told(shares_of(desk, ".*").folders) == [("a/", 300, 1), ("b/", 200, 1), ("c/", 1, 1)]


def test_a_narrow_grant_is_told_what_it_would_be_if_there_were_nothing_else(house: House) -> None:
    """Whatever is asked: counts, shares, files searched and not searched, pages and their ends."""
    others: Files = {f"server-1/x/{number}.c": b"int value;\nint other;\n" * 9 for number in range(300)}
    own: Files = {
        "server-1/src/a.c": b"int value;\n" * 70,
        "server-1/src/deep/b.py": b"value = 1\n",
        "server-1/src/c.bin": b"\0\1\2" * 40,
    }
    whole, alone = house.take(files={**others, **own}), house.take(files=own, product="alone")
    index(whole)
    index(alone)
    with searcher():
        narrow = house.seat(house.cast.reviewer, whole, patterns=("src/**",))
        free = house.seat(house.cast.colleague, alone, patterns=("src/**",))
        for pattern in ("value", "other", "int", ".*", "nothing", "x", r"\w+ = 1"):
            hows: tuple[dict[str, Any], ...] = (
                {},
                {"paths": ("**/*.py", "x/**")},
                {"language": "C"},
                {"paths": ("x/**",)},
            )
            for how in hows:
                one, other = search(narrow, pattern, **how), search(free, pattern, **how)
                assert lines_of(one) == lines_of(other)
                assert (one.rest, one.searched, one.hits) == (other.rest, other.searched, other.hits)
                assert [(a.reason, a.files) for a in one.not_searched] == [
                    (b.reason, b.files) for b in other.not_searched
                ]
                counted, expected = tally(narrow, one), tally(free, other)
                assert (counted.lines, counted.files, counted.is_exact) == (expected.lines, expected.files, True)
                assert counted.shares is not None
                assert expected.shares is not None
                assert (counted.shares.folders, counted.shares.languages) == (
                    expected.shares.folders,
                    expected.shares.languages,
                )


def test_a_stranger_and_a_colleague_find_no_grant(desk: Desk, house: House) -> None:
    shown = search(desk, "line_7;")
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            search_as(viewer, desk, Asked("int"))
        with pytest.raises(GrantUnknownError):
            commands.search_tally(viewer, desk.grant, shown.ticket, now=NOW)


def test_a_release_outside_the_grant_is_unknown_beside_one_inside(desk: Desk, house: House) -> None:
    other = house.take("9", product="other")
    for releases in ([desk.release, Uid(other.uid)], [Uid(other.uid)], [Uid.new()]):
        with pytest.raises(GrantUnknownError):
            commands.search(desk.viewer, desk.grant, releases, Asked("int"), now=NOW)
    for releases in ([], [desk.release, desk.release]):
        with pytest.raises(InvalidError):
            commands.search(desk.viewer, desk.grant, releases, Asked("int"), now=NOW)


def test_a_ticket_is_its_askers_alone(desk: Desk, house: House) -> None:
    shown = search(desk, "int")
    other = house.seat(house.cast.colleague, *desk.taken)
    with pytest.raises(NotFoundError):
        commands.search_tally(other.viewer, other.grant, shown.ticket, now=NOW)
    with pytest.raises(NotFoundError):
        commands.search_tally(desk.viewer, desk.grant, "0" * 32, now=NOW)


def test_a_grant_that_ends_meanwhile_refuses_the_next_page_and_the_tally(desk: Desk, house: House) -> None:
    shown = search(desk, "int")
    assert shown.rest
    late = NOW + timedelta(days=3)
    with pytest.raises(GrantEndedError):
        commands.search(desk.viewer, desk.grant, [desk.release], Asked("int"), now=late, after=shown.rest)
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    with pytest.raises(GrantRevokedError):
        commands.search(desk.viewer, desk.grant, [desk.release], Asked("int"), now=NOW, after=shown.rest)
    with pytest.raises(GrantRevokedError):
        commands.search_tally(desk.viewer, desk.grant, shown.ticket, now=NOW)


def test_a_grant_revoked_while_the_searcher_looks_shows_nothing(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = finding.find

    def find(*args: object, **how: object) -> object:
        page = found(*args, **how)  # type: ignore[arg-type] # passed on as it came
        commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
        return page

    monkeypatch.setattr(finding, "find", find)
    with pytest.raises(GrantRevokedError):
        search(desk, "int")
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_grant_that_ends_while_a_search_is_pending_shows_nothing(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    files_of, ended = pages.files_of, threading.Event()

    def slowly(*args: object) -> object:
        ended.wait(20)
        return files_of(*args)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(pages, "files_of", slowly)
    asked = Asked("line_7;")
    assert isinstance(commands.search(desk.viewer, desk.grant, [desk.release], asked, now=NOW), SearchPending)
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    ended.set()
    for moment in (NOW, NOW + timedelta(days=3)):
        with pytest.raises((GrantRevokedError, GrantEndedError)):
            commands.search(desk.viewer, desk.grant, [desk.release], asked, now=moment)
    assert not Event.objects.filter(kind=KIND).exists()


def test_a_first_page_that_takes_longer_is_pending_charges_nothing_and_is_joined(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files_of = pages.files_of

    def slowly(*args: object) -> object:
        time.sleep(3 * finding.WAIT)
        return files_of(*args)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(pages, "files_of", slowly)
    pending = commands.search(desk.viewer, desk.grant, [desk.release], Asked("line_7;"), now=NOW)
    assert isinstance(pending, SearchPending)
    assert not Event.objects.filter(kind=KIND).exists()
    assert search(desk, "line_7;").hits == 1


def test_no_search_without_a_visit(desk: Desk) -> None:
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    with pytest.raises(NoVisitError):
        search(desk, "int")


def test_without_a_searcher_reading_goes_on_and_the_search_says_so(house: House) -> None:
    desk = house.desk()
    with pytest.raises(SearcherSilentError, match="Search is not running"):
        search(desk, "int")
    assert commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW).total == 7


@pytest.mark.parametrize("pattern", ["", "(", "a{1000}{1000}", "a\nb", "x" * 1_001, "(" * 10_000 + ")" * 10_000])
def test_a_pattern_that_cannot_be_searched_is_refused_where_it_is_read(pattern: str) -> None:
    with pytest.raises(InvalidError):
        Asked(pattern)


def test_a_context_a_language_or_paths_that_are_none_are_refused() -> None:
    for how in (
        {"context": 11},
        {"context": -1},
        {"language": "Klingon"},
        {"paths": ("/etc",)},
        {"paths": ("a",) * 17},
    ):
        with pytest.raises(InvalidError):
            Asked("int", **how)
