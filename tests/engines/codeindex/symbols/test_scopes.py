# SPDX-License-Identifier: Apache-2.0
"""Lines and the functions that they lie in, against a plain search of all functions."""

import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.extraction import Run
from glasshouse.engines.codeindex.symbols.forms import document_of
from glasshouse.engines.codeindex.symbols.scopes import scopes_at
from glasshouse.engines.codeindex.symbols.values import Columns, Document, Outline
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

NESTED = b"""\
import os


class Door:
    def open(self):
        def inner():
            return 1

        return inner()

    width = 3


def main():
    return 0
"""


def outline(*functions: tuple[str, int, int], kind: str = "function") -> Outline:
    """Functions by name, first and last line."""
    count = len(functions)
    lines, ends = array("I", [one[1] for one in functions]), array("I", [one[2] for one in functions])
    names, blank = [one[0] for one in functions], [""] * count
    return Outline(Columns(names, [kind] * count, lines, ends, blank, blank, ["C"] * count))


def test_a_line_lies_in_the_innermost_function(run: Run) -> None:
    document = document_of(Digest.of(NESTED).raw, TreePath(b"door.py"), NESTED)
    assert isinstance(document, Document)
    (found,) = extraction.extract([document], run)
    assert scopes_at(found, [1, 4, 5, 7, 9, 11, 15]) == {
        1: "",
        4: "",
        5: "Door.open",
        7: "Door.open.inner",
        9: "Door.open",
        11: "",
        15: "main",
    }


def test_a_function_without_an_end_ends_before_the_next() -> None:
    assert scopes_at(outline(("a", 2, 0), ("b", 5, 0)), [1, 4, 5, 900]) == {1: "", 4: "a", 5: "b", 900: "b"}


def test_what_is_no_function_is_no_scope() -> None:
    assert scopes_at(outline(("a", 1, 9), kind="struct"), [3]) == {3: ""}


FUNCTIONS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9)), max_size=8, unique_by=lambda one: one[0])


@given(FUNCTIONS, st.lists(st.integers(1, 45)))
def test_one_pass_finds_what_a_search_finds(places: list[tuple[int, int]], lines: list[int]) -> None:
    functions = [(f"f{first}", first, first + more) for first, more in sorted(places)]
    plain = {
        line: max(((first, name) for name, first, last in functions if first <= line <= last), default=(0, ""))[1]
        for line in lines
    }
    assert scopes_at(outline(*functions), lines) == plain


@pytest.mark.parametrize("last", [60_000, 0])
def test_functions_without_end_in_each_other_take_no_longer(last: int) -> None:
    deep = outline(*((f"f{n}", n, last) for n in range(1, 60_000)))
    begun = time.process_time()
    scopes_at(deep, range(1, 60_000))
    assert time.process_time() - begun < 3
