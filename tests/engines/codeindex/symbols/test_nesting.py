# SPDX-License-Identifier: Apache-2.0
"""Outlines nested by scope: honest ones as a reader expects, hostile ones without a loop."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.extraction import Run
from glasshouse.engines.codeindex.symbols.forms import document_of
from glasshouse.engines.codeindex.symbols.nesting import Node, nested
from glasshouse.engines.codeindex.symbols.values import Document, Outline, Symbol
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.samples import SAMPLES
from tests.engines.codeindex.symbols.test_tables import outline


def shape(nodes: list[Node]) -> list[object]:
    return [[node.symbol.name, shape(node.children)] if node.children else node.symbol.name for node in nodes]


def outlined(run: Run, path: str) -> Outline:
    content = SAMPLES[path][0]
    document = document_of(Digest.of(content).raw, TreePath(path.encode()), content)
    assert isinstance(document, Document)
    (found,) = extraction.extract([document], run)
    return found


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("src/a.c", ["LIMIT", ["point", ["x", "y"]], ["colour", ["RED", "GREEN"]], "point_t", "count", "area", "area"]),
        ("src/a.cc", [["net", [["Queue", ["push", "empty", "size_", "push"]]]]]),
        ("Door.java", ["org.example", ["Door", ["width", ["Lock", ["turn"]], "Door", "area"]]]),
        ("door.py", ["LIMIT", ["Door", [["open", ["inner"]]]], "main"]),
        (
            "box.ts",
            [["Shape", ["area"]], ["Side", ["Left", "Right"]], ["Box", ["constructor", "width", "area"]], "make"],
        ),
        ("schema.sql", [["person", ["id", "name"]], "people"]),
    ],
)
def test_a_reader_sees_what_lies_in_what(run: Run, path: str, wanted: list[object]) -> None:
    assert shape(nested(outlined(run, path), limit=1_000)) == wanted


SYMBOLS = st.builds(
    Symbol,
    name=st.sampled_from(["a", "b", "a.b", "a::b", ".", "::"]),
    kind=st.just("class"),
    line=st.integers(1, 6),
    end=st.sampled_from([0, 6]),
    scope=st.sampled_from(["", "a", "b", "a.b", "b.a", "a::b", "a.a.a", ".", "::"]),
)


@given(st.lists(SYMBOLS, max_size=30))
def test_every_symbol_stands_once_whatever_the_scopes_say(symbols: list[Symbol]) -> None:
    walked = [node.symbol for top in nested(outline(symbols), limit=1_000) for node in top.walk()]
    assert sorted(walked, key=repr) == sorted(symbols, key=repr)


def test_a_hundred_thousand_of_one_name_in_one_scope_keep_nobody_waiting() -> None:
    symbols = [Symbol("a", "class", number, 200_000, "a") for number in range(1, 100_001)]
    begun = time.thread_time()
    tops = nested(outline(symbols), limit=100_000)
    assert sum(1 for top in tops for _ in top.walk()) == 100_000
    assert time.thread_time() - begun < 5


def test_only_as_many_as_asked_are_nested() -> None:
    symbols = [Symbol(f"n{number}", "class", number) for number in range(1, 50)]
    assert len(nested(outline(symbols), limit=7)) == 7
