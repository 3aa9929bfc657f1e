# SPDX-License-Identifier: Apache-2.0
"""Colour for a window of lines, bounded whatever the lines hold.

Source is hostile and this runs where keys are held, so no parser in C reads it here: grammars are lexical and their
patterns linear (`grammar.py`). tree-sitter 0.26 was tried. 600 lines of ever deeper `if 1:` end the process in the
scanner of its Python grammar; error recovery took 34 s on 67 KB without asking its progress callback; queries, which
cannot be bounded, took 3.6 s on 160 KB. Colour helps the eye and proves nothing: a directive may compile a line away,
and a macro may make anything of a word.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from glasshouse.engines.codeindex.grammar import Span
from glasshouse.engines.codeindex.grammars import scanner
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.text import Role, Token, content, is_clean, pieces, runs

__all__ = ["MAX_COLOURED_LINE", "MAX_COLOURED_WINDOW", "MAX_SCANNED", "Role", "Token", "colour", "runs"]

MAX_SCANNED: Final = 256 * 1024  # bytes of context and window together
MAX_COLOURED_WINDOW: Final = 64 * 1024
_CONTINUATION: Final = 0x80  # the upper two bits of a byte inside a character
MAX_COLOURED_LINE: Final = 2_000  # bytes; a longer line was written by a machine, and is shown plain


def colour(
    lines: Sequence[bytes], language: Language | None, *, context_before: Sequence[bytes] = ()
) -> list[tuple[Token, ...]]:
    """Return the tokens of each line; joined they are its `display_text`.

    `context_before` are the lines right before, the nearest last; as many as fit into `MAX_SCANNED` decide whether the
    first line stands inside a comment or a string. A window beyond `MAX_COLOURED_WINDOW` is plain. No text is
    ever cut, so the caller bounds the bytes of a window.
    """
    bare = [content(line) for line in lines]
    spans = _spans(bare, language, context_before) if language else []
    return [_tokens(line, inside) for line, inside in zip(bare, _by_line(bare, spans), strict=True)]


def _spans(bare: Sequence[bytes], language: Language, context: Sequence[bytes]) -> list[Span]:
    """Return the spans of the window, offsets counted from its first byte."""
    window = b"\n".join(bare)
    if len(window) > MAX_COLOURED_WINDOW:
        return []
    room = MAX_SCANNED - len(window)
    near: list[bytes] = []
    for line in reversed(context):
        room -= len(line) + 1
        if room < 0:
            break
        near.append(content(line))
    before = b"".join(line + b"\n" for line in reversed(near))
    start = len(before)
    return [
        Span(span.start - start, span.end - start, span.role)
        for span in scanner(language).spans(before + window, start)
    ]


def _by_line(bare: Sequence[bytes], spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Yield the spans of each line, cut at its ends and counted from its start."""
    first, start = 0, 0
    for line in bare:
        end = start + len(line)
        inside: list[Span] = []
        for index in range(first, len(spans)):
            span = spans[index]
            if span.start >= end:
                break
            if span.end > start:
                inside.append(Span(max(span.start, start) - start, min(span.end, end) - start, span.role))
            if span.end <= end:
                first = index + 1
        yield inside
        start = end + 1


def _tokens(line: bytes, spans: Sequence[Span]) -> tuple[Token, ...]:
    if len(line) > MAX_COLOURED_LINE:
        spans = ()
    if not is_clean(line):
        return runs(_marked(line, spans))
    if not spans:
        return (Token(Role.PLAIN, line.decode("ascii")),) if line else ()
    return runs(_clean(line.decode("ascii"), spans))


def _clean(text: str, spans: Sequence[Span]) -> Iterator[Token]:
    """Cut a line whose bytes are its characters."""
    at = 0
    for span in spans:
        if span.start > at:
            yield Token(Role.PLAIN, text[at : span.start])
        yield Token(span.role, text[span.start : span.end])
        at = span.end
    if at < len(text):
        yield Token(Role.PLAIN, text[at:])


def _marked(line: bytes, spans: Sequence[Span]) -> Iterator[Token]:
    """Cut a line by its spans and its marks; a character belongs to the span that holds its first byte."""
    parts = iter(_parts(line, spans))
    end, role = 0, Role.PLAIN
    for piece in pieces(line):
        if piece.is_mark:
            yield Token(Role.MARK, piece.text)
            continue
        at = piece.start
        while at < piece.end:
            while end <= at:
                end, role = next(parts)
            stop = min(end, piece.end)
            yield Token(role, line[at:stop].decode("utf-8"))
            at = stop


def _parts(line: bytes, spans: Sequence[Span]) -> Iterator[tuple[int, Role]]:
    """Yield the ends and the roles of the parts of a line, no end inside a character."""
    for span in spans:
        yield _character_start(line, span.start), Role.PLAIN
        yield _character_start(line, span.end), span.role
    yield len(line), Role.PLAIN


def _character_start(line: bytes, at: int) -> int:
    """Return the first place from here on that no character of UTF-8 spans."""
    for place in range(at, min(at + 3, len(line))):
        if line[place] & 0xC0 != _CONTINUATION:
            return place
    return min(at + 3, len(line))
