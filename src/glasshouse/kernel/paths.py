# SPDX-License-Identifier: Apache-2.0
"""Paths inside a release: bytes as the vendor shipped them, and one safe way to write them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from glasshouse.kernel.errors import InvalidError

MAX_BYTES = 4096
MAX_DEPTH = 256
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
# Letters, marks, numbers, punctuation, symbols and the plain space are shown as they are. Controls, format
# characters (bidi overrides, zero-width), separators, private use and unassigned code points are escaped.
_SHOWN = frozenset("LMNPS")


def _is_shown(char: str) -> bool:
    return char == " " or (char != "\\" and unicodedata.category(char)[0] in _SHOWN)


def _escape(part: bytes) -> str:
    if part.isascii() and part.decode("ascii").isprintable() and b"\\" not in part:
        return part.decode("ascii")
    shown: list[str] = []
    for char in part.decode("utf-8", "surrogateescape"):
        if _is_shown(char):
            shown.append(char)
        else:
            shown.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    return "".join(shown)


def escaped(name: bytes) -> str:
    """Write any name of bytes in the text form of paths, also one that could not be a path."""
    return "/".join(_escape(part) for part in name.split(b"/"))


def _unescape(text: str) -> bytes:
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True, order=True)
class TreePath:
    r"""A relative path of one or more parts, none empty, `.` or `..`, ordered by its bytes.

    `str()` is the one escaped text form, the same in URLs, JSON and on pages: bytes that are not shown as
    themselves are written `\xHH`. `parse` accepts exactly what `str()` writes.
    """

    raw: bytes

    def __post_init__(self) -> None:
        """Refuse what could leave a release or never was in one."""
        parts = self.raw.split(b"/")
        if len(self.raw) > MAX_BYTES or len(parts) > MAX_DEPTH:
            message = f"a path has at most {MAX_BYTES} bytes and {MAX_DEPTH} parts"
            raise InvalidError(message)
        if b"\0" in self.raw or any(part in {b"", b".", b".."} for part in parts):
            message = f"not a path inside a release: {self.raw[:80]!r}"
            raise InvalidError(message)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the escaped text form; any other spelling of the same path is refused."""
        path = cls(_unescape(text))
        if str(path) != text:
            message = f"not the canonical spelling of a path: {text[:80]!r}"
            raise InvalidError(message)
        return path

    @property
    def parts(self) -> tuple[bytes, ...]:
        """Return the parts as bytes."""
        return tuple(self.raw.split(b"/"))

    @property
    def name(self) -> str:
        """Return the last part, escaped."""
        return _escape(self.raw.rpartition(b"/")[2])

    @property
    def parent(self) -> "TreePath | None":
        """Return the folder that holds this, None at the top."""
        head = self.raw.rpartition(b"/")[0]
        return TreePath(head) if head else None

    @property
    def ancestors(self) -> Iterable["TreePath"]:
        """Yield the folders above this one, the outermost first."""
        parts = self.raw.split(b"/")
        for depth in range(1, len(parts)):
            yield TreePath(b"/".join(parts[:depth]))

    def __str__(self) -> str:
        """Return the escaped text form."""
        return escaped(self.raw)
