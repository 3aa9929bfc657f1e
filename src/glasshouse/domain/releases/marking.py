# SPDX-License-Identifier: Apache-2.0
"""Where a pattern matched, marked in the coloured text of a line."""

from collections.abc import Iterator, Sequence

from glasshouse.domain.releases.found import FoundPart
from glasshouse.engines.codeindex.text import Token, content, is_clean, pieces

Spans = Sequence[tuple[int, int]]


def marked(line: bytes, tokens: Sequence[Token], spans: Spans) -> tuple[FoundPart, ...]:
    """Cut a line's tokens where the spans, in bytes of the line, begin and end; joined they are the same text.

    What is shown by its number (a byte that is no text, a control) is marked whole where a span touches it.
    """
    bare = content(line)
    ranges = [(begin, end) for begin, end in spans if begin < end]
    if not is_clean(bare):
        ranges = list(_in_text(bare, ranges))
    return tuple(_cut(tokens, ranges))


def _in_text(line: bytes, spans: Spans) -> Iterator[tuple[int, int]]:
    """Turn spans of bytes into spans of the text that stands for the line."""
    for begin, end in spans:
        first, last, offset = None, 0, 0
        for piece in pieces(line):
            size = len(piece.text)
            if piece.start < end and begin < piece.end:
                low, high = max(begin, piece.start) - piece.start, min(end, piece.end) - piece.start
                inside = (0, size) if piece.is_mark else _chars(line[piece.start : piece.end], low, high)
                first = offset + inside[0] if first is None else first
                last = offset + inside[1]
            offset += size
        if first is not None and first < last:
            yield first, last


def _chars(text: bytes, low: int, high: int) -> tuple[int, int]:
    # A span of bytes may begin or end inside a character; the character is then marked whole.
    return len(text[:low].decode("utf-8", "ignore")), len(text[:high].decode("utf-8", "replace"))


def _cut(tokens: Sequence[Token], ranges: Spans) -> Iterator[FoundPart]:
    offset = 0
    for token in tokens:
        start, stop = offset, offset + len(token.text)
        place = start
        for begin, end in ranges:
            low, high = max(begin, place), min(end, stop)
            if low >= high:
                continue
            if low > place:
                yield FoundPart(Token(token.role, token.text[place - start : low - start]), is_found=False)
            yield FoundPart(Token(token.role, token.text[low - start : high - start]), is_found=True)
            place = high
        if place < stop:
            yield FoundPart(Token(token.role, token.text[place - start :]), is_found=False)
        offset = stop
