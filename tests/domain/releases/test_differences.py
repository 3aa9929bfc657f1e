# SPDX-License-Identifier: Apache-2.0
"""Side by side: what is matched is truly equal, what is shown is charged, and the evidence recomputes."""

import hashlib
import random
import time
from difflib import Match, SequenceMatcher
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases import differences, matching, vault
from glasshouse.domain.releases.differences import _rows
from glasshouse.domain.releases.errors import NotTextError, TooLargeToCompareError
from glasshouse.domain.releases.matching import MAX_GAP, Side, matches
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, MAIN, NOW, House, next_version

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"{", b"}", b""]), max_size=40)


@given(LINES, LINES)
def test_matches_are_equal_lines_that_rise_on_both_sides(before: list[bytes], after: list[bytes]) -> None:
    found = list(matches(before, after))
    assert all(before[a] == after[b] for a, b in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    if before == after:
        assert found == [(index, index) for index in range(len(before))]


@given(LINES, LINES)
def test_the_rows_give_back_both_files_line_by_line(before: list[bytes], after: list[bytes]) -> None:
    rows = list(_rows(before, after))
    assert [row.before for row in rows if row.before is not None] == list(range(len(before)))
    assert [row.after for row in rows if row.after is not None] == list(range(len(after)))
    for row in rows:
        if row.side is Side.SAME:
            assert row.before is not None
            assert row.after is not None
            assert before[row.before] == after[row.after]
        assert (row.side is Side.ADDED) == (row.before is None)
        assert (row.side is Side.REMOVED) == (row.after is None)


def test_one_line_put_in_is_one_line_added_however_long_the_file() -> None:
    before = [b"line %d" % (number % 700) for number in range(5_000)]
    after = [*before[:2_500], b"new", *before[2_500:]]
    sides = [row.side for row in _rows(before, after)]
    assert sides.count(Side.ADDED) == 1
    assert sides.count(Side.SAME) == 5_000


def test_hostile_pairs_cost_little_time() -> None:
    size = 60_000
    pairs = [
        ([b"x"] * size, [b"y", *[b"x"] * size, b"z"]),
        ([b"a", b"b"] * (size // 2), [b"b", b"a"] * (size // 2)),
        ([b"%d" % number for number in range(size)], [b"%d" % number for number in reversed(range(size))]),
        ([b"%d" % (number * 7919 % size) for number in range(size)], [b"%d" % number for number in range(size)]),
    ]
    began = time.process_time()
    for before, after in pairs:
        found = list(matches(before, after))
        assert all(before[a] == after[b] for a, b in found)
    assert time.process_time() - began < 10
    assert MAX_GAP < 1_000


def test_what_is_shown_is_charged_once_and_its_evidence_recomputes(house: House) -> None:
    old, new = house.take(), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, new, old)
    shown = commands.open_difference(desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), MAIN, now=NOW)
    found = shown.difference
    assert (found.added, found.removed, found.next_row) == (2, 1, None)
    assert [(row.side.value, row.skipped) for row in found.rows][:4] == [
        ("same", 16),
        *[("same", 0)] * 2,
        ("changed", 0),
    ]
    opened = journal.open_event(journal.event(shown.view.recorded.uid), vault.journal_sealer)
    stated = opened.fields["shown"]
    assert isinstance(stated, dict)
    contents = [files[f"server-{version}/src/main.c"] for version, files in ((1, FILES), (2, next_version(FILES)))]
    for side, content, release in zip(stated["sides"], contents, (old, new), strict=True):
        assert isinstance(content, bytes)
        parts = [content.splitlines(keepends=True)[first - 1 : last] for first, last in side["ranges"]]
        assert side["lines"] == hashlib.sha256(b"".join(line for part in parts for line in part)).hexdigest()
        assert side["root"] == bytes(release.root).hex()
    assert shown.view.charged == 7 + 8
    again = commands.open_difference(desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), MAIN, now=NOW)
    assert again.view.charged == 0
    sides = opened.fields["file"]
    assert sides == {
        "sides": [
            {"digest": hashlib.sha256(content).hexdigest(), "path": "src/main.c"}
            for content in contents
            if isinstance(content, bytes)
        ]
    }


