# SPDX-License-Identifier: Apache-2.0
"""Text as the index sees it: 128 classes of bytes, three in a row a trigram of 21 bits.

Letters are folded to one case and a tab to a space, so that one index serves both cases; bytes above 127 share the
classes that became free, so that any encoding is served. What is folded together is told apart again by the matcher,
which reads the text itself: folding may only ever add candidates. A newline is in no trigram, as it is in no match.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

TRIGRAMS: Final = 1 << 21
NEWLINE: Final = ord("\n")  # keeps a class of its own
_FREE: Final[tuple[int, ...]] = (ord("\t"), *range(ord("A"), ord("Z") + 1))
_LENGTH: Final = 3
_LAST_OF_ASCII: Final = 127
_WINDOW: Final = 1 << 16  # positions that fit the table's 16 bits
_SPREAD: Final = 11  # prime to the number of free classes: neighbouring bytes fall into different ones


def _class_of(byte: int) -> int:
    if byte > _LAST_OF_ASCII:
        return _FREE[byte * _SPREAD % len(_FREE)]
    if byte == ord("\t"):
        return ord(" ")
    return bytes([byte]).lower()[0]


FOLD: Final = bytes(_class_of(byte) for byte in range(256))


def fold(text: bytes | bytearray) -> bytes:
    """Return the class of each byte."""
    return bytes(text.translate(FOLD))


def trigrams_of(folded: bytes) -> frozenset[int]:
    """Return the trigrams of a short folded text; those with a newline are none."""
    triples = zip(folded, folded[1:], folded[2:], strict=False)
    return frozenset(a << 14 | b << 7 | c for a, b, c in triples if NEWLINE not in {a, b, c})


class Distinct:
    """Finds the distinct trigrams of one text after another, in time proportional to each.

    Every position is written into a table under its trigram, and stands for it where the table still says so. (Four
    times as fast as sorting them.) Not for two threads at once.
    """

    __slots__ = ("_places", "_table")

    def __init__(self) -> None:
        self._table = np.zeros(TRIGRAMS, dtype=np.uint16)
        self._places = np.arange(_WINDOW, dtype=np.uint16)

    def of(self, folded: bytes) -> npt.NDArray[np.intp]:
        """Return the distinct trigrams of a folded text, in no order."""
        codes = self._of_window(folded[: _WINDOW + 2])
        if len(folded) <= _WINDOW + 2:
            return codes
        windows = range(_WINDOW, len(folded) - 2, _WINDOW)
        return np.unique(np.concatenate([codes, *(self._of_window(folded[at : at + _WINDOW + 2]) for at in windows)]))

    def _of_window(self, folded: bytes) -> npt.NDArray[np.intp]:
        if len(folded) < _LENGTH:
            return np.empty(0, dtype=np.intp)
        classes = np.frombuffer(folded, dtype=np.uint8).astype(np.intp)
        codes = classes[:-2] << 7
        codes |= classes[1:-1]
        codes <<= 7
        codes |= classes[2:]
        places = self._places[: len(codes)]
        self._table[codes] = places
        codes = codes.compress(self._table.take(codes) == places)
        broken = (codes & 0x7F == NEWLINE) | (codes >> 7 & 0x7F == NEWLINE) | (codes >> 14 == NEWLINE)
        return codes.compress(~broken)
