# SPDX-License-Identifier: Apache-2.0
"""Which trigrams a line must hold to match: Russ Cox's query over the standard library's regex parser.

A plan may only ever be too wide. What is parsed is the matcher's own rendering of the query, which this parser and
re2 read alike; what is not understood of it is searched everywhere (`ALL`). Nothing here is an error.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from glasshouse.engines.codeindex.search.folding import FOLD, fold, trigrams_of
from glasshouse.engines.codeindex.search.matching import Query, matcher

# The only regex parser in the standard library; its stubs do not name it.
_parser: Final[Any] = import_module("re._parser")
_constants: Final[Any] = import_module("re._constants")


class Join(StrEnum):
    """How the trigrams and parts of a plan belong together."""

    ALL_OF = "all of"
    ANY_OF = "any of"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chunk must hold to be a candidate; with nothing to hold it is `ALL`."""

    join: Join
    trigrams: frozenset[int] = frozenset()
    parts: tuple["Plan", ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether every chunk is a candidate."""
        return self.join is Join.ALL_OF and not self.trigrams and not self.parts

    def codes(self) -> frozenset[int]:
        """Return every trigram that the plan names."""
        return self.trigrams.union(*(part.codes() for part in self.parts))


ALL: Final = Plan(Join.ALL_OF)

_MAX_STRINGS: Final = 16  # strings that a part of a pattern may stand for before it counts as unknown
_MAX_CLASS: Final = 8  # members of a class that are told apart
_MAX_COPIES: Final = 8  # of a repeated part
_MAX_CODES: Final = 4_000  # trigrams of a plan before it costs more than it saves

_Strings = frozenset[bytes]
_NOTHING: Final = frozenset({b""})


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of every match of a part of a pattern, in folded bytes.

    `exact` holds all that it can be, or is None; `starts` and `ends` hold at most two bytes of how each match begins
    and ends, an empty one where that is not known.
    """

    exact: _Strings | None
    starts: _Strings = _NOTHING
    ends: _Strings = _NOTHING
    needs: Plan = ALL

    @property
    def heads(self) -> _Strings:
        return self.starts if self.exact is None else self.exact

    @property
    def tails(self) -> _Strings:
        return self.ends if self.exact is None else self.exact

    @property
    def plan(self) -> Plan:
        return self.needs if self.exact is None else _all_of(self.needs, _holding(self.exact))


_UNKNOWN: Final = _Part(None)
_EMPTY: Final = _Part(_NOTHING)


@lru_cache(maxsize=256)
def plan(query: Query) -> Plan:
    """Return what a chunk must hold for a line of it to match."""
    try:
        made = _sequence(_parser.parse(matcher(query).source)).plan
    except (re.error, RecursionError, OverflowError, ValueError, LookupError, TypeError):
        return ALL
    return made if len(made.codes()) <= _MAX_CODES else ALL


def _sequence(nodes: Iterable[tuple[Any, Any]]) -> _Part:
    made, run = _EMPTY, bytearray()
    for kind, value in nodes:
        if kind is _constants.LITERAL:
            run.append(value)
            continue
        made = _joined(_joined(made, _text(run)), _node(kind, value))
        run.clear()
    return _joined(made, _text(run))


def _text(text: bytes | bytearray) -> _Part:
    return _Part(frozenset({fold(text)})) if text else _EMPTY


def _node(kind: object, value: Any) -> _Part:  # noqa: ANN401 -- the parser's tree has no types
    """Return what is known of one node; one that is not listed raises LookupError."""
    if kind is _constants.SUBPATTERN:
        return _sequence(value[3])
    if kind is _constants.BRANCH:
        return _either([_sequence(branch) for branch in value[1]])
    if kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
        least, most, repeated = value
        return _repeated(_sequence(repeated), least, most)
    if kind is _constants.IN:
        return _one_of(value)
    if kind in {_constants.ANY, _constants.NOT_LITERAL}:
        return _UNKNOWN
    if kind is _constants.AT:
        return _EMPTY
    raise LookupError(kind)


def _joined(left: _Part, right: _Part) -> _Part:
    if left is _EMPTY or right is _EMPTY:
        return right if left is _EMPTY else left
    if left.exact is not None and right.exact is not None and len(left.exact) * len(right.exact) <= _MAX_STRINGS:
        return _Part(_products(left.exact, right.exact))
    starts = left.starts if left.exact is None else _products(left.exact, right.heads)
    ends = right.ends if right.exact is None else _products(left.tails, right.exact)
    between = _holding(_products(left.tails, right.heads))
    return _Part(None, _cut(starts, slice(2)), _cut(ends, slice(-2, None)), _all_of(left.plan, right.plan, between))


def _either(parts: list[_Part]) -> _Part:
    exact: _Strings | None = frozenset()
    for part in parts:
        exact = None if exact is None or part.exact is None else exact | part.exact
    if exact is not None and len(exact) <= _MAX_STRINGS:
        return _Part(exact)
    starts = _cut(frozenset().union(*(part.heads for part in parts)), slice(2))
    ends = _cut(frozenset().union(*(part.tails for part in parts)), slice(-2, None))
    return _Part(None, starts, ends, _any_of([part.plan for part in parts]))


def _repeated(part: _Part, least: int, most: int) -> _Part:
    if least == 0:
        may_be_once = most == 1 and part.exact is not None
        return _either([_EMPTY, part]) if may_be_once else _UNKNOWN
    made = part
    for _ in range(min(least, _MAX_COPIES) - 1):
        made = _joined(made, part)
    if least == most <= _MAX_COPIES:
        return made
    return _Part(None, _cut(made.heads, slice(2)), _cut(part.tails, slice(-2, None)), made.plan)


def _one_of(members: list[tuple[Any, Any]]) -> _Part:
    """Return what a class of bytes can be; unknown where it is wide or negated."""
    classes: set[int] = set()
    for kind, value in members:
        if kind is _constants.LITERAL:
            first = last = value
        elif kind is _constants.RANGE:
            first, last = value
        else:
            return _UNKNOWN
        classes.update(FOLD[first : last + 1])
    return _Part(frozenset(bytes([one]) for one in classes)) if len(classes) <= _MAX_CLASS else _UNKNOWN


def _products(left: _Strings, right: _Strings) -> _Strings:
    """Return all of `left` before all of `right`; where they are too many, only what joins them, or nothing."""
    if len(left) * len(right) > _MAX_STRINGS**2:
        return _NOTHING
    return frozenset(a + b for a in left for b in right)


def _cut(strings: _Strings, part: slice) -> _Strings:
    cut = frozenset(string[part] for string in strings)
    return cut if len(cut) <= _MAX_STRINGS and b"" not in cut else _NOTHING


def _holding(strings: _Strings) -> Plan:
    """Return the plan of holding one of these strings."""
    sets = [trigrams_of(string) for string in strings]
    shared = frozenset.intersection(*sets)
    rests = [one - shared for one in sets]
    others = ALL if not all(rests) else _any_of([Plan(Join.ALL_OF, rest) for rest in rests])
    return _all_of(Plan(Join.ALL_OF, shared), others)


def _all_of(*plans: Plan) -> Plan:
    trigrams: frozenset[int] = frozenset()
    parts: dict[Plan, None] = {}
    for one in plans:
        if one.join is Join.ALL_OF:
            trigrams |= one.trigrams
            parts.update(dict.fromkeys(one.parts))
        else:
            parts[one] = None
    return Plan(Join.ALL_OF, trigrams, tuple(parts))


def _any_of(plans: list[Plan]) -> Plan:
    if any(one.is_all for one in plans):
        return ALL
    if len(plans) == 1:
        return plans[0]
    trigrams: frozenset[int] = frozenset()
    parts: dict[Plan, None] = {}
    for one in plans:
        if len(one.trigrams) == 1 and not one.parts:
            trigrams |= one.trigrams
        elif one.join is Join.ANY_OF:
            trigrams |= one.trigrams
            parts.update(dict.fromkeys(one.parts))
        else:
            parts[one] = None
    return Plan(Join.ANY_OF, trigrams, tuple(parts))