def test_long_differences_come_in_pages_that_add_up(house: House) -> None:
    size = 2 * differences.PAGE_ROWS + 50
    old = house.take("1", {"p/a.c": b"".join(b"int a%d;\n" % number for number in range(size))})
    new = house.take("2", {"p/a.c": b"".join(b"int b%d;\n" % number for number in range(size))})
    desk = house.seat(house.cast.reviewer, new, old)
    rows, first, charged = 0, 0, 0
    while first is not None:
        page = commands.open_difference(
            desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), TreePath(b"a.c"), now=NOW, first_row=first
        )
        rows += len(page.difference.rows)
        charged += page.view.charged
        following = page.difference.next_row
        if following is None:
            break
        first = following
    assert (rows, charged) == (size, 2 * size)


@pytest.mark.parametrize(("line", "first"), [(1, 0), (400, 0), (401, 397), (850, 846), (999, 846)])
def test_a_line_is_led_to_the_page_it_stands_on(house: House, line: int, first: int) -> None:
    size = 2 * differences.PAGE_ROWS + 50
    old = house.take("1", {"p/a.c": b"".join(b"int a%d;\n" % number for number in range(size))})
    new = house.take("2", {"p/a.c": b"".join(b"int b%d;\n" % number for number in range(size))})
    desk = house.seat(house.cast.reviewer, new, old)
    shown = commands.open_difference(
        desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), TreePath(b"a.c"), now=NOW, at=line
    )
    numbers = [row.after.number for row in shown.difference.rows if row.after]
    assert shown.difference.first_row == first
    assert numbers[0] == first + 1
    assert min(line, size) in numbers


def test_a_file_that_moved_is_compared_with_where_it_was(house: House) -> None:
    old, new = house.take(), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, new, old)
    shown = commands.open_difference(
        *(desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), TreePath(b"src/net/web.c")),
        path_before=TreePath(b"src/net/http.c"),
        now=NOW,
    )
    assert (len(shown.difference.rows), shown.view.charged) == (0, 0)


def test_neither_side_may_lie_outside_the_grant(house: House) -> None:
    old, new = house.take(), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, new, old, patterns=("src/**",))
    secret = TreePath(b"secret/keys.c")
    for path, before in ((secret, None), (MAIN, secret)):
        with pytest.raises(NotFoundError):
            commands.open_difference(
                desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), path, path_before=before, now=NOW
            )
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(NotFoundError):
            commands.open_difference(viewer, desk.grant, Uid(old.uid), Uid(new.uid), MAIN, now=NOW)


def test_binary_and_very_large_files_are_not_compared_by_lines(house: House) -> None:
    files = {"p/logo": b"\0\1\2", "p/big.c": b"int a;\n" * (differences.MAX_BYTES // 7 + 1)}
    old = house.take("1", files)
    new = house.take("2", {**files, "p/other": b"x\n"})
    desk = house.seat(house.cast.reviewer, new, old)
    for path, error in ((TreePath(b"logo"), NotTextError), (TreePath(b"big.c"), TooLargeToCompareError)):
        with pytest.raises(error):
            commands.open_difference(desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), path, now=NOW)


def test_a_file_of_very_many_lines_is_not_compared_by_lines(house: House) -> None:
    old = house.take("1", {"p/ends.txt": b"\n" * (differences.MAX_LINES + 1)})
    new = house.take("2", {"p/ends.txt": b"x\n" * (differences.MAX_LINES + 1)})
    desk = house.seat(house.cast.reviewer, new, old)
    with pytest.raises(TooLargeToCompareError):
        commands.open_difference(desk.viewer, desk.grant, Uid(old.uid), Uid(new.uid), TreePath(b"ends.txt"), now=NOW)


def test_gaps_of_repeated_lines_share_one_allowance_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines repeated at random between anchors took a minute for two files of two megabytes."""
    exact: list[int] = []

    class Counting(SequenceMatcher[bytes]):
        def get_matching_blocks(self) -> list[Match]:
            exact.append(1)
            return super().get_matching_blocks()

    monkeypatch.setattr(matching, "SequenceMatcher", Counting)
    chance, gaps = random.Random(1), 120  # noqa: S311 -- the same files each time
    anchors = [b"%d\n" % gap for gap in range(gaps)]
    before, after = (
        [line for anchor in anchors for line in (anchor, *chance.choices((b"a\n", b"b\n"), k=MAX_GAP - 1))]
        for _ in range(2)
    )
    found = list(matches(before, after))
    assert 0 < len(exact) < gaps // 2
    assert all(before[a] == after[b] for a, b in found)
    assert [before[a] for a, _ in found if before[a] in anchors] == anchors
