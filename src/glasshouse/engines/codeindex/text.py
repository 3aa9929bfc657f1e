# SPDX-License-Identifier: Apache-2.0
"""Bytes of a line as text that hides nothing.

A screen may reorder text (bidirectional controls, CVE-2021-42574), show nothing for a character (zero-width,
variation selectors, Hangul fillers) or break a line where no compiler does. What does so is shown by its number
instead, in a token of its own with `Role.MARK`: `[U+202E]` for a code point, `[FF]` for a byte that is not UTF-8.
A source that spells out `[U+202E]` in letters gets the same text, never the same role.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Final


class Role(StrEnum):
    """What a piece of a line is; the value is its CSS class."""

    PLAIN = ""
    KEY = "k"
    STR = "s"
    NUM = "m"
    COM = "c"
    PRE = "p"
    TYPE = "t"
    MARK = "x"


@dataclass(frozen=True, slots=True)
class Token:
    """Some text of one line, all of one role, never empty."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Text for bytes `start` to `end` of a line, all shown as they are or all marks."""

    start: int
    end: int
    text: str
    is_mark: bool


# Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties) outside category Cf, and the blank Braille cell:
# `str.isprintable` calls them printable, and a screen shows nothing.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SUSPECT: Final = re.compile(r"[^\t -~]+")
_CLEAN: Final = re.compile(rb"[\t -~]*")
_ESCAPED_BYTES: Final = range(0xDC80, 0xDD00)  # where surrogateescape puts the bytes from 0x80 on


def content(line: bytes) -> bytes:
    """Return the line without its end: one LF, one CRLF, or the CR that a split at LF leaves behind."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def is_clean(line: bytes) -> bool:
    """Say whether the line is printable ASCII and tabs: text and bytes then have the same offsets."""
    return _CLEAN.fullmatch(line) is not None


def display_text(line: bytes) -> str:
    """Return the text that stands for this line, marks included."""
    return "".join(piece.text for piece in pieces(content(line)))


def pieces(line: bytes) -> list[Piece]:
    """Cut a line without its end into stretches that are shown as they are, and marks. Linear in its bytes."""
    if is_clean(line):
        return [Piece(0, len(line), line.decode("ascii"), is_mark=False)] if line else []
    found: list[Piece] = []
    start = 0
    for is_hidden, chars in _stretches(line.decode("utf-8", "surrogateescape")):
        end = start + len(chars.encode("utf-8", "surrogateescape"))
        found.append(Piece(start, end, "".join(map(_mark, chars)) if is_hidden else chars, is_mark=is_hidden))
        start = end
    return found


def _stretches(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a text where hidden characters begin and end."""
    shown = 0
    for match in _SUSPECT.finditer(text):
        run = match[0]
        if run.isprintable() and not _INVISIBLE.search(run):
            continue
        if match.start() > shown:
            yield False, text[shown : match.start()]
        for is_hidden, chars in groupby(run, key=_is_hidden):
            yield is_hidden, "".join(chars)
        shown = match.end()
    if shown < len(text):
        yield False, text[shown:]


@lru_cache(maxsize=4096)
def _is_hidden(char: str) -> bool:
    return not char.isprintable() or _INVISIBLE.match(char) is not None


@lru_cache(maxsize=4096)
def _mark(char: str) -> str:
    code = ord(char)
    return f"[{code - _ESCAPED_BYTES.start + 0x80:02X}]" if code in _ESCAPED_BYTES else f"[U+{code:04X}]"


def runs(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Join neighbours of one role and drop empty ones, so that a page is small."""
    joined: list[Token] = []
    role, texts = Role.PLAIN, [""]
    for token in tokens:
        if token.role is not role:
            if text := "".join(texts):
                joined.append(Token(role, text))
            role, texts = token.role, []
        texts.append(token.text)
    if text := "".join(texts):
        joined.append(Token(role, text))
    return tuple(joined)
