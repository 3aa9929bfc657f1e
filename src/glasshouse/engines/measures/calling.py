# SPDX-License-Identifier: Apache-2.0
"""Calls, macros and small functions of C and C++, told from tokens alone.

A call is a name before a bracket inside a function's braces. It is none where another word or a member's dot stands
before it: that declares something, or calls something else of the same name. Both sides of a conditional are read,
since which of them is built depends on who builds; braces are counted as if the first side alone were there.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from glasshouse.engines.measures.tokens import WORD_STARTS
from glasshouse.engines.measures.values import Definition

MOST_NAMES: Final = 20_000
"""Names of each sort that are kept of a document."""
MOST_DEPTH: Final = 2_000
SMALL: Final = 80
"""Tokens of the body of a function that may be no more than another name of another."""
_HEAD: Final = 400
_NO_CALLS: Final = frozenset(
    b"if while for switch return sizeof do else case goto catch alignof typeof decltype defined __attribute__ _Alignof"
    b" __typeof__ alignas static_assert _Static_assert asm __asm__ __asm noexcept __declspec constexpr new delete throw"
    b" co_return co_await co_yield and or not xor operator int char void long short unsigned signed float double bool"
    b" const volatile struct union enum auto register static extern inline typename".split()
)
_BEFORE: Final = frozenset(b"return else do case throw co_return co_await co_yield and or not xor goto".split())
"""Words that may stand before a call."""
_NO_FUNCTION: Final = frozenset(b"struct union enum class namespace".split())
_COMPARES: Final = frozenset((b"<", b">", b"<=", b">="))
_SMALLER: Final = frozenset(b"min MIN std::min min_t".split())


def _is_word(token: bytes) -> bool:
    return token[0] in WORD_STARTS and token[-1:] not in {b'"', b"'"}


def defined(tokens: list[bytes], line: int) -> Definition | None:
    """Return the macro that the tokens after `#define` make, None where its body calls nothing."""
    if not tokens or not _is_word(tokens[0]):
        return None
    name, params, body = tokens[0], [], tokens[1:]
    # The bracket of parameters touches the name, which tokens do not tell: one that closes over names alone is taken
    # for it, and `#define f (g)` is an alias either way.
    if body[:1] == [b"("] and b")" in body:
        stop = body.index(b")")
        inside = body[1:stop]
        if stop + 1 < len(body) and all(_is_word(one) or one in {b",", b"."} for one in inside):
            params, body = [one for one in inside if _is_word(one)], body[stop + 1 :]
    told = _told(body, params)
    bare = [one for one in body if one not in {b"(", b")"}]
    alias = bare[0] if len(bare) == 1 and not params and _is_word(bare[0]) else b""
    if not told.calls and not alias:
        return None
    return Definition(
        name, line, is_macro=True, calls=told.calls, alias=alias, checks=told.checks, dropped=told.dropped
    )


@dataclass(slots=True)
class _Told:
    calls: dict[bytes, int]
    forwards: tuple[bytes, ...]
    checks: bool
    dropped: int


def _told(body: list[bytes], params: list[bytes]) -> _Told:
    """Return what a body says of the functions that it calls and the parameters that it uses."""
    calls: Counter[bytes] = Counter()
    forwards: list[bytes] = []
    names = set(params)
    used = {one for one in body if one in names}
    voided = {
        body[at + 3]
        for at in range(len(body) - 3)
        if body[at : at + 3] == [b"(", b"void", b")"] and body.count(body[at + 3]) == 1
    }
    for at in range(1, len(body)):
        if body[at] == b"(" and _calls(body, at - 1):
            calls[body[at - 1]] += 1
            if _begins_with(body, at, names):
                forwards.append(body[at - 1])
    checks = any(one in _COMPARES or one in _SMALLER for one in body)
    return _Told(dict(calls), tuple(dict.fromkeys(forwards)), checks, len(names - (used - voided)))


def _calls(tokens: list[bytes], at: int) -> bool:
    """Say whether the word here, which a bracket follows, is called."""
    word = tokens[at]
    if not _is_word(word) or word in _NO_CALLS:
        return False
    before = tokens[at - 1] if at else b";"
    if before == b"::":
        return at < 2 or not _is_word(tokens[at - 2]) or tokens[at - 2] in {b"std", b"return"}  # noqa: PLR2004 -- of a pair
    return before not in {b".", b"->", b"~"} and (not _is_word(before) or before in _BEFORE)


def _begins_with(body: list[bytes], at: int, names: set[bytes]) -> bool:
    """Say whether the arguments after this bracket begin with two parameters, whatever they are cast to."""
    arguments: list[list[bytes]] = [[]]
    depth = 0
    for token in body[at + 1 :]:
        depth += (token == b"(") - (token == b")")
        if depth < 0:
            break
        if token == b"," and depth == 0:
            arguments.append([])
        else:
            arguments[-1].append(token)
    first = arguments[:2]
    return len(first) > 1 and all(
        argument[-1:] and argument[-1] in names and sum(one in names for one in argument) == 1 for argument in first
    )


@dataclass(slots=True)
class _Function:
    name: bytes
    line: int
    params: list[bytes]
    local: bool
    depth: int
    body: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Scanner:
    """Reads the lines of one document in order."""

    calls: Counter[bytes] = field(default_factory=Counter)
    uses: Counter[bytes] = field(default_factory=Counter)
    definitions: list[Definition] = field(default_factory=list)
    cut: bool = False
    _braces: list[bool] = field(default_factory=list)
    """What is open: True where there is code inside."""
    _branches: list[list[bool]] = field(default_factory=list)
    _head: list[bytes] = field(default_factory=list)
    """What stands outside of functions since the last end of a declaration."""
    _has_value: bool = False
    """Whether an equals sign is in the head: what follows it may call."""
    _last: list[bytes] = field(default_factory=lambda: [b";", b";", b";"])
    _function: _Function | None = None

    def directive(self, tokens: list[bytes], line: int) -> None:
        """Read a line that begins with a hash."""
        word = tokens[1] if len(tokens) > 1 else b""
        if word == b"define":
            found = defined(tokens[2:], line)
            if found is not None:
                self._define(found)
        elif word in {b"if", b"ifdef", b"ifndef"}:
            if len(self._branches) < MOST_DEPTH:
                self._branches.append(list(self._braces))
            else:
                self.cut = True
        elif word in {b"else", b"elif", b"elifdef", b"elifndef"} and self._branches:
            self._braces = list(self._branches[-1])
        elif word == b"endif" and self._branches:
            self._branches.pop()

    def code(self, tokens: list[bytes], line: int) -> None:
        """Read a line of code."""
        for token in tokens:
            if token == b"{":
                self._open(line)
            elif token == b"}":
                self._close()
            else:
                if self._function is not None and len(self._function.body) <= SMALL:
                    self._function.body.append(token)
                self._take(token)
            last = self._last
            last[0], last[1], last[2] = last[1], last[2], token

    def _take(self, token: bytes) -> None:
        in_code = bool(self._braces) and self._braces[-1]
        if token == b"(":
            if (in_code or self._has_value) and _calls(self._last, 2):
                self._count(self.calls, self._last[2])
        elif self._last[2].isupper() and (in_code or self._has_value) and _is_word(self._last[2]):
            self._count(self.uses, self._last[2])
        if not in_code:
            if token == b";":
                self._begin()
            elif len(self._head) < _HEAD:
                self._head.append(token)
                self._has_value |= token == b"="

    def _begin(self) -> None:
        """Begin another declaration."""
        self._head.clear()
        self._has_value = False

    def _open(self, line: int) -> None:
        inside = bool(self._braces) and self._braces[-1]
        if len(self._braces) >= MOST_DEPTH:
            self.cut = True
            return
        if not inside:
            self._function = _function(self._head, line, len(self._braces))
            inside = _is_code(self._head)
            self._begin()
        elif self._function is not None and len(self._function.body) <= SMALL:
            self._function.body.append(b"{")
        self._braces.append(inside)

    def _close(self) -> None:
        if not self._braces:
            return
        self._braces.pop()
        self._begin()
        function = self._function
        if function is None or len(self._braces) > function.depth:
            return
        self._function = None
        if len(function.body) <= SMALL:
            told = _told(function.body, function.params)
            if told.forwards:
                self._define(
                    Definition(
                        function.name,
                        function.line,
                        is_macro=False,
                        calls=told.calls,
                        forwards=told.forwards,
                        checks=told.checks,
                        dropped=told.dropped,
                        local=function.local,
                    )
                )

    def _define(self, found: Definition) -> None:
        if len(self.definitions) < MOST_NAMES:
            self.definitions.append(found)
        else:
            self.cut = True

    def _count(self, counter: Counter[bytes], name: bytes) -> None:
        if name in counter or len(counter) < MOST_NAMES:
            counter[name[:200]] += 1
        else:
            self.cut = True


def _is_code(head: list[bytes]) -> bool:
    """Say whether a brace after this opens code, and not a list of members, of names or of values."""
    if b"=" in head or (head[:1] == [b"extern"] and len(head) == 2):  # noqa: PLR2004 -- extern "C"
        return False
    return b"(" in head or not any(one in _NO_FUNCTION for one in head)


def _function(head: list[bytes], line: int, depth: int) -> _Function | None:
    """Return the function that a head begins, None where it begins none."""
    if b"(" not in head or b"=" in head:
        return None
    opens = head.index(b"(")
    if not opens or not _is_word(head[opens - 1]) or head[opens - 1] in _NO_CALLS:
        return None
    params: list[bytes] = []
    level, part = 0, [b""]
    for token in head[opens:]:
        level += (token in {b"(", b"["}) - (token in {b")", b"]"})
        if level == 0 or (token == b"," and level == 1):
            params += [one for one in part[-1:] if one and one not in _NO_CALLS]
            part = [b""]
        if level == 0:
            break
        if level == 1 and _is_word(token):
            part.append(token)
    return _Function(head[opens - 1], line, params, b"static" in head[:opens], depth)
