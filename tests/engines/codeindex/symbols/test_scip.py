# SPDX-License-Identifier: Apache-2.0
"""SCIP indexes: hostile ones are refused or cost what they name, honest ones give exact references in a scope."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols import scip, weaving, wire
from glasshouse.engines.codeindex.symbols.crossing import Crossing
from glasshouse.engines.codeindex.symbols.errors import ScipError, TableDamagedError
from glasshouse.engines.codeindex.symbols.scip import MentionedDocument, Reading
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.engines.codeindex.symbols.weaving import Weaver
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.scipbytes import document, occurrence, plain, sized, varint

A: Final = b"int area(int x)\n{\n\treturn x * x;\n}\n"
B: Final = b'#include "a.h"\nint main(void) { int n = area(3); return area(n); }\n'
FILES: Final = {TreePath(b"src/a.c"): A, TreePath(b"src/b.c"): B}
AREA: Final = "cxx . . $ area(49f6e7a06ebc5aa8)."


def read(index: bytes) -> list[MentionedDocument]:
    return list(Reading(index, FILES.get))


def crossing_of(index: bytes) -> Crossing:
    blocks = list(Weaver().blocks(read(index)))
    return Crossing(blocks.__getitem__, len(blocks))


HONEST: Final = (
    sized(1, sized(3, "file:///build"))
    + document(
        b"src/a.c",
        occurrence([0, 4, 8], AREA, 1, [0, 0, 3, 1]),
        occurrence([0, 13, 14], "local 0", 1),
        occurrence([2, 8, 9], "local 0", 8),
        occurrence([2, 12, 13], "local 0", 8),
    )
    + document(
        b"src/b.c",
        occurrence([1, 21, 22], "local 0", 5),
        occurrence([1, 25, 29], AREA, 8),
        occurrence([1, 41, 45], AREA, 8),
    )
)


def test_an_honest_index_gives_exact_references() -> None:
    woven = crossing_of(HONEST)
    here, there = TreePath(b"src/b.c"), TreePath(b"src/a.c")
    everywhere = {here, there}.__contains__
    found = woven.at(here, 2, 43, everywhere)
    assert found is not None
    (definition,) = woven.definitions(found, everywhere)
    assert (definition.path, definition.line, definition.last) == (there, 1, 4)
    assert (definition.name, definition.family, definition.is_definition) == ("area", Family.FUNCTION, True)
    assert [(place.path, place.line, place.start, place.name) for place in woven.places(found, everywhere)] == [
        (there, 1, 4, "area"),
        (here, 2, 25, ""),
        (here, 2, 41, ""),
    ]
    local = woven.at(there, 3, 8, everywhere)
    assert local is not None
    assert [(place.path, place.start) for place in woven.places(local, everywhere)] == [
        (there, 13),
        (there, 8),
        (there, 12),
    ]
    other = woven.at(here, 2, 21, everywhere)
    assert other is not None
    (written,) = woven.places(other, everywhere)
    assert (written.path, written.is_write, written.family) == (here, True, Family.VARIABLE)
    assert woven.at(here, 2, 0, everywhere) is None
    assert woven.at(here, 9, 0, everywhere) is None
    assert (woven.documents, woven.mentions) == (2, 7)
    woven.check()


def test_what_lies_outside_the_scope_is_not_there() -> None:
    woven = crossing_of(HONEST)
    here, there = TreePath(b"src/b.c"), TreePath(b"src/a.c")
    only = {here}.__contains__
    found = woven.at(here, 2, 43, only)
    assert found is not None
    assert woven.definitions(found, only) == []
    assert {place.path for place in woven.places(found, only)} == {here}
    assert woven.at(there, 1, 4, only) is None


def test_many_symbols_in_many_blocks_are_each_found_where_they_are() -> None:
    files = {TreePath(b"d/%d.c" % number): b"a b c d e\n" * 40 for number in range(150)}
    index = b"".join(
        document(path.raw, *(occurrence([line, 0, 1], f"x {line * number % 977}.") for line in range(40)))
        for number, path in enumerate(files)
    )
    blocks = list(Weaver().blocks(Reading(index, files.get)))
    woven = Crossing(blocks.__getitem__, len(blocks))
    assert len(blocks) > 3
    woven.check()
    for number, path in enumerate(files):
        found = woven.at(path, 7, 0, files.__contains__)
        assert found is not None
        wanted = [
            (other, line + 1)
            for place, other in enumerate(files)
            for line in range(40)
            if line * place % 977 == 6 * number % 977
        ]
        assert sorted((place.path, place.line) for place in woven.places(found, files.__contains__)) == sorted(wanted)


def test_lines_come_in_the_order_of_interest_each_once_and_counted_within_the_scope() -> None:
    files = {TreePath(path): b"a = a;\n" * 4 for path in (b"a/z.c", b"b/m.c", b"b/n.c", b"c/a.c")}
    twice = [occurrence([2, 0, 1], "x a.", 4), occurrence([2, 4, 5], "x a.")]
    index = (
        document(b"a/z.c", *twice)
        + document(b"b/m.c", *twice, occurrence([1, 0, 1], "x a."))
        + document(b"b/n.c", *twice, occurrence([3, 0, 1], "x a.", 0x40))
        + document(b"c/a.c", *twice, occurrence([0, 0, 1], "x a.", 1))
    )
    blocks = list(Weaver().blocks(Reading(index, files.get)))
    woven = Crossing(blocks.__getitem__, len(blocks))
    here = woven.at(TreePath(b"b/m.c"), 3, 0, files.__contains__)
    assert here is not None
    found = woven.lines(here, files.__contains__, first=0, count=50)
    told = [(str(one.path), one.line, one.start) for one in found.places]
    assert told == [
        ("c/a.c", 1, 0),
        ("b/n.c", 4, 0),
        ("b/m.c", 2, 0),
        ("b/m.c", 3, 0),
        ("b/m.c", 3, 4),
        ("b/n.c", 3, 0),
        ("b/n.c", 3, 4),
        ("a/z.c", 3, 0),
        ("a/z.c", 3, 4),
        ("c/a.c", 3, 0),
        ("c/a.c", 3, 4),
    ]
    assert (found.lines, found.files) == (7, 4)
    part = woven.lines(here, files.__contains__, first=2, count=2)
    assert [(str(one.path), one.line, one.start) for one in part.places] == told[2:5]
    narrow = {TreePath(b"b/m.c"), TreePath(b"a/z.c")}.__contains__
    inside = woven.lines(here, narrow, first=0, count=50)
    assert {str(one.path) for one in inside.places} == {"b/m.c", "a/z.c"}
    assert (inside.lines, inside.files) == (3, 2)
    nothing = woven.lines(here, set[TreePath]().__contains__, first=0, count=50)
    assert (nothing.places, nothing.lines, nothing.files) == ([], 0, 0)


def test_nothing_at_all_is_a_crossing_too() -> None:
    woven = crossing_of(b"")
    woven.check()
    assert woven.at(TreePath(b"src/a.c"), 1, 4, {TreePath(b"src/a.c")}.__contains__) is None


@given(st.data())
def test_a_changed_byte_is_damage_or_another_answer_and_nothing_else(data: st.DataObject) -> None:
    blocks = list(Weaver().blocks(read(HONEST)))
    number = data.draw(st.integers(0, len(blocks) - 1))
    place = data.draw(st.integers(0, len(blocks[number]) - 1))
    changed = bytearray(blocks[number])
    changed[place] ^= data.draw(st.integers(1, 255))
    blocks[number] = bytes(changed)
    everywhere = FILES.__contains__
    with suppress(TableDamagedError):
        woven = Crossing(blocks.__getitem__, len(blocks))
        woven.check()
        for path in FILES:
            found = woven.at(path, 2, 43, everywhere)
            if found:
                list(woven.places(found, everywhere))


@pytest.mark.parametrize(
    "at",
    [
        [0, 4, 400],
        [0, 15, 16],
        [99, 0, 1],
        [4, 0, 1],
        [2**31, 0, 1],
        [-1, 0, 1],
        [0, -1, 1],
        [0, 8, 4],
        [0, 4, 4],
        [0, 4, 1, 2],
        [0],
        [],
        [0, 4, 0, -5],
    ],
)
def test_a_range_outside_the_file_is_left_out_and_counted(at: list[int]) -> None:
    reading = Reading(document(b"src/a.c", occurrence(at, AREA, 1), occurrence([0, 4, 8], AREA)), FILES.get)
    (found,) = list(reading)
    assert [one.name for one in found.mentions] == ["area"]
    assert (found.left_out, reading.left_out_mentions) == (1, 1)


@pytest.mark.parametrize("enclosing", [[0, 0, 99, 1], [0, 0, -1, 0], [2**62, 0, 1], [0]])
def test_an_enclosing_range_outside_the_file_is_none(enclosing: list[int]) -> None:
    (found,) = read(document(b"src/a.c", occurrence([0, 4, 8], AREA, 1, enclosing)))
    assert found.mentions[0].last == 0


@pytest.mark.parametrize(
    "path", [b"../etc/passwd", b"/etc/passwd", b"src/../a.c", b"", b"src//a.c", b"src/none.c", b"a\0b"]
)
def test_a_path_that_is_not_in_the_release_is_left_out(path: bytes) -> None:
    reading = Reading(document(path, occurrence([0, 4, 8], AREA)), FILES.get)
    assert list(reading) == []
    assert reading.left_out_documents == 1


def test_ranges_in_their_newer_form_are_read_alike() -> None:
    def typed(number: int, at: Sequence[int]) -> bytes:
        return sized(number, b"".join(plain(place, value) for place, value in enumerate(at, 1) if value))

    for at, enclosing in (
        (typed(8, [0, 4, 8]), typed(11, [0, 0, 3, 1])),
        (typed(9, [0, 4, 0, 8]), typed(11, [0, 0, 3, 0])),
        (sized(1, bytes([0, 4, 8])), sized(7, bytes([0, 0, 3, 1]))),
    ):
        (found,) = read(document(b"src/a.c", sized(2, at + sized(2, AREA) + plain(3, 1) + enclosing)))
        assert [(one.name, one.line, one.start, one.end, one.last) for one in found.mentions] == [("area", 1, 4, 8, 4)]
    outside = document(b"src/a.c", sized(2, typed(8, [99, 4, 8]) + sized(2, AREA)), sized(2, sized(2, AREA)))
    assert [(one.mentions, one.left_out) for one in read(outside)] == [((), 2)]


def test_a_document_of_another_text_is_left_out_whole() -> None:
    said = sized(2, sized(1, b"src/a.c") + sized(5, A) + occurrence([0, 4, 8], AREA, 1))
    assert [one.path.raw for one in read(said)] == [b"src/a.c"]
    for other in (
        sized(2, sized(1, b"src/a.c") + sized(5, A + b"\n") + occurrence([0, 4, 8], AREA, 1)),
        document(b"src/a.c", occurrence([0, 0, 3], AREA, 1), occurrence([0, 4, 8], "local 0", 1)),
        document(b"src/a.c", occurrence([0, 0, 3], "scip x pkg 1 a/Door#", 1)),
    ):
        reading = Reading(other, FILES.get)
        assert list(reading) == []
        assert (reading.foreign_documents, reading.left_out_documents) == (1, 1)
    quoted = document(b"src/a.c", occurrence([0, 4, 8], "scip x pkg 1 a/Door#`<constructor>`().", 1))
    assert len(read(quoted)) == 1


def test_a_document_told_twice_counts_once() -> None:
    reading = Reading(HONEST + HONEST, FILES.get)
    assert len(list(reading)) == 2
    assert reading.left_out_documents == 2


@pytest.mark.parametrize(("encoding", "first"), [(0, 13), (1, 13), (2, 10), (3, 9)])
def test_columns_are_counted_as_the_index_says(encoding: int, first: int) -> None:
    content = "/* é😀 */ area".encode()
    start = content.index(b"area")
    files = {TreePath(b"a.c"): content}
    found = list(Reading(document(b"a.c", occurrence([0, first, first + 4], AREA), encoding=encoding), files.get))
    assert [(one.name, one.start, one.end) for one in found[0].mentions] == [("area", start, start + 4)]


def test_a_column_inside_a_character_is_no_place() -> None:
    files = {TreePath(b"a.c"): "😀x".encode()}
    found = list(Reading(document(b"a.c", occurrence([0, 1, 3], AREA), encoding=2), files.get))
    assert (found[0].mentions, found[0].left_out) == ((), 1)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(index: bytes) -> None:
    for attempt in (index, sized(2, index), document(b"src/a.c", sized(2, index)), HONEST[: len(index)] + index):
        try:
            for found in read(attempt):
                for one in found.mentions:
                    line = FILES[found.path].split(b"\n")[one.line - 1]
                    assert one.name == line[one.start : one.end].decode()
        except ScipError:
            pass


@pytest.mark.parametrize(
    "index",
    [
        b"\xff" * 20,
        b"\x12\xff\xff\xff\xff\x7f",
        b"\x13",
        b"\x02\x00",
        b"\x00",
        sized(2, plain(1, 3)),
        sized(2, sized(1, b"src/a.c") + sized(2, sized(1, b"\1" * 50))),
        sized(2, sized(1, b"a" * 5_000)),
        document(b"src/a.c", occurrence([0, 4, 8], "s" * 5_000)),
    ],
)
def test_what_is_no_index_is_refused(index: bytes) -> None:
    with pytest.raises(ScipError):
        read(index)


def test_an_index_larger_than_any_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scip, "MAX_INDEX", 10)
    with pytest.raises(ScipError):
        Reading(HONEST, FILES.get)


def test_more_documents_or_mentions_than_any_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scip, "MAX_DOCUMENTS", 3)
    with pytest.raises(ScipError):
        read(HONEST * 2)
    monkeypatch.setattr(scip, "MAX_MENTIONS", 5)
    with pytest.raises(ScipError):
        read(HONEST)


def test_empty_mentions_cost_no_memory_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scip, "MAX_A_DOCUMENT", 1_000)
    with pytest.raises(ScipError):
        read(sized(2, sized(1, b"src/none.c") + sized(2, b"") * 1_001))


def test_a_symbol_named_more_often_than_a_block_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaving, "_LARGEST", 100)
    with pytest.raises(ScipError):
        list(Weaver().blocks(read(HONEST)))


def test_ten_thousand_levels_keep_nobody_waiting() -> None:
    nested = b""
    for _ in range(10_000):
        nested = sized(2, nested)
    begun = time.thread_time()
    with suppress(ScipError):
        read(nested)
    assert time.thread_time() - begun < 1


def test_a_long_line_mentioned_often_stays_fast() -> None:
    content = ("é" * 50_000).encode()
    files = {TreePath(b"a.c"): content}
    index = document(b"a.c", *(occurrence([0, at, at + 1], AREA) for at in range(2_000)), encoding=3)
    begun = time.thread_time()
    (found,) = list(Reading(index, files.get))
    assert len(found.mentions) == 2_000
    assert time.thread_time() - begun < 2


def test_the_wire_yields_each_kind_of_field() -> None:
    message = plain(1, 300) + sized(2, b"x") + varint(3 << 3 | 5) + bytes(4) + varint(4 << 3 | 1) + bytes(8)
    found = [
        (number, bytes(value) if isinstance(value, memoryview) else value)
        for number, value in wire.fields(memoryview(message))
    ]
    assert found == [(1, 300), (2, b"x"), (3, 0), (4, 0)]
