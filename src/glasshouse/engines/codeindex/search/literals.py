# SPDX-License-Identifier: Apache-2.0
"""Finding and counting the lines that hold a literal, at the speed of memory.

A text is split at the literal, and a hit is on a new line where the gap before it holds a newline. Where hits lie
closer than that pays, all bytes of a window are compared at once instead: hits and newlines become two long numbers,
of a bit for each byte, and one addition carries each hit to the end of its line.
"""

import threading
from collections.abc import Iterator
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt
import stringzilla as sz

from glasshouse.engines.codeindex.search.patterns import WORD

NEWLINE: Final = b"\n"
_CLOSE: Final = 512  # bytes between hits under which a window is compared whole
_SAMPLE: Final = 8 << 10  # bytes that tell whether they are
_WORD_BITS: Final = 64
_MOST_ROOM: Final = 1 << 20  # bytes that a thread keeps
_threads: Final = threading.local()
_RIPPLES: Final = 8  # words that a carry is passed on through, one at a time
_SMALL: Final = bytes(range(256)).lower()
_IS_WORD: Final = np.array([WORD >> byte & 1 for byte in range(256)], dtype=np.bool_)


def folded(window: memoryview) -> memoryview:
    """Return a copy in which ASCII letters are small."""
    return memoryview(sz.translate(window, _SMALL))


def count_lines(window: memoryview, literal: bytes, *, whole_word: bool) -> int:
    """Count the lines of a window of whole lines that hold the literal."""
    text = sz.Str(window)
    sample = min(len(window), _SAMPLE)
    if text[:sample].count(literal) * _CLOSE > sample:
        return _count_compared(window, literal, whole_word=whole_word)
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
    """Count them by comparing every byte: the time is that of the window, however many hits there are.

    Where no line ends there is a one, to which a hit of the same line adds: the carry runs to the end and stays there.
    Behind its last newline a text has one more end.
    """
    text = np.frombuffer(window, dtype=np.uint8)
    places = len(text) - len(literal) + 1
    marks, more = _room(len(text) // _WORD_BITS * _WORD_BITS + _WORD_BITS)
    hits, others = marks[:places], more[:places]
    marks[places:] = False
    np.equal(text[:places], literal[0], out=hits)
    for offset, byte in enumerate(literal[1:], 1):
        np.equal(text[offset : offset + places], byte, out=others)
        hits &= others
    if whole_word:
        hits[1:] &= ~_IS_WORD[text[: places - 1]]
        hits[:-1] &= ~_IS_WORD[text[len(literal) :]]
    begun = np.packbits(marks, bitorder="little").view("<u8")
    np.equal(text, NEWLINE[0], out=marks[: len(text)])
    marks[len(text)] = True
    ended = np.packbits(marks, bitorder="little").view("<u8")
    return _lines_with(begun, ended)


def _room(size: int) -> npt.NDArray[np.bool_]:
    """Return two rows of flags to work in, this thread's: memory that comes and goes costs more than the work."""
    found: npt.NDArray[np.bool_] | None = getattr(_threads, "room", None)
    if found is None or found.shape[1] < size:
        found = np.empty((2, size), dtype=np.bool_)
        if size <= _MOST_ROOM:
            _threads.room = found
    return found[:, :size]


def _lines_with(begun: npt.NDArray[np.uint64], ended: npt.NDArray[np.uint64]) -> int:
    """Count the ends that a hit is carried to."""
    sums = begun + ~ended
    carries = sums < begun
    for _ in range(_RIPPLES):
        carried = carries[:-1].copy()
        sums[1:] += carried
        carries[0] = False
        carries[1:] = sums[1:] < carried
        if not carries.any():
            return int(np.bitwise_count(sums & ended).sum())
    return _lines_with_long(begun, ended)  # some line is long


def _lines_with_long(begun: npt.NDArray[np.uint64], ended: npt.NDArray[np.uint64]) -> int:
    """Do the same with two numbers of any length, which takes other threads' time as well."""
    others = int.from_bytes((~ended).tobytes(), "little")
    sums = int.from_bytes(begun.tobytes(), "little") + others
    return (sums & int.from_bytes(ended.tobytes(), "little")).bit_count()


def lines_with(window: memoryview, literal: bytes) -> Iterator[tuple[int, int]]:
    """Yield (begin, end without newline) of the lines of a window that hold the literal, in order."""
    view, start, stop = sz.Str(window), 0, len(window)
    while start < stop and (at := view.find(literal, start, stop)) >= 0:
        newline = view.rfind(NEWLINE, start, at)
        end = view.find(NEWLINE, at, stop)
        end = stop if end < 0 else end
        yield (start if newline < 0 else newline + 1), end
        start = end + 1
