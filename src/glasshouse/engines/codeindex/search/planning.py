# SPDX-License-Identifier: Apache-2.0
"""Which trigrams a line must hold to match: Russ Cox's query over the standard library's regex parser.

A plan may only ever be too wide. The parser here is not the matcher's, so a pattern that the two could read
differently is not planned at all but searched everywhere (`ALL`); nothing here is an error.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from re import _constants, _parser  # the only regex parser in the standard library; what it cannot do becomes ALL
from typing import Any, Final

from glasshouse.engines.codeindex.search.folding import FOLD, NEWLINE, trigrams_of
from glasshouse.engines.codeindex.search.matching import Query


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

# Where Python's syntax and the matcher's part ways: named classes, set operations (which also warn), and `{,n}`.
_TOLD_DIFFERENTLY: Final = re.compile(r"\[:|\[\[|\[\^?\[|--|&&|~~|\|\||\{,|\\[QEzZCpP]|\(\?[^:P)]*[xuLaU]")
_BYTE_ESCAPE: Final = re.compile(r"\\(?:x|[0-7])")

type_strings = frozenset[bytes]


@lru_cache(maxsize=256)
def plan(query: Query) -> Plan:
    """Return what a chunk must hold for a line of it to match."""
    if query.is_literal:
        needed = _fold_text(query.pattern, query)
        return ALL if needed is None else _all_of(_holding(frozenset({needed})), ALL)
    if _TOLD_DIFFERENTLY.search(query.pattern):
        return ALL
    try:
        found = _Reader(query).sequence(_parser.parse(query.pattern))
        made = _all_of(found.needs, _holding(found.exact) if found.exact is not None else ALL)
    except (re.error, RecursionError, OverflowError, ValueError, LookupError, TypeError):
        return ALL
    return made if len(made.codes()) <= _MAX_CODES else ALL
