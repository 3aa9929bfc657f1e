# SPDX-License-Identifier: Apache-2.0
"""Ranges of lines, counted from one, both ends included."""

import re
from dataclasses import dataclass
from typing import Self

from glasshouse.kernel.errors import InvalidError

MAX_LINE = 2**40
_FORM = re.compile(r"([1-9]\d{0,12})(?:-([1-9]\d{0,12}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `first` to `last`, at least one."""

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse an empty or impossible range."""
        if not 1 <= self.first <= self.last <= MAX_LINE:
            message = f"not a range of lines: {self.first}-{self.last}"
            raise InvalidError(message, hint="Write lines as 12 or 12-40, the first not after the last.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `12` or `12-40`."""
        match = _FORM.fullmatch(text)
        if not match:
            message = f"not a range of lines: {text[:40]!r}"
            raise InvalidError(message, hint="Write lines as 12 or 12-40.")
        return cls(int(match[1]), int(match[2] or match[1]))

    @property
    def count(self) -> int:
        """Return how many lines the range has."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Write `12-40`, or `12` for one line."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
