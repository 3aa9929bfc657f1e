# SPDX-License-Identifier: Apache-2.0
"""Documents as lines of tokens, comments beside them.

The patterns keep one rule: once an opener has matched they succeed, or look no further than a fixed count; loops are
possessive. Reading is then linear in the bytes, whatever they are. A number is told by its first byte, as a string is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

MOST_TOKENS: Final = 20_000
"""Tokens of one piece: a line that has more comes in several."""
_GAP: Final = rb"[ \t\r\f\v]*+"
_STRING: Final = rb'(?:u8|[uUL])?+"[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+"?+'
_CHAR: Final = rb"'[^'\\\n]*+(?:\\[\s\S][^'\\\n]*+)*+'?+"
_NUMBER: Final = rb"\.?+[0-9](?:[eEpP][+-]|'[0-9A-Za-z]|[\w.])*+"
_WORD: Final = rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*+"
_C: Final = re.compile(
    _GAP + rb"(?:(?P<end>\n|\Z)|(?P<comment>//[^\n]*+|/\*[\s\S]*?(?:\*/|\Z))"
    rb'|(?P<token>(?:u8|[uUL])?+R"(?P<fence>[^()\\\s"]{0,16})\([\s\S]*?(?:\)(?P=fence)"|\Z)|'
    + _STRING
    + rb"|"
    + _WORD
    + rb"|"
    + _NUMBER
    + rb"|"
    + _CHAR
    + rb"|->|::|<=|>=|==|!=|<<|>>|##|\+\+|--|&&|\|\||[^\s]))"
)
_PYTHON: Final = re.compile(
    _GAP + rb"(?:(?P<end>\n|\Z)|(?P<comment>\#[^\n]*+)"
    rb"|(?P<token>(?i:[rbuf]{1,2}(?=[\"']))?+(?:"
    rb'"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+(?:""")?+'
    rb"|'''[^'\\]*+(?:(?:\\[\s\S]|'(?!''))[^'\\]*+)*+(?:''')?+"
    rb'|"[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+"?+|' + _CHAR + rb")|" + _WORD + rb"|" + _NUMBER + rb"|[^\s]))"
)
_SPLICE: Final = re.compile(rb"\\[ \t]*+\r?\n")
WORD_STARTS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$") | frozenset(range(128, 256))


class Line(NamedTuple):
    """A line, or a piece of a long one: the number of its first token's line, its tokens, the comments that end on it.

    `starts` is False for a further piece of a line.
    """

    number: int
    tokens: list[bytes]
    comments: list[bytes]
    starts: bool


def c_lines(content: bytes) -> Iterator[Line]:
    """Yield the lines of C and C++; a backslash at a line's end joins it to the next, as a compiler does first."""
    parts = _SPLICE.split(content)
    if len(parts) == 1:
        yield from _lines(_C, content, [])
        return
    joins, size = [], 0
    for part in parts[:-1]:
        size += len(part)
        joins.append(size)
    yield from _lines(_C, b"".join(parts), joins)


def python_lines(content: bytes) -> Iterator[Line]:
    """Yield the lines of Python."""
    return _lines(_PYTHON, content, [])


def _lines(pattern: re.Pattern[bytes], content: bytes, joins: list[int]) -> Iterator[Line]:
    """Yield lines, the empty ones left out; `joins` are the places where lines ended that were joined to the next."""
    tokens: list[bytes] = []
    comments: list[bytes] = []
    number, first, starts = 1, 0, True
    for match in pattern.finditer(content):
        kind = match.lastgroup
        if kind == "token":
            token = match["token"]
            if not tokens:
                first = number + bisect_right(joins, match.start("token"))
            tokens.append(token)
            if b"\n" in token:
                number += token.count(b"\n")
            if len(tokens) == MOST_TOKENS:
                yield Line(first, tokens, comments, starts)
                tokens, comments, starts = [], [], False
        elif kind == "end":
            if tokens or comments:
                yield Line(first or number + bisect_right(joins, match.start()), tokens, comments, starts)
            number += 1
            tokens, comments, starts, first = [], [], True, 0
        else:
            comment = match["comment"]
            comments.append(comment)
            number += comment.count(b"\n")
    if tokens or comments:
        yield Line(first or number + len(joins), tokens, comments, starts)
