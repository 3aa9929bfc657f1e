# SPDX-License-Identifier: Apache-2.0
"""Finding and counting the lines that hold a literal, at the speed of memory.

A text is split at the literal, and a hit is on a new line where the gap before it holds a newline. Where hits lie
closer than that pays, all bytes of a window are compared at once instead, and of hits and newlines in one row those
hits are counted that follow a newline.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt
import stringzilla as sz

from glasshouse.engines.codeindex.search.patterns import WORD

NEWLINE: Final = b"\n"
_CLOSE: Final = 64  # bytes between hits under which a window is compared whole
_SMALL: Final = bytes(range(256)).lower()
_IS_WORD: Final = np.array([WORD >> byte & 1 for byte in range(256)], dtype=np.bool_)


def folded(window: memoryview) -> memoryview:
    """Return a copy in which ASCII letters are small."""
    return memoryview(sz.translate(window, _SMALL))


def count_lines(window: memoryview, literal: bytes, *, whole_word: bool) -> int:
    """Count the lines of a window of whole lines that hold the literal."""
    text = sz.Str(window)
    hits = int(text.count(literal))
    if not hits:
        return 0
    if hits * _CLOSE > len(window) or (whole_word and _may_overlap(literal)):
        return _count_compared(window, literal, whole_word=whole_word)
    if whole_word:
        return _count_words(window, literal)
    gaps = text.split_iter(literal)
    next(gaps)
    has_newline: list[bool] = list(map(sz.Str.contains, gaps, repeat(NEWLINE)))
    return 1 + sum(has_newline[:-1])


def _may_overlap(literal: bytes) -> bool:
    return any(literal.startswith(literal[begin:]) for begin in range(1, len(literal)))


def _count_words(window: memoryview, literal: bytes) -> int:
    gaps = list(sz.Str(window).split_iter(literal))
    places = np.cumsum(np.fromiter(map(len, gaps[:-1]), np.int64)) + len(literal) * np.arange(len(gaps) - 1)
    lines = np.cumsum(np.fromiter(map(sz.Str.contains, gaps[:-1], repeat(NEWLINE)), np.int64))
    text, after = np.frombuffer(window, dtype=np.uint8), places + len(literal)
    touches_before = _IS_WORD[text[np.maximum(places - 1, 0)]] & (places > 0)
    touches_after = _IS_WORD[text[np.minimum(after, len(text) - 1)]] & (after < len(text))
    found = lines[~(touches_before | touches_after)]
    return int(np.count_nonzero(np.diff(found))) + 1 if len(found) else 0


def _count_compared(window: memoryview, literal: bytes, *, whole_word: bool) -> int:
    """Count them by comparing every byte: the time is that of the window, however many hits there are."""
    text = np.frombuffer(window, dtype=np.uint8)
    places = len(text) - len(literal) + 1
    hits = text[:places] == literal[0]
    for offset, byte in enumerate(literal[1:], 1):
        hits &= text[offset : offset + places] == byte
    if whole_word:
        hits[1:] &= ~_IS_WORD[text[: places - 1]]
        hits[:-1] &= ~_IS_WORD[text[len(literal) :]]
    return _lines_with(hits, text == NEWLINE[0])


def _lines_with(hits: npt.NDArray[np.bool_], ends: npt.NDArray[np.bool_]) -> int:
    events = ends.copy()
    events[: len(hits)] |= hits
    is_end = ends[np.flatnonzero(events)]
    # A line's first hit is the one with no other hit before it in the line.
    return int(np.count_nonzero(is_end[:-1] & ~is_end[1:]) + np.count_nonzero(~is_end[:1]))


def lines_with(window: memoryview, literal: bytes) -> Iterator[tuple[int, int]]:
    """Yield (begin, end without newline) of the lines of a window that hold the literal, in order."""
    view, start, stop = sz.Str(window), 0, len(window)
    while start < stop and (at := view.find(literal, start, stop)) >= 0:
        newline = view.rfind(NEWLINE, start, at)
        end = view.find(NEWLINE, at, stop)
        end = stop if end < 0 else end
        yield (start if newline < 0 else newline + 1), end
        start = end + 1
