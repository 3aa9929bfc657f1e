# SPDX-License-Identifier: Apache-2.0
"""Path patterns matched in one pass over the path, whatever pattern and path hold: nothing here backtracks.

All patterns of a grant are one automaton whose states are the bits of a number. A step for a set of states and a
byte is worked out once and remembered, so a path costs one look-up a byte.
"""

import re
from collections.abc import Sequence

_TOKEN = re.compile(rb"(\*\*/|/\*\*\Z|\*\*|\*|\?)")
_SLASH = ord("/")
_ALL = (1 << 256) - 1
_IN_NAME = _ALL & ~(1 << _SLASH)
_MAX_REMEMBERED = 50_000
_EXPRESSIONS = {
    b"**/": rb"(?:[^\x00]*/)?",
    b"/**": rb"(?:/[^\x00]*)?",
    b"**": rb"[^\x00]*",
    b"*": rb"[^\x00/]*",
    b"?": rb"[^\x00/]",
}


def wildcards(glob: bytes) -> int:
    """Count the wildcards of a pattern."""
    return len(_TOKEN.findall(glob))


def expression(globs: Sequence[bytes]) -> bytes:
    """Return an expression (RE2, Latin-1) for paths as `Globs` matches them, in a text of NUL, slash, path, NUL each.

    For looking through all paths of a release in one pass; a property test holds the two to each other. The slash
    tells where a path begins: an empty match between the end of one and the next would cover what no pattern does.
    """
    return rb"\x00/(?:" + b"|".join(_alternative(glob) for glob in globs) + rb")\x00"


def _alternative(glob: bytes) -> bytes:
    if not _TOKEN.search(glob):
        glob = glob.rstrip(b"/") + b"/**"
    return b"".join(_EXPRESSIONS.get(part) or _literal(part) for part in _TOKEN.split(glob))


def _literal(part: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in part)


class Globs:
    """Some patterns, ready to match; `**` spans folders, `*` and `?` stay inside a name."""

    def __init__(self, globs: Sequence[bytes]) -> None:
        self._bytes_on: list[int] = []  # for each state, the bytes that lead to the next one, as a set of bits
        self._bytes_at: list[int] = []  # for each state, the bytes on which it stays
        self._free: dict[int, int] = {}  # states that are also the states at these bits, without a byte
        self._accepting = 0
        start = 0
        for glob in globs:
            start |= 1 << len(self._bytes_on)
            self._add(glob)
        self._start = self._closed(start)
        self._known: dict[tuple[int, int], int] = {}

    def match(self, path: bytes) -> bool:
        """Say whether one of the patterns matches the whole path."""
        states = self._start
        known = self._known
        for byte in path:
            key = (states, byte)
            found = known.get(key)
            if found is None:
                if len(known) >= _MAX_REMEMBERED:
                    known.clear()
                found = known[key] = self._step(states, byte)
            states = found
            if not states:
                return False
        return bool(states & self._accepting)

    def _add(self, glob: bytes) -> None:
        parts = [part for part in _TOKEN.split(glob) if part]
        is_plain = not any(_TOKEN.fullmatch(part) for part in parts)
        if is_plain:
            parts = [glob.rstrip(b"/"), b"/**"]  # a folder's name stands for all that lies in it
        for part in parts:
            here = len(self._bytes_on)
            match part:
                case b"**/":  # nothing, or anything that ends at a folder's end
                    self._state(on=0, at=0)
                    self._state(on=1 << _SLASH, at=_ALL)
                    self._free[here] = 1 << here + 1 | 1 << here + 2
                case b"/**":  # the folder itself, or anything in it
                    self._accepting |= 1 << here
                    self._state(on=1 << _SLASH, at=0)
                    self._state(on=0, at=_ALL)
                    self._free[here + 1] = 1 << here + 2
                case b"**" | b"*":
                    self._state(on=0, at=_ALL if part == b"**" else _IN_NAME)
                    self._free[here] = 1 << here + 1
                case b"?":
                    self._state(on=_IN_NAME, at=0)
                case _:
                    for byte in part:
                        self._state(on=1 << byte, at=0)
        self._accepting |= 1 << len(self._bytes_on)
        self._state(on=0, at=0)

    def _state(self, *, on: int, at: int) -> None:
        self._bytes_on.append(on)
        self._bytes_at.append(at)

    def _closed(self, states: int) -> int:
        for state, others in self._free.items():  # in rising order, and every free step leads upwards
            if states >> state & 1:
                states |= others
        return states

    def _step(self, states: int, byte: int) -> int:
        after = 0
        rest = states
        while rest:
            lowest = rest & -rest
            state = lowest.bit_length() - 1
            if self._bytes_on[state] >> byte & 1:
                after |= lowest << 1
            if self._bytes_at[state] >> byte & 1:
                after |= lowest
            rest ^= lowest
        return self._closed(after)
