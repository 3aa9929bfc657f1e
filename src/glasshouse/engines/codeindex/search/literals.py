# SPDX-License-Identifier: Apache-2.0
"""Finding and counting the lines that hold a literal, at the speed of memory.

A text is split at the literal, and a hit is on a new line where the gap before it holds a newline. Where hits lie closer
than that pays, all bytes of a window are compared at once instead, and lines with a hit are told by a carry: one added
to a run of ones falls out at its far end.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt
import stringzilla as sz

from glasshouse.engines.codeindex.search.patterns import LOWER, WORD, both_cases

NEWLINE: Final = b"\n"
_CLOSE: Final = 64  # bytes between hits under which a window is compared whole
_CASE: Final = 0x20
_WORDS: Final = np.array([WORD >> byte & 1 for byte in range(256)], dtype=np.bool_)


def count_lines(window: memoryview, literal: bytes) -> int:
    """Count the lines of a window of whole lines that hold the literal."""
    text = sz.Str(window)
    if text.count(literal) * _CLOSE > len(window):
        return count_lines_compared(window, literal, ignores_case=False, whole_word=False)
    gaps = text.split_iter(literal)
    next(gaps)
    has_newline = list(map(sz.Str.contains, gaps, repeat(NEWLINE)))
    return 1 + sum(has_newline[:-1]) if has_newline else 0


def count_lines_compared(window: memoryview, literal: bytes, *, ignores_case: bool, whole_word: bool) -> int:
    """Count them by comparing every byte: the time is that of the window, however many hits there are."""
    text = np.frombuffer(window, dtype=np.uint8)
    places = len(text) - len(literal) + 1
    if places < 1:
        return 0
    hits = np.ones(places, dtype=np.bool_)
    folded = text | _CASE if ignores_case else text
    for offset, byte in enumerate(literal):
        is_letter = ignores_case and both_cases(1 << byte) & LOWER
        hits &= (
            (folded[offset : offset + places] == byte | _CASE) if is_letter else text[offset : offset + places] == byte
        )
    if whole_word:
        hits[1:] &= ~_WORDS[text[: places - 1]]
        hits[:-1] &= ~_WORDS[text[len(literal) :]]
    return _lines_with(hits, text == NEWLINE[0])


def _lines_with(hits: npt.NDArray[np.bool_], ends: npt.NDArray[np.bool_]) -> int:
    inside = ~ends
    carried = _number(hits) + _number(inside)
    # The last line may have no newline: its carry falls out behind the text.
    return (carried & (_number(ends) | 1 << len(ends))).bit_count()


def _number(bits: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def lines_with(text: memoryview, literal: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end without newline) of the lines in [start, stop) that hold the literal, in order."""
    view, at = sz.Str(text), start
    while at < stop and (at := view.find(literal, at, stop)) >= 0:
        newline = view.rfind(NEWLINE, start, at)
        end = view.find(NEWLINE, at, stop)
        end = stop if end < 0 else end
        yield (start if newline < 0 else newline + 1), end
        at = start = end + 1
