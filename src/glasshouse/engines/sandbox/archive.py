# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the one tar form that our collector writes, over files that a hostile command made.

Nothing is unpacked and nothing is followed: a regular file becomes a value, everything else is named as left out.
The form is GNU tar's (long names in records of type L) with one-block records, its two zero blocks, then one byte that
the collector adds when tar said that it read everything.
"""

from dataclasses import dataclass, field

from glasshouse.engines.sandbox.values import LeftOut, Limits, OutputFile
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import MAX_BYTES, TreePath

BLOCK = 512
COMPLETE = b"C"
_SHOWN_NAME = 255
_MAX_LEFT_OUT = 1000
# How GNU tar marks a size that eleven octal digits cannot hold.
_BINARY = 0x80
_MOST_OCTAL = 8**11 - 1
# The next entry's name, and its link target, which nobody reads.
_LONG = frozenset({b"L", b"K"})
_REGULAR = frozenset({b"0", b"\0"})
_KINDS = {
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"6": "FIFO",
}


class TooLargeError(Exception):
    """The command left more than it may; raised by `feed`, never shown to a person."""


class MalformedError(Exception):
    """The stream is not what our collector writes."""


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes


@dataclass(slots=True)
class Reader:
    """Takes the stream in pieces of any size and keeps at most what the limits allow."""

    limits: Limits
    outputs: list[OutputFile] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    complete: bool = False
    _rest: bytearray = field(default_factory=bytearray)
    _taken: int = 0
    _entries: int = 0
    _zeros: int = 0
    _long_name: bytes | None = None
    _header: _Header | None = None
    _names: set[bytes] = field(default_factory=set)

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; raise `TooLargeError` or `MalformedError` as soon as either is certain."""
        self._rest += piece
        while self._step():
            pass

    def _step(self) -> bool:
        """Take one header or one content off the front; say whether there was enough for it."""
        if self._zeros == 2:  # noqa: PLR2004 - POSIX ends an archive with two blocks of zeros
            if len(self._rest) > len(COMPLETE) or not COMPLETE.startswith(self._rest):
                raise MalformedError
            self.complete = bytes(self._rest) == COMPLETE
            return False
        if self._header is not None:
            return self._content(self._header)
        if len(self._rest) < BLOCK:
            return False
        block = self._take(BLOCK)
        if not any(block):
            self._zeros += 1
        elif self._zeros:
            raise MalformedError
        else:
            self._header = self._checked(_header(block))
        return True

    def _take(self, count: int) -> bytes:
        taken = bytes(self._rest[:count])
        del self._rest[:count]
        return taken

    def _checked(self, header: _Header) -> _Header:
        """Apply the caps before any content is kept."""
        if header.kind in _LONG:
            # A name longer than any path is refused here and not after reading it. One zero byte ends it.
            if header.size > MAX_BYTES + 1 + len(b"./"):
                raise MalformedError
            return header
        if header.kind not in _REGULAR and header.size:
            # Links, devices and folders have no content in the form that the collector writes.
            raise MalformedError
        self._entries += 1
        if self._entries > self.limits.output_files + 1:  # the folder /out itself is an entry
            raise TooLargeError
        self._taken += header.size
        if self._taken > self.limits.output_bytes:
            raise TooLargeError
        return header

    def _content(self, header: _Header) -> bool:
        padded = -(-header.size // BLOCK) * BLOCK
        if len(self._rest) < padded:
            return False
        content = self._take(padded)[: header.size]
        self._header = None
        if header.kind in _LONG:
            if header.kind == b"L":
                self._long_name = content.rstrip(b"\0")
            return True
        name = self._long_name if self._long_name is not None else header.name
        self._long_name = None
        self._keep(name, header.kind, content)
        return True

    def _keep(self, name: bytes, kind: bytes, content: bytes) -> None:
        if name.removeprefix(b"./").rstrip(b"/").count(b"/") >= self.limits.output_depth:
            raise TooLargeError
        if kind == b"5":
            return
        if kind not in _REGULAR:
            self._leave_out(name, _KINDS.get(kind, "unknown kind of entry"))
            return
        try:
            path = TreePath(name.removeprefix(b"./"))
        except InvalidError:
            self._leave_out(name, "not a path below the folder")
            return
        if path.raw in self._names:
            self._leave_out(name, "the name came twice")
            return
        self._names.add(path.raw)
        self.outputs.append(OutputFile(path, content))

    def _leave_out(self, name: bytes, reason: str) -> None:
        if len(self.left_out) < _MAX_LEFT_OUT:
            self.left_out.append(LeftOut(name.removeprefix(b"./")[:_SHOWN_NAME], reason))


def _header(block: bytes) -> _Header:
    """Read one header block; octal numbers only, checksum required."""
    unsigned = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if _octal(block[148:156]) != unsigned or block[257:262] != b"ustar":
        raise MalformedError
    if block[124] == _BINARY and int.from_bytes(block[125:136]) > _MOST_OCTAL:
        raise TooLargeError
    name = block[:100].partition(b"\0")[0]
    return _Header(name, _octal(block[124:136]), block[156:157])


def _octal(text: bytes) -> int:
    digits = text.strip(b" \0")
    if not digits or not digits.isdigit() or not set(digits) <= set(b"01234567"):
        raise MalformedError
    return int(digits, 8)
