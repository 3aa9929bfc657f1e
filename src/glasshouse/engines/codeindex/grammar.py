# SPDX-License-Identifier: Apache-2.0
"""What a language looks like from outside: comments, strings, directives, words.

Patterns meet hostile bytes in Python's backtracking `re`, so each one keeps this rule: once its opener has matched
it MUST succeed (an end that is missing is the end of the text), or look no further ahead than a fixed count; and
loops are possessive. Scanning is then linear in the bytes. `benchmarks/colour.py` tries to prove otherwise.
"""

import re
from dataclasses import dataclass
from typing import Final

from glasshouse.engines.codeindex.text import Role

# A line comment ends where any compiler could end it, U+0085, U+2028, U+2029 and a lone CR included:
# code that hides behind such a character must not look like comment.
_NO_END: Final = r"(?:\xc2(?!\x85)|\xe2(?!\x80[\xa8\xa9]))"  # two lead bytes, where they do not begin such a character
_STAY: Final = r"[^\n\r\x0b\x0c\xc2\xe2]*+"
REST: Final = rf"{_STAY}(?:{_NO_END}{_STAY})*+"

NUMBER: Final = r"\d\w*+(?:\.\d\w*+)?+(?:(?<=[eEpP])[+-]\d++)?+"
TICKED: Final = r"\d\w*+(?:['.]\w++)*+(?:(?<=[eEpP])[+-]\d++)?+"


def word(*, first: str = "", then: str = "") -> str:
    """Match a name of letters, digits, `_` and all beyond ASCII; `first` may begin it too, `then` stand inside."""
    stay = rf"[\w\x80-\xc1\xc3-\xe1\xe3-\xff{then}]*+"
    return rf"(?:[A-Za-z_\xc3-\xe1\xe3-\xff{first}]|{_NO_END}){stay}(?:{_NO_END}{stay})*+"


def line(opener: str) -> str:
    """Match a comment from its opener to the end of the line."""
    return opener + REST


def spliced(opener: str) -> str:
    """Match a comment to the end of the line, where a backslash before the end continues it (C, make)."""
    return rf"{opener}{REST}(?:(?<=\\)\n{REST})*+"


def block(opener: str, closer: str) -> str:
    """Match anything up to the closer, over lines."""
    return rf"{opener}[\s\S]*?(?:{closer}|\Z)"


def quoted(quote: str) -> str:
    """Match a string with backslash escapes that ends on its line, closed or not; a backslash continues the line."""
    body = rf"[^{quote}\\\n\r]*+"
    return rf"{quote}{body}(?:\\[\s\S]{body})*+{quote}?+"


def long_quoted(quote: str) -> str:
    """Match a string with backslash escapes over lines."""
    body = rf"[^{quote}\\]*+"
    return rf"{quote}{body}(?:\\[\s\S]{body})*+{quote}?+"


def verbatim(quote: str) -> str:
    """Match a string over lines without escapes; a doubled quote reads as two strings."""
    return rf"{quote}[^{quote}]*+{quote}?+"


def heredoc(opener: str) -> str:
    """Match a string from the line of its opener to the line that is its name."""
    return (
        rf"{opener}(?P<quote>['\"]?)(?P<name>[A-Za-z_]\w{{0,63}}+)(?P=quote)[^\n]*+"
        r"(?:\n(?![ \t]{0,99}(?P=name)\b)[^\n]*+)*+(?:\n[ \t]{0,99}(?P=name)\b)?+"
    )


def starts(words: str) -> str:
    """Match one of these words, first on its line."""
    return rf"^[ \t]*+(?:{'|'.join(words.split())})\b"


MEMBER: Final = r"\.?" + word()  # a member may be named like a keyword
HYPHENED: Final = word() + r"(?:[-.:]\w++)*+"


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: rules in order of preference, words apart by spaces.

    Rules match at every place, also inside a word's neighbourhood, so one that begins with a letter MUST look behind
    itself. `namers` are words after which the name of a type stands.
    """

    rules: tuple[tuple[Role, str], ...]
    keywords: str = ""
    types: str = ""
    namers: str = ""
    word: str = MEMBER
    number: str = NUMBER
    folds: bool = False
    capital_types: bool = False
    type_suffix: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `end` have this role; spans come in order and never overlap."""

    start: int
    end: int
    role: Role


class Scanner:
    """A compiled grammar. It holds no state, so threads share one."""

    __slots__ = ("_full", "_grammar", "_namers", "_outline", "_roles", "_suffix", "_words")

    def __init__(self, grammar: Grammar) -> None:
        rules = [f"(?P<r{number}>{pattern})" for number, (_, pattern) in enumerate(grammar.rules)]
        outline = "|".join(rules)
        full = "|".join([*rules, f"(?P<number>{grammar.number})", f"(?P<word>{grammar.word})"])
        self._grammar = grammar
        self._outline = re.compile(outline.encode("ascii"), re.MULTILINE)
        self._full = re.compile(full.encode("ascii"), re.MULTILINE)
        self._roles = {f"r{number}": role for number, (role, _) in enumerate(grammar.rules)} | {"number": Role.NUM}
        self._words = dict.fromkeys(grammar.types.encode("ascii").split(), Role.TYPE)
        self._words |= dict.fromkeys(grammar.keywords.encode("ascii").split(), Role.KEY)
        self._namers = frozenset(grammar.namers.encode("ascii").split())
        self._suffix = grammar.type_suffix.encode("ascii")

    def spans(self, source: bytes, start: int) -> list[Span]:
        """Return what has a role from `start` to the end; what stands before decides only where strings are open."""
        begin = start
        for match in self._outline.finditer(source):
            if match.end() > start:
                begin = min(match.start(), start)
                break
        found: list[Span] = []
        named_at = -1  # where the name of a type would begin
        for match in self._full.finditer(source, begin):
            group = match.lastgroup or ""
            if group != "word":
                role = self._roles[group]
            else:
                word = match[0]
                role = self._role_of(word, is_name=match.start() == named_at)
                if word in self._namers:
                    named_at = match.end() + 1
            if role is not Role.PLAIN and match.end() > start:
                found.append(Span(max(match.start(), start), match.end(), role))
        return found

    def _role_of(self, word: bytes, *, is_name: bool) -> Role:
        role = self._words.get(word.lower() if self._grammar.folds else word)
        if role is not None:
            return role
        if is_name or (self._suffix and word.endswith(self._suffix)):
            return Role.TYPE
        # An initial capital makes a type, capitals throughout a constant.
        if self._grammar.capital_types and b"A" <= word[:1] <= b"Z" and not word.isupper():
            return Role.TYPE
        return Role.PLAIN
