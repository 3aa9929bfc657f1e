# SPDX-License-Identifier: Apache-2.0
"""Lines as identity reads them: their tokens, whatever the white space, and the lines round them.

No grammar is asked: a language's parser changes, and an identity that hangs on it changes too. What is made here is
part of the scheme.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from glasshouse.engines.identity.keys import Near

MAX_LINE: Final = 4_096
"""Bytes above which a line was written by a machine; its tokens are then taken from the result's column on."""
_PART: Final = 256
_TOKEN: Final = re.compile(rb"[A-Za-z0-9_\x80-\xff]+|[^\sA-Za-z0-9_\x80-\xff]")
_WORD: Final = re.compile(rb"[A-Za-z0-9_\x80-\xff]")
_LOOK: Final = 50  # lines that are looked at for a neighbour
_NEAR: Final = 2
_SHORT: Final = 8


class Text(NamedTuple):
    """What is read of one line."""

    tokens: bytes
    near: Near


def normalise(line: bytes, column: int = 0) -> bytes:
    """Return the tokens of a line, apart by one space. `column` counts bytes from one and matters to long lines."""
    if len(line) > MAX_LINE:
        start = min(max(column - 1, 0), len(line))
        line = line[start : start + _PART]
    return b" ".join(_TOKEN.findall(line))


def texts_at(content: bytes, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Text]:
    """Return what is read at some lines and columns of a file; a line that it does not have reads as an empty one."""
    lines = content.split(b"\n")
    near: dict[int, Near] = {}
    found: dict[tuple[int, int], Text] = {}
    for line, column in places:
        if line not in near:
            near[line] = _near(lines, line - 1)
        text = lines[line - 1] if 1 <= line <= len(lines) else b""
        found[line, column] = Text(normalise(text, column), near[line])
    return found


def _near(lines: Sequence[bytes], at: int) -> Near:
    above = _neighbours(lines, range(min(at, len(lines)) - 1, max(at - _LOOK, 0) - 1, -1))
    below = _neighbours(lines, range(max(at, -1) + 1, min(at + 1 + _LOOK, len(lines))))
    return Near(above[1], above[0], below[0], below[1])


def _neighbours(lines: Sequence[bytes], places: range) -> list[bytes]:
    """Return the hashes of the next lines that hold a word: a brace alone is near everything."""
    found: list[bytes] = []
    for place in places:
        if _WORD.search(lines[place], 0, MAX_LINE):
            found.append(hashlib.sha256(normalise(lines[place])).digest()[:_SHORT])
            if len(found) == _NEAR:
                break
    return [*found, b"", b""][:_NEAR]
