# SPDX-License-Identifier: Apache-2.0
"""What a page shows of found lines: the stretches round them, and of each line so much as has room."""

from collections.abc import Iterable
from typing import Final

from glasshouse.engines.codeindex.search.matching import Matcher

SHOWN: Final = 4096
"""Bytes of a line that are shown at most."""
ALSO: Final = 8
"""Other places of the same content that are named."""
HEAD: Final = 256
"""Bytes of a first line that tell a language."""
_BEFORE: Final = 1024  # of what is shown at most before the first match
Spans = tuple[tuple[int, int], ...]


def stretches(found: Iterable[tuple[int, int]], context: int, last: int | None = None) -> list[range]:
    """Return the numbers of the lines round these first and last ones, joined where they touch; `last` is a file's."""
    joined: list[range] = []
    for begin, end in found:
        first, stop = max(1, begin - context), end + context + 1
        if last is not None:
            stop = min(stop, last + 1)
        if joined and first <= joined[-1].stop:
            joined[-1] = range(joined[-1].start, max(stop, joined[-1].stop))
        else:
            joined.append(range(first, stop))
    return joined


def cut(line: bytes, spans: Spans) -> tuple[bytes, int, Spans]:
    """Cut a long line round its first match: return what is shown, the column it begins at, and the matches in it."""
    if len(line) <= SHOWN:
        return line, 0, spans
    column = min(max(spans[0][0] - _BEFORE, 0), len(line) - SHOWN) if spans else 0
    end = column + SHOWN
    within = ((max(a, column) - column, min(b, end) - column) for a, b in spans if a < end and b > column)
    return line[column:end], column, tuple(within)


def matches_in_context(line: bytes, found: Matcher) -> Spans:
    """Return what matches in a line of context; a long line was written by a machine, and is not looked at."""
    return found.spans(line) if len(line) <= SHOWN else ()
