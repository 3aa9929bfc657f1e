# SPDX-License-Identifier: Apache-2.0
"""Windows of lines: exactly the lines asked, verified, priced, coloured, whatever the file holds."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases import queries
from glasshouse.domain.releases.errors import NotTextError
from glasshouse.domain.releases.values import Window
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House

LONG = TreePath(b"src/long.c")


def lines(desk: Desk, path: TreePath, first: int, last: int, column: int = 0) -> Window:
    return queries.lines(queries.ref(desk.taken[0]), path, Span(first, last), column=column)


def text(window: Window) -> str:
    return "\n".join("".join(token.text for token in line.tokens) for line in window.lines)


@given(first=st.integers(1, 200), count=st.integers(1, 300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_a_window_is_those_lines_and_its_digest_is_theirs(desk: Desk, first: int, count: int) -> None:
    content = FILES["server-1/src/net/http.c"]
    assert isinstance(content, bytes)
    expected = content.splitlines(keepends=True)[first - 1 : first - 1 + count]
    window = lines(desk, HTTP, first, first + count - 1)
    assert (window.first, window.last, window.all_lines) == (first, first + len(expected) - 1, 200)
    assert str(window.lines_digest) == hashlib.sha256(b"".join(expected)).hexdigest()
    assert text(window) + "\n" == b"".join(expected).decode()
    assert list(window.shown.costs) == [1] * len(expected)
    assert str(window.digest) == hashlib.sha256(content).hexdigest()


def test_a_comment_opened_above_the_window_is_coloured_as_one(house: House) -> None:
    body = b"/* begins\n" + b"still inside\n" * 150 + b"ends */\nint after;\n"
    row = house.take("1", {"p/a.c": body})
    ref = queries.ref(row)
    inside = queries.lines(ref, TreePath(b"a.c"), Span(100, 101))
    assert {token.role for line in inside.lines for token in line.tokens} == {
        token.role for line in queries.lines(ref, TreePath(b"a.c"), Span(1, 1)).lines for token in line.tokens
    }


def test_a_line_too_long_is_shown_in_parts_and_every_part_is_paid(desk: Desk) -> None:
    window = lines(desk, LONG, 2, 3)
    assert window.lines[0].is_cut
    assert window.lines[0].length == 10_001
    assert 0 in window.shown.always
    charged = [
        commands.open_file(desk.viewer, desk.grant, desk.release, LONG, Span(2, 2), now=NOW, column=column).view.charged
        for column in (0, 4096, 8192, 0)
    ]
    assert charged == [11, 11, 5, 11]


def test_the_end_of_a_line_does_not_buy_its_beginning(house: House) -> None:
    """A line short enough to be shown whole, seen from its last byte first, still costs all it is worth."""
    line = b"x" * 4_000 + b"\n"
    desk = house.seat(house.cast.reviewer, house.take("1", {"p/a.c": line + b"int b;\n"}))
    path = TreePath(b"a.c")

    def charged(column: int) -> int:
        shown = commands.open_file(desk.viewer, desk.grant, desk.release, path, Span(1, 2), now=NOW, column=column)
        return shown.view.charged

    assert charged(3_999) == 1 + 1
    assert charged(3_999) == 1  # the part again, the second line is seen
    assert charged(0) == 11
    assert charged(0) == 0


def test_an_empty_file_has_no_lines_and_costs_none(desk: Desk) -> None:
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, TreePath(b"empty.txt"), Span(1, 400), now=NOW)
    assert (shown.window.first, shown.window.last, list(shown.window.lines), shown.view.charged) == (1, 0, [], 0)


def test_a_binary_file_is_told_and_not_shown(desk: Desk) -> None:
    logo = TreePath(b"logo.png")
    with pytest.raises(NotTextError):
        commands.open_file(desk.viewer, desk.grant, desk.release, logo, Span(1, 1), now=NOW)
    facts = commands.open_facts(desk.viewer, desk.grant, desk.release, logo, now=NOW)
    content = FILES["server-1/logo.png"]
    assert isinstance(content, bytes)
    assert (facts.entry.size, facts.entry.is_binary, facts.view.charged) == (len(content), True, 0)
    assert str(facts.entry.digest) == hashlib.sha256(content).hexdigest()


def test_a_link_is_shown_as_the_text_it_holds_and_followed_nowhere(desk: Desk) -> None:
    window = lines(desk, TreePath(b"latest"), 1, 1)
    assert text(window) == "src/main.c"
    assert queries.entry(queries.ref(desk.taken[0]), TreePath(b"latest")).is_link
    with pytest.raises(NotFoundError):
        lines(desk, TreePath(b"latest/net"), 1, 1)


@pytest.mark.parametrize(
    ("path", "first", "column"),
    [(MAIN, 41, 0), (MAIN, 10**9, 0), (TreePath(b"empty.txt"), 2, 0), (LONG, 2, 10_002), (TreePath(b"src"), 1, 0)],
)
def test_lines_that_are_not_there_are_not_found(desk: Desk, path: TreePath, first: int, column: int) -> None:
    with pytest.raises(NotFoundError):
        lines(desk, path, first, first, column)


def test_facts_are_for_the_holder_alone(house: House, desk: Desk) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague):
        with pytest.raises(NotFoundError):
            commands.open_facts(viewer, desk.grant, desk.release, MAIN, now=NOW)
        with pytest.raises(NotFoundError):
            commands.open_left_out(viewer, desk.grant, desk.release, now=NOW)


def test_a_file_of_nothing_but_line_ends_is_shown_in_windows_that_keep_nobody_waiting(house: House) -> None:
    row = house.take("1", {"p/ends.txt": b"\n" * (2 * queries.MAX_LINES + 5)})
    ref, path = queries.ref(row), TreePath(b"ends.txt")
    first = queries.lines(ref, path, Span(1, 10**12))
    assert (len(first.lines), first.rest) == (queries.MAX_LINES, (queries.MAX_LINES + 1, 0))
    assert len(first.shown.costs) == queries.MAX_LINES
    last = queries.lines(ref, path, Span(2 * queries.MAX_LINES + 1, 10**12))
    assert (len(last.lines), last.rest) == (5, None)
    assert queries.lines(ref, path, Span(1, queries.MAX_LINES)).rest is None
