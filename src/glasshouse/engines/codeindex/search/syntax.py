# SPDX-License-Identifier: Apache-2.0
"""Reading a pattern as it was typed. What cannot be said about lines of bytes is refused with the reason."""

from dataclasses import dataclass, replace
from typing import Final

from glasshouse.engines.codeindex.search.errors import PatternError
from glasshouse.engines.codeindex.search.patterns import (
    ALL,
    NEWLINE,
    Node,
    One,
    Place,
    Repeat,
    both_cases,
    either,
    of_character,
    row,
)
from glasshouse.engines.codeindex.search.sets import CLASSES, NAMED, Members

MOST_STACKED: Final = 3  # as in a+*?
DEEPEST: Final = 50  # groups and sets inside each other
MOST_TIMES: Final = 1_000  # re2's own bound of a counted repetition
_FIRST_WIDE: Final = 0x80  # the first code point that takes several bytes
_LAST_POINT: Final = 0x10FFFF
_HALVES: Final = range(0xD800, 0xE000)  # surrogates, which are no characters
_PLACES: Final = {"b": Place.BOUNDARY, "B": Place.INSIDE}
_SIGNS: Final[dict[str, Node]] = {".": One(ALL & ~NEWLINE), "^": Place.LINE_BEGIN, "$": Place.LINE_END}
_CONTROLS: Final = {"a": "\a", "f": "\f", "t": "\t", "r": "\r", "v": "\v"}
_HEX_LENGTHS: Final = {"x": 2, "u": 4, "U": 8}
_ONE_LINE: Final = "A search sees one line at a time: {} is not possible"
_AHEAD: Final = "Looking ahead or behind, as in {}, is not possible: a search takes time in proportion to the text"


def parse(pattern: str, *, ignores_case: bool) -> Node:
    """Return what the pattern means, or raise `PatternError`."""
    return _Parser(pattern, ignores_case=ignores_case).whole()


@dataclass(frozen=True, slots=True)
class _Flags:
    ignores_case: bool
    is_swapped: bool = False  # (?U): lazy and greedy change places


