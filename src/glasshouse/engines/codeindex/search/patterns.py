# SPDX-License-Identifier: Apache-2.0
r"""What a typed pattern means, said so that no two engines can disagree about it.

The syntax is that of Rust's `regex` in its byte mode, ripgrep's with `--no-unicode`. re2 and Python read some of it
differently (`\s`, `a++`, `(?i)` behind the start, sets of sets), so a pattern is parsed here and written again in a
subset that all of them read alike: `(?:..)`, `|`, sets of bytes, repetitions, `^ $ \b \B`. Nothing in what is written
can match a newline; case stands in it as sets; text outside ASCII stands in it as its UTF-8 bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEWLINE: Final = 1 << 10
ALL: Final = (1 << 256) - 1
_TAIL: Final = 0x3F  # what a UTF-8 continuation byte holds


def byte_set(members: Iterable[int]) -> int:
    """Return these byte values as a set: bit n stands for byte n."""
    return sum(1 << member for member in frozenset(members))


DIGIT: Final = byte_set(b"0123456789")
LOWER: Final = byte_set(b"abcdefghijklmnopqrstuvwxyz")
UPPER: Final = LOWER >> 32
WORD: Final = DIGIT | LOWER | UPPER | byte_set(b"_")
SPACE: Final = byte_set(b"\t\n\v\f\r ")


def both_cases(members: int) -> int:
    """Return the set with the other case of each ASCII letter in it."""
    return members | (members & LOWER) >> 32 | (members & UPPER) << 32


class Place(StrEnum):
    """A condition on a position; the value is how it is written."""

    LINE_BEGIN = "^"
    LINE_END = "$"
    BOUNDARY = r"\b"
    INSIDE = r"\B"


@dataclass(frozen=True, slots=True)
class One:
    """One byte of a set."""

    members: int

    @property
    def byte(self) -> int | None:
        """The byte, where there is only one."""
        return self.members.bit_length() - 1 if self.members.bit_count() == 1 else None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing behind the other; an empty row matches the empty text."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of several, an earlier one preferred."""

    branches: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same thing several times."""

    item: "Node"
    least: int
    most: int | None
    is_lazy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The part of a match that is marked in a shown line; never in what the planner reads."""

    item: "Node"


Node = One | Row | Either | Repeat | Place | Group


def of_text(text: str, *, ignores_case: bool) -> Node:
    """Return what matches this text itself, as UTF-8."""
    return row([of_character(character, ignores_case=ignores_case) for character in text])


def of_character(character: str, *, ignores_case: bool) -> Node:
    """Return what matches one character: a byte, or the bytes of its UTF-8 form, in the other case too when asked."""
    if character.isascii():
        members = 1 << ord(character)
        return One(both_cases(members) if ignores_case else members)
    cases = [character]
    if ignores_case:
        cases += [other for other in (character.lower(), character.upper()) if len(other) == 1]
    return either([row([One(1 << byte) for byte in case.encode()]) for case in dict.fromkeys(cases)])


def of_range(low: int, high: int) -> list[Node]:
    """Return what matches the UTF-8 form of each code point from `low`, at least 0x80, to `high`."""
    nodes: list[Node] = []
    for last in (0x7FF, 0xFFFF, 0x10FFFF):
        if low <= min(high, last):
            nodes += [
                row([One(byte_set(range(first, end + 1))) for first, end in step])
                for step in _steps(_utf8(low), _utf8(min(high, last)))
            ]
            low = max(low, last + 1)
    return nodes


def _utf8(point: int) -> bytes:
    return chr(point).encode("utf-8", "surrogatepass")


def _steps(low: bytes, high: bytes) -> list[list[tuple[int, int]]]:
    """Return the ranges per byte that together cover all texts of this length from `low` to `high`."""
    if len(low) == 1:
        return [[(low[0], high[0])]]
    tail = len(low) - 1
    lowest, highest = b"\x80" * tail, bytes([0x80 | _TAIL]) * tail
    if low[0] == high[0]:
        return [[(low[0], low[0]), *rest] for rest in _steps(low[1:], high[1:])]
    steps: list[list[tuple[int, int]]] = []
    first, last = low[0], high[0]
    if low[1:] != lowest:
        steps += [[(first, first), *rest] for rest in _steps(low[1:], highest)]
        first += 1
    if high[1:] != highest:
        last -= 1
    if first <= last:
        steps.append([(first, last), *[(0x80, 0x80 | _TAIL)] * tail])
    if high[1:] != highest:
        steps += [[(high[0], high[0]), *rest] for rest in _steps(lowest, high[1:])]
    return steps


