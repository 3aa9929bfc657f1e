# SPDX-License-Identifier: Apache-2.0
"""Tables give back what was put in, answer by name within a scope, and know when they were changed."""

import hashlib
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols.building import Builder
from glasshouse.engines.codeindex.symbols.errors import TableDamagedError
from glasshouse.engines.codeindex.symbols.tables import How, Table, Wanted
from glasshouse.engines.codeindex.symbols.values import Columns, Family, Gap, Key, Outline, Symbol
from glasshouse.kernel.errors import InvalidError


def key(number: int, form: str = "C") -> Key:
    return Key(hashlib.sha256(b"%d" % number).digest(), form)


def outline(symbols: Sequence[Symbol], gap: Gap | None = None) -> Outline:
    return Outline(
        Columns(
            [one.name for one in symbols],
            [one.kind for one in symbols],
            array("I", [one.line for one in symbols]),
            array("I", [one.end for one in symbols]),
            [one.scope for one in symbols],
            [one.signature for one in symbols],
            [one.language for one in symbols],
        ),
        gap,
    )


def table_of(outlines: Sequence[Outline]) -> tuple[Table, list[bytes]]:
    builder = Builder()
    for number, one in enumerate(outlines):
        builder.add(key(number), one)
    blocks = list(builder.blocks())
    return Table(blocks.__getitem__, len(blocks)), blocks


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\0"), max_size=8)
NAMES = TEXTS.filter(bool)
SYMBOLS = st.builds(
    Symbol,
    name=NAMES,
    kind=st.sampled_from(["function", "macro", "struct", "prototype", "x"]),
    line=st.integers(1, 2**32 - 1),
    end=st.integers(0, 2**32 - 1),
    scope=TEXTS,
    signature=TEXTS,
    language=st.sampled_from(["C", "Go", ""]),
)


@given(st.lists(st.lists(SYMBOLS, max_size=12), max_size=6), st.data())
@settings(max_examples=60)
def test_a_table_answers_as_a_walk_over_all_symbols_would(documents: list[list[Symbol]], data: st.DataObject) -> None:
    table, _ = table_of([outline(one) for one in documents])
    for number, symbols in enumerate(documents):
        given_back = table.outline(key(number))
        assert given_back is not None
        assert list(given_back) == symbols
    every = [symbol.name for symbols in documents for symbol in symbols]
    asked = data.draw(st.sampled_from(every) if every else NAMES)
    scope = set(data.draw(st.sets(st.sampled_from([key(n).digest for n in range(6)]))))
    for how in How:
        found = [
            (one.name, one.digest, one.line, one.kind) for one in table.find(Wanted(asked, how), table.mask(scope))
        ]
        tests = {
            How.EXACT: lambda name: name == asked,
            How.ANY_CASE: lambda name: name.lower() == asked.lower(),
            How.PREFIX: lambda name: name.lower().startswith(asked.lower()),
        }
        walked = [
            (symbol.name, key(number).digest, symbol.line, symbol.kind)
            for number, symbols in enumerate(documents)
            for symbol in symbols
            if tests[how](symbol.name) and key(number).digest in scope
        ]
        assert sorted(found) == sorted(walked)


def test_names_beyond_one_block_are_all_found() -> None:
    symbols = [Symbol(f"name_{number:05}", "function", 1 + number) for number in range(3_000)]
    table, blocks = table_of([outline(symbols), outline([Symbol("name_00512", "macro", 7)])])
    assert len(blocks) > 6
    mask = table.mask(set(table.digests))
    for symbol in symbols:
        assert symbol.line in {found.line for found in table.find(Wanted(symbol.name), mask)}
    assert len(list(table.find(Wanted("name_", How.PREFIX), mask))) == 3_001
    macros = Wanted("name_", How.PREFIX, frozenset({Family.MACRO}))
    assert [(one.name, one.line) for one in table.find(macros, mask)] == [("name_00512", 7)]


def test_a_name_outside_the_scope_is_not_there() -> None:
    table, _ = table_of([outline([Symbol("secret", "function", 1)]), outline([Symbol("open", "function", 1)])])
    for how in How:
        assert not list(table.find(Wanted("secret", how), table.mask({key(1).digest})))
        assert not list(table.find(Wanted("secret", how), table.mask(set())))


def test_one_content_read_as_two_kinds_of_source_has_two_outlines() -> None:
    builder = Builder()
    builder.add(key(1, "C"), outline([Symbol("a", "function", 1)]))
    builder.add(key(1, "Perl"), outline([Symbol("b", "subroutine", 1)], Gap.NOT_BELIEVED))
    blocks = list(builder.blocks())
    table = Table(blocks.__getitem__, len(blocks))
    found = [table.outline(key(1, form)) for form in ("C", "Perl", "Go")]
    assert [[one.name for one in each] if each else None for each in found] == [["a"], ["b"], None]
    assert list(table.gaps()) == [(key(1, "Perl"), Gap.NOT_BELIEVED)]


def test_an_empty_table_answers_nothing() -> None:
    table, _ = table_of([])
    assert (table.documents, table.symbols) == (0, 0)
    assert not list(table.find(Wanted("a", How.PREFIX), table.mask(set())))


@given(st.data())
@settings(max_examples=150)
def test_a_changed_table_is_damaged_and_never_a_crash(data: st.DataObject) -> None:
    _, blocks = table_of([outline([Symbol("aa", "function", 3, 4, "s", "(x)", "C"), Symbol("b", "macro", 1)])] * 3)
    chosen = data.draw(st.integers(0, len(blocks) - 1))
    at = data.draw(st.integers(0, len(blocks[chosen]) - 1))
    changed = bytearray(blocks[chosen])
    changed[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.booleans())
    blocks[chosen] = bytes(changed[:at] if cut else changed)
    try:
        table = Table(blocks.__getitem__, len(blocks))
        for number in range(len(blocks) - 1):
            table.check(number)
        list(table.outlines())
        list(table.gaps())
        list(table.find(Wanted("a", How.PREFIX), table.mask(set(table.digests))))
    except TableDamagedError:
        pass


@pytest.mark.parametrize("name", ["", "a\nb", "a\0", "x" * 257])
def test_a_question_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        Wanted(name)
