# SPDX-License-Identifier: Apache-2.0
"""What differs between two versions of a document, said by function.

A function is a range of lines with a digest. Two versions of it have one name in one scope; where several do
(overloads, branches of a preprocessor), equal ones are paired first and the rest in their order.
"""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.engines.codeindex.symbols.values import Family, Outline, Symbol
from glasshouse.kernel.lines import Span

FUNCTIONS: Final = frozenset({Family.FUNCTION})


class Step(StrEnum):
    """What a newer version did to a function."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one version: its lines, and the digest of their bytes.

    Where the tool does not know the last line, the range ends before the next function, and `is_exact` is False.
    """

    name: str
    scope: str
    kind: str
    span: Span
    digest: bytes
    is_exact: bool


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """One function that differs; None on the side where it is not."""

    step: Step
    before: Function | None
    after: Function | None

    @property
    def name(self) -> str:
        """Return the function's name, the newer one's where there are two."""
        side = self.after or self.before
        return side.name if side else ""


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs: functions in the order of the newer version, removed ones behind.

    `elsewhere` says that lines outside every function differ too.
    """

    functions: tuple[FunctionChange, ...]
    elsewhere: bool


def functions_of(outline: Outline, content: bytes, families: frozenset[Family] = FUNCTIONS) -> list[Function]:
    """Return a version's functions in the order of lines, each with the digest of its bytes."""
    lines = _Lines(content)
    chosen = sorted((one for one in outline if one.family in families), key=lambda one: (one.line, -one.end))
    found = []
    for place, symbol in enumerate(chosen):
        span = _span(symbol, chosen, place, lines.count)
        found.append(
            Function(symbol.name, symbol.scope, symbol.kind, span, lines.digest(span), is_exact=bool(symbol.end))
        )
    return found


def compare(before: Outline, before_content: bytes, after: Outline, after_content: bytes) -> Changes:
    """Return what differs between two versions. An outline with a gap gives what it has: the caller tells the gap."""
    old, new = functions_of(before, before_content), functions_of(after, after_content)
    pairs = sorted(_paired(old, new), key=lambda pair: pair[1])
    moved = _out_of_order([a for a, _ in pairs])
    changes: list[tuple[int, FunctionChange]] = []
    for a, b in pairs:
        if old[a].digest != new[b].digest:
            changes.append((b, FunctionChange(Step.CHANGED, old[a], new[b])))
        elif a in moved:
            changes.append((b, FunctionChange(Step.MOVED, old[a], new[b])))
    with_old, with_new = {a for a, _ in pairs}, {b for _, b in pairs}
    changes += [(b, FunctionChange(Step.ADDED, None, one)) for b, one in enumerate(new) if b not in with_new]
    changes.sort(key=lambda one: one[0])
    removed = [FunctionChange(Step.REMOVED, one, None) for a, one in enumerate(old) if a not in with_old]
    elsewhere = _outside(old, before_content) != _outside(new, after_content)
    return Changes((*(change for _, change in changes), *removed), elsewhere)


def carried(removed: Iterable[Function], added: Iterable[Function]) -> Iterator[tuple[Function, Function]]:
    """Yield the functions that went from one file to another whole: equal in name and in bytes, each used once."""
    waiting: defaultdict[tuple[str, bytes], list[Function]] = defaultdict(list)
    for one in removed:
        waiting[one.name, one.digest].append(one)
    for one in added:
        if left := waiting.get((one.name, one.digest)):
            yield left.pop(0), one


class _Lines:
    """Where each line of a content begins."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._starts = [0]
        at = content.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = content.find(b"\n", at + 1)
        if self._starts[-1] < len(content):
            self._starts.append(len(content))

    @property
    def count(self) -> int:
        """Return how many lines there are."""
        return len(self._starts) - 1

    def part(self, first: int, last: int) -> bytes:
        """Return the bytes of lines `first` to `last`, as far as they are there."""
        return self._content[self._starts[min(first - 1, self.count)] : self._starts[min(last, self.count)]]

    def digest(self, span: Span) -> bytes:
        """Return the SHA-256 of some lines; the newline behind the last of them does not count."""
        return hashlib.sha256(self.part(span.first, span.last).removesuffix(b"\n")).digest()


def _span(symbol: Symbol, chosen: Sequence[Symbol], place: int, lines: int) -> Span:
    if symbol.end:
        return Span(symbol.line, symbol.end)
    following = chosen[place + 1].line if place + 1 < len(chosen) else lines + 1
    return Span(symbol.line, max(symbol.line, following - 1))


def _paired(old: Sequence[Function], new: Sequence[Function]) -> Iterator[tuple[int, int]]:
    """Yield which function became which: equal ones first, then by their order."""
    named: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for a, one in enumerate(old):
        named[one.scope, one.name].append(a)
    rest: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    equal: defaultdict[tuple[str, str, bytes], list[int]] = defaultdict(list)
    for (scope, name), places in named.items():
        for a in reversed(places):
            equal[scope, name, old[a].digest].append(a)
    used: set[int] = set()
    for b, one in enumerate(new):
        if same := equal.get((one.scope, one.name, one.digest)):
            a = same.pop()
            used.add(a)
            yield a, b
        else:
            rest[one.scope, one.name].append(b)
    for key, places in rest.items():
        left = [a for a in named.get(key, ()) if a not in used]
        yield from zip(left, places, strict=False)


def _out_of_order(places: Sequence[int]) -> set[int]:
    """Return which of these distinct numbers are outside one longest run of them that ascends."""
    tails: list[int] = []
    ends: list[int] = []  # of each length, the place that ends the best run of it
    previous: list[int] = []
    for at, value in enumerate(places):
        length = bisect_left(tails, value)
        previous.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(value)
            ends.append(at)
        else:
            tails[length], ends[length] = value, at
    kept: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(places[at])
        at = previous[at]
    return set(places) - kept


def _outside(functions: Sequence[Function], content: bytes) -> bytes:
    """Return the digest of all lines that lie in no function; blank ones do not count."""
    lines = _Lines(content)
    digest = hashlib.sha256()
    at = 1
    for one in functions:  # in the order of their first lines
        if one.span.first > at:
            _take(digest.update, lines.part(at, one.span.first - 1))
        at = max(at, one.span.last + 1)
    if at <= lines.count:
        _take(digest.update, lines.part(at, lines.count))
    return digest.digest()


def _take(update: Callable[[bytes], None], part: bytes) -> None:
    for line in part.split(b"\n"):
        if stripped := line.rstrip():
            update(stripped + b"\n")