def row(items: Iterable[Node]) -> Node:
    """Return the items behind each other, rows in rows made flat."""
    flat: list[Node] = []
    for item in items:
        flat += item.items if isinstance(item, Row) else (item,)
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def either(branches: Iterable[Node]) -> Node:
    """Return a choice, which is none where there is one branch."""
    chosen = tuple(branches)
    return chosen[0] if len(chosen) == 1 else Either(chosen)


def whole_word(node: Node) -> Node:
    """Return the pattern where no word byte touches it on either side (ripgrep's `-w`)."""
    apart = One(ALL & ~WORD & ~NEWLINE)
    return row([Either((Place.LINE_BEGIN, apart)), node, Either((apart, Place.LINE_END))])


@dataclass(frozen=True, slots=True)
class Literal:
    """A text to look for; a folded one is in small letters and looked for in text whose letters are small."""

    text: bytes
    is_folded: bool


def literal_of(node: Node) -> Literal | None:
    """Return the one text that this matches, in one case or in both, or None."""
    items = node.items if isinstance(node, Row) else (node,)
    small = bytes(byte for byte in map(_small_letter, items) if byte is not None)
    exact = bytes(item.byte for item in items if isinstance(item, One) and item.byte is not None)
    if len(exact) == len(items):
        return Literal(exact, is_folded=False)
    is_both = all(isinstance(item, One) and item.members == both_cases(item.members) for item in items)
    return Literal(small, is_folded=True) if is_both and len(small) == len(items) else None


def needle_of(node: Node) -> Literal | None:
    """Return the longest text of at least two bytes that every match holds, or None."""
    best: list[One] = []
    run: list[One] = []
    for item in node.items if isinstance(node, Row) else (node,):
        if isinstance(item, One) and _small_letter(item) is not None:
            run.append(item)
        elif not isinstance(item, Place):  # a condition between two bytes takes no place
            run = []
        best = max(best, list(run), key=len)
    if len(best) < 2:  # noqa: PLR2004 - one byte is everywhere
        return None
    return literal_of(row(best)) or Literal(bytes(_small_letter(item) or 0 for item in best), is_folded=True)


def _small_letter(node: Node) -> int | None:
    """Return the one byte that this matches once letters are small, or None."""
    if not isinstance(node, One):
        return None
    if node.byte is not None:
        return node.byte + 32 if node.members & UPPER else node.byte
    small = node.members & LOWER
    return small.bit_length() - 1 if small.bit_count() == 1 and node.members == both_cases(small) else None


def matches_at(node: Node, places: frozenset[Place]) -> bool:
    """Return whether the empty text matches wherever all of these conditions hold."""
    match node:
        case One():
            return False
        case Row(items):
            return all(matches_at(item, places) for item in items)
        case Either(branches):
            return any(matches_at(branch, places) for branch in branches)
        case Repeat(item, least, _, _):
            return least == 0 or matches_at(item, places)
        case Group(item):
            return matches_at(item, places)
        case Place():
            return node in places


def written(node: Node) -> str:
    """Return the pattern in the subset that re2 and Python's `re` read alike."""
    match node:
        case One(members):
            return _written_set(members)
        case Row(items):
            return "".join(f"(?:{written(item)})" if isinstance(item, Either) else written(item) for item in items)
        case Either(branches):
            return "|".join(written(branch) for branch in branches)
        case Repeat(item, least, most, is_lazy):
            text = written(item) if isinstance(item, One) else f"(?:{written(item)})"
            return f"{text}{_written_times(least, most)}{'?' if is_lazy else ''}"
        case Group(item):
            return f"({written(item)})"
        case Place():
            return node.value


def _written_times(least: int, most: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most))
    return short or (f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}")


def _written_set(members: int) -> str:
    if members.bit_count() == 1:
        byte = members.bit_length() - 1
        return chr(byte) if 1 << byte & WORD else f"\\x{byte:02x}"
    is_outside = members.bit_count() > 128  # noqa: PLR2004 - half of all bytes
    shown = ALL & ~members if is_outside else members
    if not shown:
        return r"[\x00-\xff]"
    if not members:
        return r"[^\x00-\xff]"
    return f"[{'^' if is_outside else ''}{''.join(_ranges(shown))}]"


def _ranges(members: int) -> Iterable[str]:
    byte = 0
    while members >> byte:
        if members >> byte & 1:
            first = byte
            while members >> (byte + 1) & 1:
                byte += 1
            yield f"\\x{first:02x}" if first == byte else f"\\x{first:02x}-\\x{byte:02x}"
        byte += 1
