# SPDX-License-Identifier: Apache-2.0
"""Which lines match: a query as it was asked, and the matcher made from it.

The meaning is ripgrep's with `-a --no-unicode --encoding none`: bytes, one line at a time. A line ends behind its
newline or with the text; no match holds a newline, and `$` stands before the newline and nothing else, so that a
CRLF file has a carriage return there. Time is linear in the text and memory bounded, whatever the pattern: only re2
and plain comparison see the text.
"""

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Final, TypeAlias

import re2
import stringzilla as sz

from glasshouse.engines.codeindex.search import literals
from glasshouse.engines.codeindex.search.errors import PatternError
from glasshouse.engines.codeindex.search.patterns import (
    Group,
    Place,
    literal_of,
    matches_at,
    needle_of,
    of_text,
    whole_word,
    written,
)
from glasshouse.engines.codeindex.search.syntax import parse

__all__ = ["LONGEST_PATTERN", "Matcher", "PatternError", "Query", "Text", "matcher"]

Text: TypeAlias = bytes | memoryview | mmap.mmap

LONGEST_PATTERN: Final = 1_000  # characters
MOST_SPANS: Final = 100
_MEMORY: Final = 8 << 20  # bytes that re2 may use for one compiled pattern, its automata included
_LARGEST_PROGRAM: Final = 10_000  # instructions; what the slowest of re2's ways takes per byte of text
_MOST_MATCHERS: Final = 32  # kept; with two compiled patterns each, at most half a gigabyte in the worst case
_NEWLINE: Final = b"\n"
_SMALLEST_WINDOW: Final = 4 << 10
_FIRST_WINDOW: Final = 64 << 10
_LARGEST_WINDOW: Final = 256 << 10  # what a near cache holds
_SHORT: Final = 0.001  # seconds that a window may take before the next one is no larger
_LONG: Final = 0.003  # and before the next one is smaller
_RARE: Final = 1_024  # bytes between two places of a needle from which lines are looked at one by one
_LONGEST_MARKED: Final = 64 << 10  # bytes of a line in which matches are marked

