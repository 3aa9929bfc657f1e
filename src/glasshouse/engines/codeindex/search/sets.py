# SPDX-License-Identifier: Apache-2.0
"""Sets of characters in a pattern: bytes, and characters outside ASCII by their UTF-8 form."""

from dataclasses import dataclass, field
from typing import Final, Self

from glasshouse.engines.codeindex.search.errors import PatternError
from glasshouse.engines.codeindex.search.patterns import (
    ALL,
    DIGIT,
    LOWER,
    NEWLINE,
    SPACE,
    UPPER,
    WORD,
    Node,
    One,
    both_cases,
    byte_set,
    either,
    of_character,
    of_range,
)

CLASSES: Final = {
    "d": DIGIT,
    "D": ALL & ~DIGIT,
    "s": SPACE,
    "S": ALL & ~SPACE,
    "w": WORD,
    "W": ALL & ~WORD,
}
_GRAPH: Final = byte_set(range(0x21, 0x7F))
NAMED: Final = {
    "alnum": DIGIT | LOWER | UPPER,
    "alpha": LOWER | UPPER,
    "ascii": byte_set(range(0x80)),
    "blank": byte_set(b"\t "),
    "cntrl": byte_set([*range(0x20), 0x7F]),
    "digit": DIGIT,
    "graph": _GRAPH,
    "lower": LOWER,
    "print": _GRAPH | byte_set(b" "),
    "punct": _GRAPH & ~(DIGIT | LOWER | UPPER),
    "space": SPACE,
    "upper": UPPER,
    "word": WORD,
    "xdigit": DIGIT | byte_set(b"abcdefABCDEF"),
}
_MOST_CASES: Final = 256  # characters outside ASCII whose other case is looked up


@dataclass(frozen=True, slots=True)
class Members:
    """What one set holds: bytes, and nodes for what takes several bytes."""

    members: int = 0
    wide: tuple[Node, ...] = field(default=())

    @classmethod
    def of(cls, low: int, high: int, *, is_byte: bool, ignores_case: bool) -> Self:
        """Return the set of a range, both ends in it."""
        last = high if is_byte else min(high, 0x7F)
        members = byte_set(range(low, last + 1))
        if ignores_case:
            members = both_cases(members)
        if is_byte or high <= last:
            return cls(members)
        low = max(low, 0x80)
        if not ignores_case:
            return cls(members, tuple(of_range(low, high)))
        if high - low >= _MOST_CASES:
            raise PatternError(
                f"A range of more than {_MOST_CASES} characters outside ASCII cannot be searched in both cases",
                hint="Search for it with its case, or name fewer characters.",
            )
        return cls(members, tuple(of_character(chr(point), ignores_case=True) for point in range(low, high + 1)))

    def joined(self, operation: str, other: "Members") -> "Members":
        """Return this set and the other: together, or by `&&`, `--` or `~~`."""
        if not operation:
            return Members(self.members | other.members, self.wide + other.wide)
        if self.wide or other.wide:
            raise PatternError(f"{operation} works on bytes: it cannot take characters outside ASCII")
        match operation:
            case "&&":
                return Members(self.members & other.members)
            case "--":
                return Members(self.members & ~other.members)
            case _:
                return Members(self.members ^ other.members)

    def outside(self) -> "Members":
        """Return the bytes that are not in this set."""
        if self.wide:
            raise PatternError(
                "A set of what is not there works on bytes: it cannot take characters outside ASCII",
                hint="Use . for any byte.",
            )
        return Members(ALL & ~self.members)

    def checked(self) -> "Members":
        """Return this set, or refuse one that means a line break and nothing else."""
        if self.members == NEWLINE and not self.wide:
            raise PatternError("A search sees one line at a time: a line break cannot be found")
        return self

    def node(self) -> Node:
        """Return what matches one of the set; a line break never."""
        if not self.wide:
            return One(self.members & ~NEWLINE)
        return either(([One(self.members & ~NEWLINE)] if self.members else []) + list(self.wide))
