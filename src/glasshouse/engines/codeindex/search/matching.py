# SPDX-License-Identifier: Apache-2.0
"""Which lines match: a query as it was asked, and the matcher made from it."""

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from glasshouse.engines.codeindex.search.errors import PatternError

__all__ = ["LONGEST_PATTERN", "Matcher", "PatternError", "Query", "matcher"]

LONGEST_PATTERN: Final = 1_000  # characters

type_text = bytes | memoryview | mmap.mmap


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asked for; making one raises `PatternError` when it cannot be searched."""

    pattern: str
    is_literal: bool = False
    ignores_case: bool = False
    whole_word: bool = False

    def __post_init__(self) -> None:
        if not self.pattern:
            raise PatternError("Type something to search for")


class Matcher:
    """Finds the lines of a text that a query matches; safe to share between threads."""

    is_every_line: bool  # no line can fail to match
    source: bytes  # the whole query as one bytes pattern that re2 and Python's `re` read alike (no flags but (?m))

    def __init__(self, query: Query) -> None:
        raise NotImplementedError

    def first(self, text: type_text, start: int, stop: int, limit: int) -> list[tuple[int, int]]:
        """(begin, end without newline) of the first `limit` matching lines in [start, stop), in order."""
        raise NotImplementedError

    def count(self, text: type_text, start: int, stop: int, *, is_out: Callable[[], bool]) -> tuple[int, bool]:
        """Matching lines in [start, stop), and whether all were counted: `is_out` ends the count early."""
        raise NotImplementedError

    def spans(self, line: bytes) -> tuple[tuple[int, int], ...]:
        """Where in one line (without newline) the pattern matches, at most 100, none empty."""
        raise NotImplementedError


@lru_cache(maxsize=128)
def matcher(query: Query) -> Matcher:
    """Return the matcher of this query, compiled once."""
    return Matcher(query)