_OPTIONS: Final = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.max_mem = _MEMORY
_OPTIONS.log_errors = False
_REGEX: Final = type(re2.compile(b"", _OPTIONS))


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asked for. Making one raises `PatternError`, with what to do, when it cannot be searched."""

    pattern: str
    is_literal: bool = False
    ignores_case: bool = False
    whole_word: bool = False

    def __post_init__(self) -> None:
        if not self.pattern:
            raise PatternError("Type something to search for")
        if len(self.pattern) > LONGEST_PATTERN:
            raise PatternError(
                f"A pattern has at most {LONGEST_PATTERN:,} characters; this one has {len(self.pattern):,}"
            )
        if "\n" in self.pattern:
            raise PatternError("A search sees one line at a time: the pattern holds a line break")
        if not self.pattern.isprintable() and any("\ud800" <= character <= "\udfff" for character in self.pattern):
            raise PatternError("The pattern holds half of a character")
        matcher(self)


class Matcher:
    """Finds the lines of a text that a query matches; threads may share it.

    A range [start, stop) MUST begin where a line begins, and end behind a newline or with the text.
    """

    __slots__ = ("_is_word", "_line", "_literal", "_mark", "_needle", "is_every_line", "source")

    is_every_line: bool  # no line can fail to match
    source: bytes  # the whole query in the subset of `patterns`, behind (?m): re2 and Python's `re` read it alike

    def __init__(self, query: Query) -> None:
        node = (of_text if query.is_literal else parse)(query.pattern, ignores_case=query.ignores_case)
        self._literal = literal_of(node)
        self._is_word = query.whole_word
        found = whole_word(node) if query.whole_word else node
        self._needle = needle_of(found)
        self.is_every_line = any(matches_at(found, frozenset([place])) for place in (Place.LINE_BEGIN, Place.LINE_END))
        text = written(found)
        self.source = f"(?m){text}".encode()
        self._line = _compiled(f"(?m)(?:{text})[^\\x0a]*\\x0a?")
        self._mark = _compiled(f"(?m){written(whole_word(Group(node)) if query.whole_word else Group(node))}")

    def first(self, text: Text, start: int, stop: int, limit: int) -> list[tuple[int, int]]:
        """Return (begin, end without newline) of the first `limit` matching lines in [start, stop), in order."""
        view = memoryview(text)
        found = []
        for begin, end in self._windows(sz.Str(view), start, stop):
            for line in self._lines(view, begin, end):
                found.append(line)
                if len(found) >= limit:
                    return found
        return found

    def count(self, text: Text, start: int, stop: int, *, is_out: Callable[[], bool]) -> tuple[int, bool]:
        """Count the matching lines in [start, stop), and whether all were counted: `is_out` may end it, asked often."""
        view = memoryview(text)
        lines = 0
        for begin, end in self._windows(sz.Str(view), start, stop):
            if is_out():
                return lines, False
            lines += self._count(view, begin, end)
        return lines, True

    def holding(self, text: Text, bounds: Sequence[tuple[int, int]]) -> list[bool]:
        """Return for each [start, stop) whether any of its lines matches; one search each, which nothing ends early."""
        view = memoryview(text)
        if self.is_every_line:
            return [start < stop for start, stop in bounds]
        if self._literal is not None and self._literal.text and not (self._is_word or self._literal.is_folded):
            found, literal = sz.Str(view), self._literal.text
            return [found.find(literal, start, stop) >= 0 for start, stop in bounds]
        return [self._holds(view, start, stop) for start, stop in bounds]

    def _holds(self, view: memoryview, start: int, stop: int) -> bool:
        match = self._mark.search(view, start, stop) if start < stop else None
        # Behind the last newline there is no line that an empty match could be in.
        return match is not None and (match.start() < stop or view[stop - 1] != _NEWLINE[0])

    def spans(self, line: bytes) -> tuple[tuple[int, int], ...]:
        """Return where in one line, given without its newline, the pattern matches: at most 100 places, none empty."""
        found: list[tuple[int, int]] = []
        at, stop = 0, min(len(line), _LONGEST_MARKED)
        while at < stop and len(found) < MOST_SPANS:
            match = self._mark.search(line, at, stop)
            if match is None:
                break
            begin, end = match.span(1)
            if begin < end:
                found.append((begin, end))
            at = max(end, at + 1)
        return tuple(found)

    def _windows(self, view: sz.Str, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Divide a range at lines, so that the work on each part takes about as long as a turn."""
        size = _FIRST_WINDOW
        while start < stop:
            end = _line_end(view, start, size, stop)
            begun = perf_counter()
            yield start, end
            took = perf_counter() - begun
            if took < _SHORT:
                size = min(size * 2, _LARGEST_WINDOW)
            elif took > _LONG:
                size = max(size // 2, _SMALLEST_WINDOW)
            start = end

    def _count(self, view: memoryview, start: int, stop: int) -> int:
        window = view[start:stop]
        if self.is_every_line:
            return int(sz.Str(window).count(_NEWLINE)) + (window[-1] != _NEWLINE[0])
        if self._literal is not None and self._literal.text:
            text = literals.folded(window) if self._literal.is_folded else window
            return literals.count_lines(text, self._literal.text, whole_word=self._is_word)
        return sum(1 for _ in self._lines(view, start, stop))

    def _lines(self, view: memoryview, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the matching lines of a window."""
        if self._needle is not None:
            window = view[start:stop]
            text = literals.folded(window) if self._needle.is_folded else window
            places = sz.Str(text).count(self._needle.text)
            if places * _RARE < len(text):
                return self._lines_around(view, start, text, self._needle.text) if places else iter(())
        return self._lines_of_all(view, start, stop)

    def _lines_around(
        self, view: memoryview, start: int, window: memoryview, needle: bytes
    ) -> Iterator[tuple[int, int]]:
        """Yield them by looking only at the lines that hold what every match holds."""
        for begin, end in literals.lines_with(window, needle):
            if self._mark.search(view, start + begin, start + end) is not None:
                yield start + begin, start + end

    def _lines_of_all(self, view: memoryview, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield them by one search through the window: each match takes the rest of its line with it."""
        text, reached = sz.Str(view), start
        for match in self._line.finditer(view, start, stop):
            begin, end = match.span()
            if begin >= stop and (reached >= stop or view[stop - 1] == _NEWLINE[0]):
                return  # an empty match behind the last line is not in a line, or in one that was counted
            newline = text.rfind(_NEWLINE, reached, begin)
            yield (reached if newline < 0 else newline + 1), end - (view[end - 1] == _NEWLINE[0])
            reached = end


@lru_cache(maxsize=_MOST_MATCHERS)
def matcher(query: Query) -> Matcher:
    """Return the matcher of this query, compiled once."""
    return Matcher(query)


def _line_end(view: sz.Str, start: int, size: int, stop: int) -> int:
    """Return where the last line of about `size` bytes ends; a longer line is not divided."""
    if stop - start <= size:
        return stop
    newline = view.rfind(_NEWLINE, start, start + size)
    if newline < 0:
        newline = view.find(_NEWLINE, start + size, stop)
    return stop if newline < 0 else int(newline) + 1


def _compiled(pattern: str) -> re2._Regexp:
    """Compile without re2's own cache, which would hold what ours has dropped."""
    try:
        compiled = _REGEX(pattern.encode(), _OPTIONS)
    except re2.error as error:
        raise PatternError(
            "The pattern is too large: its counted repetitions multiply", hint="Use smaller counts, or + and *."
        ) from error
    if compiled.programsize > _LARGEST_PROGRAM:
        raise PatternError("The pattern is too large", hint="Use smaller counts, or + and *.")
    return compiled
