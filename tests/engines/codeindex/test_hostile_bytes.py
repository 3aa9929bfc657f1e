# SPDX-License-Identifier: Apache-2.0
"""Whatever a file holds, its lines are coloured without an error, whole, and with nothing hidden."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.colour import MAX_COLOURED_LINE, MAX_COLOURED_WINDOW, MAX_SCANNED, Role, Token, colour
from glasshouse.engines.codeindex.grammars import GRAMMARS
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import display_text, runs

LANGUAGES = st.sampled_from([*Language, None])
# What opens, closes and escapes things in one language or another, and what a screen hides.
BITS = [
    b'"', b"'", b"`", b'"""', b"'''", b"\\", b"/*", b"*/", b"//", b"#", b"--", b"--[[", b"]]", b"{-", b"-}", b"<!--",
    b"-->", b"<<EOF", b"<<<'X'", b"EOF", b"X", b'R"x(', b')x"', b'r#"', b'"#', b"=begin", b"=end", b"<?php ", b"?>",
    b"$", b"${", b"@", b"&", b"%", b"0x", b"1e+", b"if", b"struct ", b"int", b"A", b"aB", b" ", b"\t", b"\r", b"\n",
    b"\0", b"\x1b[31m", b"\x0b", b"\x0c", b"\x7f", b"\x80", b"\xc2", b"\xe2\x80", b"\xff", b"\xed\xa0\x80",
    "\x85\u2028\u2029\u202e\u2066\u200b\ufeff\ufe0f\u3164\u00a0".encode(), "äé漢字😀שלום".encode(), b"=/[", b'<a b="',
]  # fmt: skip
LINE = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(BITS), max_size=25).map(b"".join))
LINES = st.lists(LINE, max_size=8)


def check(lines: Sequence[bytes], language: Language | None, context: Sequence[bytes] = ()) -> list[tuple[Token, ...]]:
    coloured = colour(lines, language, context_before=context)
    assert len(coloured) == len(lines)
    for line, tokens in zip(lines, coloured, strict=True):
        assert "".join(token.text for token in tokens) == display_text(line)
        assert all(token.text for token in tokens)
        assert tokens == runs(tokens)
        for token in tokens:
            assert token.text.replace("\t", "").isprintable()
    return coloured


@settings(max_examples=600)
@given(lines=LINES, context=LINES, language=LANGUAGES)
def test_any_bytes_come_back_whole_and_visible(
    lines: list[bytes], context: list[bytes], language: Language | None
) -> None:
    check(lines, language, context)


@settings(max_examples=200)
@given(lines=LINES, more=LINES, language=LANGUAGES)
def test_marks_are_the_same_whatever_the_language_and_the_lines_around(
    lines: list[bytes], more: list[bytes], language: Language | None
) -> None:
    def marks(coloured: list[tuple[Token, ...]]) -> list[list[str]]:
        return [[token.text for token in tokens if token.role is Role.MARK] for tokens in coloured]

    assert marks(colour(lines, language, context_before=more)) == marks(colour(lines, None))


@pytest.mark.parametrize("language", Language)
def test_every_language_survives_every_opener_repeated(language: Language) -> None:
    for bit in BITS:
        check([bit * (1_900 // len(bit))] * 3, language, [bit * 50] * 20)


@pytest.mark.parametrize("language", Language)
def test_every_language_survives_a_random_file(language: Language) -> None:
    chance = random.Random(20)  # noqa: S311 - not a secret
    blob = chance.randbytes(20_000)
    check(blob.split(b"\n"), language)


@pytest.mark.parametrize("language", [Language.C, Language.PYTHON, Language.XML, Language.SHELL])
@pytest.mark.parametrize("byte", [b"a", b"(", b"\0", b"\xff", b'"', b" ", b"0"])
def test_a_line_of_a_million_bytes_is_shown_whole_and_plain(language: Language, byte: bytes) -> None:
    (tokens,) = check([byte * 1_000_000], language)
    assert len(tokens) == 1
    assert tokens[0].role is (Role.MARK if byte in b"\0\xff" else Role.PLAIN)


def test_brackets_a_hundred_thousand_deep_are_only_brackets() -> None:
    opened = [b"(" * 1_000] * 100
    closed = [b")" * 1_000] * 100
    assert {token.role for tokens in check(opened + closed, Language.C) for token in tokens} == {Role.PLAIN}


def test_deep_indentation_is_only_indentation() -> None:
    lines = [b" " * depth + b"if 1:" for depth in range(600)]
    coloured = check([*lines[500:], b" " * 600 + b"'a'"], Language.PYTHON, lines[:500])
    assert [(token.role, token.text.strip()) for token in coloured[99]] == [
        (Role.PLAIN, ""),
        (Role.KEY, "if"),
        (Role.PLAIN, ""),
        (Role.NUM, "1"),
        (Role.PLAIN, ":"),
    ]


def test_a_long_line_is_plain_and_its_neighbours_are_not() -> None:
    longest = b"int " * (MAX_COLOURED_LINE // 4)
    first, second, third = check([longest, longest + b"x", b"int"], Language.C)
    assert first[0] == Token(Role.TYPE, "int")
    assert second == (Token(Role.PLAIN, longest.decode() + "x"),)
    assert third == (Token(Role.TYPE, "int"),)


def test_a_window_too_large_is_plain() -> None:
    lines = [b"int x;"] * (MAX_COLOURED_WINDOW // 7)
    assert check(lines, Language.C)[0][0].role is Role.TYPE
    assert check([*lines, b"int x;"], Language.C)[0][0].role is Role.PLAIN


def test_context_counts_as_far_as_it_fits() -> None:
    filler = [b"x" * 99] * (MAX_SCANNED // 100 - 1)
    assert check([b"int"], Language.C, [b"/*", *filler[1:]]) == [(Token(Role.COM, "int"),)]
    assert check([b"int"], Language.C, [b"/*", *filler, *filler[:2]]) == [(Token(Role.TYPE, "int"),)]


def test_no_lines_are_no_lines() -> None:
    assert colour([], Language.C, context_before=[b"/*"]) == []
    assert colour([b"", b"\n", b"\r\n"], Language.C) == [(), (), ()]


def test_every_language_has_a_grammar() -> None:
    assert set(GRAMMARS) == set(Language)
