# SPDX-License-Identifier: Apache-2.0
"""What a search answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Right behind a line of a document, in one corpus, as long as it lives; ordered while segments are only added."""

    document: int
    line: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches: `text` is the part of it behind `column` bytes, `spans` what to mark in that part."""

    document: int
    digest: bytes
    line: int
    text: bytes
    column: int
    length: int
    spans: tuple[tuple[int, int], ...]

    @property
    def place(self) -> Place:
        """Where to go on behind it."""
        return Place(self.document, self.line)


@dataclass(frozen=True, slots=True)
class Page:
    """Hits in the corpus's order. With a `rest` there may be more: the page is full, or its time was out."""

    hits: tuple[Hit, ...]
    rest: Place | None


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How many lines match in which documents: their numbers, rising, and the lines of each, once for all its paths."""

    numbers: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]

    @classmethod
    def of(cls, numbers: Sequence[int], lines: Sequence[int]) -> Self:
        """Sum what is told of each document."""
        distinct, places = np.unique(np.asarray(numbers, dtype=np.int64), return_inverse=True)
        totals = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(totals, places, np.asarray(lines, dtype=np.int64))
        return cls(distinct, totals)


@dataclass(frozen=True, slots=True)
class Count:
    """How much matches: lines and files counted at each path, documents once; at least so much when not exact.

    `spread` has the lines of every document, unless they lie so close that only their sum was counted.
    """

    lines: int
    documents: int
    files: int
    is_exact: bool
    spread: Spread | None = field(default=None, compare=False, repr=False)
