# SPDX-License-Identifier: Apache-2.0
"""Which files a tool takes, which names they get, and what a comment asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.scans.tools.values import Comments, Names, Selection, SourceFile, Unit
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

SHELL = Selection(frozenset({".sh"}), names=frozenset({"configure"}), interpreters=frozenset({"sh", "python"}))
PARTS = st.binary(min_size=1, max_size=20).filter(
    lambda part: part not in {b".", b".."} and not set(part) & set(b"/\0")
)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(b"/".join)


@pytest.mark.parametrize(
    ("path", "head", "taken"),
    [
        (b"a.sh", b"", True),
        (b"a.SH", b"", True),
        (b"bin/configure", b"", True),
        (b"bin/tool", b"#!/bin/sh\n", True),
        (b"bin/tool", b"#! /usr/bin/env python3\n", True),
        (b"bin/tool", b"#!/usr/bin/env -S python3 -u\n", True),
        (b"bin/tool", b"#!/usr/bin/python3.11\n", True),
        (b"bin/tool", b"#!/usr/bin/perl\n", False),
        (b"bin/tool", b"echo #!/bin/sh", False),
        (b"bin/tool", b"", False),
        (b"a.sh.txt", b"", False),
        (b"\xff\xfe", b"\xff\xfe\x00", False),
    ],
)
def test_a_file_is_taken_by_its_name_or_its_first_line(path: bytes, head: bytes, *, taken: bool) -> None:
    assert SHELL.takes(TreePath(path), head) is taken


@given(st.lists(PATHS, min_size=1, max_size=12, unique=True))
def test_every_name_inside_is_plain_its_own_and_leads_back(raw: list[bytes]) -> None:
    unit = Unit(tuple(SourceFile(TreePath(path), b"") for path in raw))
    names = Names.of(unit)
    inside = list(names.arguments(unit))
    assert len(set(inside)) == len(raw)
    assert all(name.startswith("/src/") and name.isascii() and name.isprintable() for name in inside)
    assert [names.path(name) for name in inside] == [file.path for file in unit.files]
    assert [names.path(f"file://{name}") for name in inside] == [file.path for file in unit.files]


def test_a_plain_name_stays_and_any_other_is_one_of_ours() -> None:
    raw = [b"src/main.c", b"-x/main.c", b".hidden.c", b"a b.h", b"caf\xc3\xa9.c"]
    unit = Unit(tuple(SourceFile(TreePath(path), b"") for path in raw))
    assert list(Names.of(unit).inside.values()) == ["src/main.c", "~1.c", "~2.c", "~3.h", "~4.c"]


def test_lines_that_ask_for_silence_are_counted_from_one() -> None:
    comments = Comments(here=rb"#\s*nosec\b", above=rb"# next-line")
    assert comments.asked(b"a  # nosec\nb\n# next-line\nc\n") == {1, 4}
    assert Comments().asked(b"# nosec") == frozenset()


def test_what_the_tool_reads_in_its_place_keeps_lines_and_columns() -> None:
    comments = Comments(rewritten=((b"ignored", b"warning"),))
    assert comments.given(b"x ignored y\nignored") == b"x warning y\nwarning"
    with pytest.raises(InvalidError):
        Comments(rewritten=((b"long", b"short"),))