class _Parser:
    def __init__(self, pattern: str, *, ignores_case: bool) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0
        self._flags = _Flags(ignores_case)

    def whole(self) -> Node:
        node = self._branches()
        if self._at < len(self._text):
            raise PatternError("A closing parenthesis has no opening one", hint=r"Write \) for the character itself.")
        return node

    # Groups, rows and repetitions

    def _branches(self) -> Node:
        flags = self._flags
        branches = [self._row()]
        while self._take("|"):
            branches.append(self._row())
        self._flags = flags
        return either(branches)

    def _row(self) -> Node:
        items: list[Node] = []
        while self._at < len(self._text) and not self._ahead("|") and not self._ahead(")"):
            item = self._item()
            if item is not None:
                items.append(self._repeated(item))
        return row(items)

    def _item(self) -> Node | None:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                return self._set().node()
            case "." | "^" | "$":
                return _SIGNS[character]
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise PatternError(f"There is nothing before {character} to repeat", hint=f"Write \\{character}.")
            case "{" if self._times() is not None:
                raise PatternError("There is nothing before { to repeat", hint=r"Write \{ for the character itself.")
            case _:
                return of_character(character, ignores_case=self._flags.ignores_case)

    def _repeated(self, item: Node) -> Node:
        for _ in range(MOST_STACKED + 1):
            times = self._quantity()
            if times is None:
                return item
            is_lazy = self._take("?") != self._flags.is_swapped
            item = Repeat(item, *times, is_lazy)
        raise PatternError(f"More than {MOST_STACKED} repetitions stand behind each other")

    def _quantity(self) -> tuple[int, int | None] | None:
        for sign, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return times
        if not self._ahead("{"):
            return None
        begin = self._at
        self._at += 1
        found = self._times()
        if found is None:
            self._at = begin
        return found

    def _times(self) -> tuple[int, int | None] | None:
        """Read the rest of `{2}`, `{2,}` or `{2,5}`; None, and nothing read, where the brace is only a brace."""
        end = self._text.find("}", self._at)
        inside = self._text[self._at : end] if end >= 0 else ""
        least, comma, most = inside.partition(",")
        if not _is_number(least) or not (_is_number(most) or not most):
            if not least and _is_number(most):
                raise PatternError(f"{{{inside}}} has no lower bound", hint=f"Write {{0{inside}}}.")
            return None
        self._at = end + 1
        low, high = _number(least), _number(most) if most else None if comma else _number(least)
        if high is not None and high < low:
            raise PatternError(f"{{{inside}}} ends before it begins")
        return low, high

    def _group(self) -> Node | None:
        if self._take("?"):
            for sign in ("=", "!", "<=", "<!"):
                if self._ahead(sign):
                    raise PatternError(_AHEAD.format(f"(?{sign}"))
            if self._take("P<") or self._take("<"):
                self._name()
            elif not self._take(":"):
                return self._flag_group()
        return self._inside(self._flags)

    def _inside(self, flags: _Flags) -> Node:
        outer, self._flags = self._flags, flags
        self._check_depth()
        self._depth += 1
        node = self._branches()
        self._depth -= 1
        if not self._take(")"):
            raise PatternError("A parenthesis is never closed", hint=r"Write \( for the character itself.")
        self._flags = outer
        return node

    def _name(self) -> None:
        name, sign, _ = self._text[self._at :].partition(">")
        if not sign or not name.isidentifier():
            raise PatternError("A group's name is not one")
        self._at += len(name) + 1

    def _flag_group(self) -> Node | None:
        flags, is_on = self._flags, True
        while not self._ahead(")") and not self._ahead(":"):
            character = self._next() if self._at < len(self._text) else ""
            match character:
                case "-":
                    is_on = False
                case "i":
                    flags = replace(flags, ignores_case=is_on)
                case "U":
                    flags = replace(flags, is_swapped=is_on)
                case "s":
                    pass  # the dot stops at a newline with and without it: there is none in a line
                case "m" if is_on:
                    pass  # always so
                case "u" if not is_on:
                    pass  # always so
                case _:
                    raise PatternError(
                        f"(?{'' if is_on else '-'}{character} is not a switch of this search",
                        hint="There are (?i) to ignore case and (?U) to swap greedy and lazy.",
                    )
        if self._take(":"):
            return self._inside(flags)
        self._at += 1
        self._flags = flags
        return None

    # Characters

    def _escape(self) -> Node:
        character = self._peek_escaped()
        if character in _PLACES:
            self._at += 1
            return _PLACES[character]
        if character in CLASSES:
            self._at += 1
            return One(CLASSES[character] & ~NEWLINE)
        if character in "AzZG":
            raise PatternError(_ONE_LINE.format(f"\\{character}"), hint="Use ^ and $ for the ends of a line.")
        point, is_byte = self._escaped()
        if is_byte:
            return One(both_cases(1 << point) if self._flags.ignores_case else 1 << point)
        return of_character(chr(point), ignores_case=self._flags.ignores_case)

    def _escaped(self) -> tuple[int, bool]:
        """Read what follows a backslash as one character: its number, and whether that is a byte's."""
        character = self._next()
        if character == "n":
            raise PatternError(_ONE_LINE.format(r"\n"))
        if character in _CONTROLS:
            return ord(_CONTROLS[character]), True
        if character in _HEX_LENGTHS:
            return self._hexadecimal(character)
        if character.isdigit():
            raise PatternError(f"\\{character} refers to a group, which would need a search that can hang")
        if character.isalnum() or character in "<>" or not character.isascii():
            raise PatternError(f"\\{character} has no meaning here", hint=r"There are \b \d \s \w and their opposites.")
        return ord(character), True

    def _hexadecimal(self, kind: str) -> tuple[int, bool]:
        is_braced = self._take("{")
        if is_braced:
            digits, sign, _ = self._text[self._at :].partition("}")
            self._at += len(digits) + 1
        else:
            digits = self._text[self._at : self._at + _HEX_LENGTHS[kind]]
            sign = "}" if len(digits) == _HEX_LENGTHS[kind] else ""
            self._at += len(digits)
        if not sign or not digits or len(digits) > max(_HEX_LENGTHS.values()) or set(digits) - set(_HEX_DIGITS):
            raise PatternError(f"\\{kind} needs a number in hexadecimal digits")
        point = int(digits, 16)
        if point > _LAST_POINT or point in _HALVES:
            raise PatternError(f"\\{kind} needs the number of a character")
        if 1 << point == NEWLINE:
            raise PatternError(_ONE_LINE.format("a line break"))
        return point, (kind == "x" and not is_braced) or point < _FIRST_WIDE

    # Sets

    def _set(self) -> Members:
        """Read the rest of a set behind its opening bracket."""
        self._check_depth()
        self._depth += 1
        is_negated = self._take("^")
        found, operation = Members(), ""
        part = self._leading()
        while not self._take("]"):
            if self._at >= len(self._text):
                raise PatternError("A [ is never closed", hint=r"Write \[ for the character itself.")
            sign = next((sign for sign in ("&&", "--", "~~") if self._take(sign)), "")
            if sign:
                found, operation, part = found.joined(operation, part), sign, Members()
            else:
                part = part.joined("", self._member())
        self._depth -= 1
        found = found.joined(operation, part)
        return found.outside() if is_negated else found.checked()

    def _leading(self) -> Members:
        """Read what a set may begin with though it would end or divide it elsewhere."""
        part = Members()
        if self._take("]"):
            part = self._span(ord("]"), is_byte=True)
        while self._ahead("-") and (not part.members or not self._ahead("--")):
            self._at += 1
            part = part.joined("", Members(1 << ord("-")))
        return part

    def _member(self) -> Members:
        if self._take("["):
            return self._named() or self._set()
        if self._ahead("\\"):
            self._at += 1
            character = self._peek_escaped()
            if character in CLASSES:
                self._at += 1
                return Members(CLASSES[character])
            if character == "n":
                self._at += 1
                return self._span(ord("\n"), is_byte=True)
            return self._span(*self._escaped())
        character = self._next()
        return self._span(ord(character), is_byte=character.isascii())

    def _span(self, low: int, is_byte: bool) -> Members:  # noqa: FBT001
        """Read the rest of a range, if this is one."""
        high = low
        if self._ahead("-") and not self._ahead("-]") and not self._ahead("--"):
            self._at += 1
            if self._at >= len(self._text):
                raise PatternError("A [ is never closed", hint=r"Write \[ for the character itself.")
            character = self._next()
            high, is_high_byte = self._escaped() if character == "\\" else (ord(character), character.isascii())
            if is_byte != is_high_byte and min(low, high) >= _FIRST_WIDE:
                raise PatternError("A range from a byte to a character has no meaning")
            is_byte = is_byte and is_high_byte
            if high < low:
                raise PatternError(f"The range {chr(low)}-{chr(high)} ends before it begins")
        return Members.of(low, high, is_byte=is_byte, ignores_case=self._flags.ignores_case)

    def _named(self) -> Members | None:
        """Read the rest of `[:alpha:]`; None, and nothing read, where this is a set in a set."""
        end = self._text.find(":]", self._at)
        name = self._text[self._at + 1 : end] if self._ahead(":") and end > 0 else ""
        members = NAMED.get(name.removeprefix("^"))
        if members is None:
            return None
        self._at = end + 2
        if self._flags.ignores_case:
            members = both_cases(members)
        return Members(ALL & ~members if name.startswith("^") else members)

    # The text

    def _ahead(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        is_here = self._ahead(text)
        self._at += len(text) * is_here
        return is_here

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _peek_escaped(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("The pattern ends in a backslash", hint=r"Write \\ for the character itself.")
        return self._text[self._at]

    def _check_depth(self) -> None:
        if self._depth >= DEEPEST:
            raise PatternError(f"The pattern is nested more than {DEEPEST} deep")


_HEX_DIGITS: Final = "0123456789abcdefABCDEF"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(text: str) -> int:
    number = int(text) if len(text) <= len(str(MOST_TIMES)) + 10 else MOST_TIMES + 1
    if number > MOST_TIMES:
        raise PatternError(f"A repetition is counted to at most {MOST_TIMES:,}")
    return number
