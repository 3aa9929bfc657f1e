# SPDX-License-Identifier: Apache-2.0
"""What a key is made of, and that it never changes by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.identity import SCHEME, Keys, Near, normalise, texts_at
from glasshouse.kernel.paths import TreePath

PATH = TreePath(b"src/a.c")


def test_keys_of_this_scheme_are_these() -> None:
    """A lab has these in its database: who changes them changes the number of the scheme."""
    assert SCHEME == 1
    text = texts_at(b"one();\n  strcpy(a,b); // c\ntwo();\n", [(2, 1)])[2, 1]
    keys = Keys.of("tool/rule", PATH, "main", text.tokens, text.near)
    assert [one.hex() for one in (keys.line, keys.file, keys.function, keys.around, keys.name, keys.form)] == KNOWN


KNOWN = [
    "33c4bee30306b41a45f2195a337c3cd4",
    "5e06db233da7a6eaf87d438b4cf04e30",
    "416ad8800ef30fcf37afdd2c510fb3c0",
    "8ad13840bded6a99387b7bc35890c5ae",
    "f82e284ef797459d2dde10a1b1feff6f",
    "0d1d8247abcb97cfe32997194de36e0b",
]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"rule": "tool/other"}, set()),
        ({"path": TreePath(b"lib/a.c")}, {"function", "around", "name", "form"}),
        ({"path": TreePath(b"src/b.c")}, {"function", "around"}),
        ({"scope": "other"}, {"file", "around", "name"}),
        ({"tokens": b"gets ( b )"}, {"form"}),
        ({"near": Near(before=b"2")}, {"line", "file", "function", "name", "form"}),
    ],
)
def test_each_key_leaves_out_what_may_change(change: dict[str, object], kept: set[str]) -> None:
    told = {"rule": "tool/rule", "path": PATH, "scope": "main", "tokens": b"strcpy ( a )", "near": Near(before=b"1")}
    one, two = Keys.of(**told), Keys.of(**(told | change))  # type: ignore[arg-type]
    assert {name for name in Keys.__slots__ if getattr(one, name) == getattr(two, name)} == kept


def test_what_is_not_there_is_no_key() -> None:
    assert Keys.of("r", PATH, "", b"x").function == b""
    assert Keys.of("r", PATH, "f", b"x").around == b""


def test_the_lines_next_to_it_know_a_line_wherever_it_stands() -> None:
    near = Near(before=b"1", after=b"2")
    here = Keys.of("r", PATH, "f", b"x", near)
    assert here.around == Keys.of("r", TreePath(b"lib/other.c"), "", b"x", near).around != b""
    assert here.around != Keys.of("r", PATH, "f", b"x", Near(before=b"1")).around
    assert here.around != Keys.of("r", PATH, "f", b"y", near).around


@given(st.lists(st.text(max_size=3), min_size=3, max_size=3), st.lists(st.text(max_size=3), min_size=3, max_size=3))
def test_no_two_lists_of_parts_read_alike(one: list[str], two: list[str]) -> None:
    first = Keys.of(one[0], None, one[1], one[2].encode("utf-8", "replace"))
    second = Keys.of(two[0], None, two[1], two[2].encode("utf-8", "replace"))
    assert (first.line == second.line) == (one == two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (b"if (x) {", b"\tif( x ){"),
        (b"a = b;\r", b"a=b ;"),
        (b"'a  b'", b"'a b'"),
    ],
)
def test_white_space_is_no_token(one: bytes, two: bytes) -> None:
    assert normalise(one) == normalise(two)


@pytest.mark.parametrize(("one", "two"), [(b"a b", b"ab"), (b"a+b", b"a-b"), (b"\xff", b"\xfe"), (b"x1", b"x 1")])
def test_what_differs_stays_different(one: bytes, two: bytes) -> None:
    assert normalise(one) != normalise(two)


def test_of_a_line_that_a_machine_wrote_the_part_at_the_column_counts() -> None:
    line = b";".join(b"f%d()" % n for n in range(9_000))
    column = line.index(b"f700(") + 1
    assert normalise(line, column).startswith(b"f700 ( ) ; f701")
    assert len(normalise(line, 10**9)) == 0


def test_neighbours_are_lines_that_say_something() -> None:
    text = b"one();\n\n{\ntarget();\n}\n\n  two ( ) ;\nthree();\n"
    near = texts_at(text, [(4, 1)])[4, 1].near
    again = texts_at(b"zero();\none();\ntarget();\ntwo();\nthree();\n", [(3, 1)])[3, 1].near
    assert (near.before, near.after, near.second_after) == (again.before, again.after, again.second_after)
    assert near.second_before == b""
    assert again.second_before


def test_a_line_that_the_file_does_not_have_is_empty() -> None:
    found = texts_at(b"a\n", [(0, 0), (-5, 0), (99, 0)])
    assert {one.tokens for one in found.values()} == {b""}
    assert texts_at(b"", [(1, 1)])[1, 1].near == Near()


@given(st.binary(max_size=200), st.integers(-3, 20), st.integers(-3, 300))
def test_no_bytes_make_it_raise(content: bytes, line: int, column: int) -> None:
    texts_at(content, [(line, column)])
