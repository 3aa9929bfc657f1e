# SPDX-License-Identifier: Apache-2.0
"""What the tool prints is a hostile file's word: no answer raises, none puts a symbol outside its file."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols import ctags
from glasshouse.engines.codeindex.symbols.values import MAX_NAME, MAX_SYMBOLS, Document, Gap, Key, Outline

BEGIN: Final = b'{"_type": "program", "name": "Universal Ctags", "version": "5.9.0"}\n'
DONE: Final = b'{"_type": "completed", "command": "generate-tags"}\n'
TEN_LINES: Final = Document(Key(bytes(32), "C"), "x.c", b"int a;\n" * 10)


def tag(**fields: object) -> bytes:
    return json.dumps({"_type": "tag", "name": "a", "language": "C", "line": 1, "kind": "variable", **fields}).encode()


def outline(*lines: bytes) -> Outline:
    answer = ctags.read(BEGIN + b"".join(line + b"\n" for line in lines) + DONE, [TEN_LINES])
    assert answer.is_tool
    return answer.outlines[0]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_raise(rubbish: bytes) -> None:
    for printed in (rubbish, BEGIN + rubbish, BEGIN + tag() + b"\n" + rubbish + DONE + rubbish):
        answer = ctags.read(printed, [TEN_LINES, TEN_LINES])
        for found in (*answer.outlines, answer.unfinished):
            for symbol in found:
                assert 1 <= symbol.line <= 10
                assert symbol.end == 0 or symbol.line <= symbol.end <= 10


@given(
    st.dictionaries(
        st.sampled_from(["_type", "name", "kind", "line", "end", "scope", "signature", "language"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2),
    )
)
def test_any_fields_at_all_give_symbols_that_can_be(fields: dict[str, object]) -> None:
    found = outline(tag(**fields), tag())
    assert ("a", 1) in {(symbol.name, symbol.line) for symbol in found}
    for symbol in found:
        assert symbol.name
        assert 1 <= symbol.line <= 10
        for text in (symbol.name, symbol.kind, symbol.scope, symbol.signature, symbol.language):
            assert "\n" not in text
            assert "\0" not in text
            text.encode("utf-8")


@pytest.mark.parametrize("line", [0, -1, 11, 2**63, True, 1.0, "1", None, [1]])
def test_a_line_outside_the_file_is_left_out_and_told(line: object) -> None:
    found = outline(tag(name="good"), tag(name="bad", line=line))
    assert [symbol.name for symbol in found] == ["good"]
    assert found.gap is Gap.NOT_BELIEVED


@pytest.mark.parametrize("end", [11, -3, 2, True, "9", None])
def test_an_end_outside_the_file_or_before_the_line_is_no_end(end: object) -> None:
    found = outline(tag(line=4, end=end))
    assert [(symbol.line, symbol.end) for symbol in found] == [(4, 0)]
    assert found.gap is Gap.NOT_BELIEVED


@pytest.mark.parametrize(
    "line", [b"{", b"[" * 20_000, b"null", b"17", b'"tag"', b"{}", b'{"_type": "tag"}', b"\xff\xfe"]
)
def test_a_line_that_is_no_tag_costs_only_itself(line: bytes) -> None:
    found = outline(tag(name="before"), line, tag(name="after"))
    assert [symbol.name for symbol in found] == ["before", "after"]
    assert found.gap is Gap.NOT_BELIEVED


def test_a_number_of_a_million_digits_is_no_line() -> None:
    found = outline(tag(), b'{"_type": "tag", "name": "n", "kind": "k", "line": ' + b"9" * 1_000_000 + b"}")
    assert [symbol.name for symbol in found] == ["a"]


def test_a_warning_of_the_tool_is_no_doubt() -> None:
    found = outline(tag(), b'{"_type": "error", "message": "ignoring null tag in x.c(line: 1)", "warning": true}')
    assert (len(found), found.gap) == (1, None)


def test_a_name_cannot_end_its_document() -> None:
    name = DONE.decode() + "\n" + DONE.decode()
    found = outline(tag(name=name), tag(name="b"))
    assert len(found) == 2
    assert "\n" not in found.columns.names[0]


def test_long_names_are_cut_and_halves_of_pairs_replaced() -> None:
    found = outline(tag(name="n" * 100_000), tag(name="\ud800x"), tag(name="a\nb\0c"))
    assert [symbol.name for symbol in found] == ["n" * MAX_NAME, "?x", "a\ufffdb\ufffdc"]


def test_symbols_beyond_the_cap_are_counted_as_missing() -> None:
    found = outline(*[tag()] * (MAX_SYMBOLS + 5))
    assert (len(found), found.gap) == (MAX_SYMBOLS, Gap.TOO_MANY)


def test_another_tool_in_its_place_is_not_believed() -> None:
    for begin in (b"", b"\n", b'{"_type": "program", "name": "Other"}\n', b"ctags: command not found\n"):
        assert not ctags.read(begin + tag() + b"\n" + DONE, [TEN_LINES]).is_tool


def test_answers_about_more_documents_than_were_asked_are_dropped() -> None:
    answer = ctags.read(BEGIN + DONE * 5, [TEN_LINES])
    assert len(answer.outlines) == 1
