# SPDX-License-Identifier: Apache-2.0
"""What a screen would hide or reorder is shown by its number (CVE-2021-42574 and its relatives)."""

import sys
import unicodedata

import pytest

from glasshouse.engines.codeindex.colour import Role, Token, colour
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import content, display_text


def marks(line: bytes, language: Language | None = None) -> list[str]:
    (tokens,) = colour([line], language)
    return [token.text for token in tokens if token.role is Role.MARK]


def test_an_early_return_hidden_by_bidirectional_controls_is_seen() -> None:
    # After "Trojan Source", Boucher and Anderson 2021: on a screen the return stands inside the docstring.
    line = "    ''' Subtract funds from bank account then \u2067''' ;return".encode()
    (tokens,) = colour([line], Language.PYTHON)
    assert tokens == (
        Token(Role.PLAIN, "    "),
        Token(Role.STR, "''' Subtract funds from bank account then "),
        Token(Role.MARK, "[U+2067]"),
        Token(Role.STR, "'''"),
        Token(Role.PLAIN, " ;"),
        Token(Role.KEY, "return"),
    )


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
def test_every_bidirectional_control_is_marked(code: int) -> None:
    assert marks(f"a{chr(code)}b".encode()) == [f"[U+{code:04X}]"]


@pytest.mark.parametrize(
    "code",
    [0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D,
     0x2060, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1D173, 0xE0001, 0xE0061, 0xE0100, 0xE01EF],
)  # fmt: skip
def test_every_character_that_shows_nothing_is_marked(code: int) -> None:
    assert marks(f"a{chr(code)}b".encode()) == [f"[U+{code:04X}]"]


def test_no_control_format_separator_private_or_unassigned_character_is_shown_as_itself() -> None:
    hidden = {"Cc", "Cf", "Cn", "Co", "Zl", "Zp", "Zs"}
    chars = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cs"]
    shown = display_text(" a ".join(chars).encode()).split(" a ")
    assert len(shown) == len(chars)
    for char, text in zip(chars, shown, strict=True):
        category = unicodedata.category(char)
        must_mark = category in hidden and char not in " \t"
        if must_mark or (category[0] in "LNP" and text != char):
            assert text == f"[U+{ord(char):04X}]"


def test_bytes_that_are_not_text_are_marked_one_by_one() -> None:
    assert colour([b"a\xff\xc3(\xed\xa0\x80z"], None) == [
        (
            Token(Role.PLAIN, "a"),
            Token(Role.MARK, "[FF][C3]"),
            Token(Role.PLAIN, "("),
            Token(Role.MARK, "[ED][A0][80]"),
            Token(Role.PLAIN, "z"),
        )
    ]


def test_a_source_that_spells_a_mark_does_not_make_one() -> None:
    assert colour([b"[U+202E] [FF]"], None) == [(Token(Role.PLAIN, "[U+202E] [FF]"),)]


def test_letters_of_any_script_and_tabs_are_shown() -> None:
    text = "\tñ漢字 日本 עברית 😀 e\u0301"
    assert colour([text.encode()], None) == [(Token(Role.PLAIN, text),)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
def test_the_end_of_a_line_is_not_shown(end: bytes) -> None:
    assert content(b"int x;" + end) == b"int x;"
    assert display_text(b"int x;" + end) == "int x;"


def test_a_carriage_return_anywhere_else_is_marked() -> None:
    assert display_text(b"a\rb\r\r\n") == "a[U+000D]b[U+000D]"


@pytest.mark.parametrize("end", [b"\r", b"\x0b", b"\x0c", "\x85".encode(), "\u2028".encode(), "\u2029".encode()])
def test_code_after_what_some_compiler_takes_for_the_end_of_a_line_is_not_comment(end: bytes) -> None:
    (tokens,) = colour([b"// harmless" + end + b"return 1"], Language.JAVASCRIPT)
    assert tokens[0] == Token(Role.COM, "// harmless")
    assert tokens[1].role is Role.MARK
    assert tokens[2] == Token(Role.KEY, "return")


def test_the_line_after_a_comment_that_ends_in_a_backslash_is_comment_in_c_and_not_in_java() -> None:
    lines = [b"// what is this \\", b"return 1;"]
    assert colour(lines, Language.C)[1] == (Token(Role.COM, "return 1;"),)
    assert colour(lines, Language.JAVA)[1][0] == Token(Role.KEY, "return")
