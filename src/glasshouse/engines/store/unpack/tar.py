# SPDX-License-Identifier: Apache-2.0
"""Tar archives, read as a stream of blocks by the letter: what two programs would read differently is refused.

POSIX ustar and pax, GNU long names and base-256 numbers. Links and devices are told apart by their type alone and
nothing is ever created on disk. Sparse files, whose content needs a map that three dialects write differently, are
left out. Format: POSIX.1-2017 `pax`, and GNU tar's manual, "Tar Internals".
"""

import struct
from collections import deque
from collections.abc import Iterator

from glasshouse.engines.store.unpack.errors import CorruptSourceError, UnknownFormatError
from glasshouse.engines.store.unpack.members import CHUNK, EXECUTABLE, PLAIN, SYMLINK, Kind, Member, Reason
from glasshouse.engines.store.unpack.names import Gate
from glasshouse.engines.store.unpack.window import Window
from glasshouse.kernel.paths import MAX_BYTES

BLOCK = 512
MAX_EXTENSION = 2**20
"""The longest pax or long-name header that is read, in bytes."""

# name, mode, (uid, gid), size, (mtime), checksum, type, link name, magic, (version … device numbers), prefix
_FIELDS = struct.Struct("100s8s16x12s12x8sc100s6s82x155s12x").unpack
_ZEROS = bytes(BLOCK)
_BLANKS = b" " * 8
_BASE_256 = 0x80
_MAX_DIGITS = 20
_FILES = frozenset(b"0\x007")
_FOLDERS = frozenset(b"5D")
_EXTENSIONS = frozenset(b"xXgLK")
_HARD_LINK = ord("1")
_SYMLINK = ord("2")
_SPARSE = ord("S")
_LABEL = ord("V")
_LEFT_OUT = {
    ord("3"): (Reason.DEVICE, "character device"),
    ord("4"): (Reason.DEVICE, "block device"),
    ord("6"): (Reason.FIFO, ""),
    ord("M"): (Reason.UNSUPPORTED, "continued from another volume"),
}
# These stand alone whatever their size field says; everything else is followed by its content.
_HEADER_ONLY = frozenset(b"123456V")
# POSIX lets a global header rename or resize every member; programs disagree on it, so it is refused.
_GLOBAL_REFUSED = frozenset({b"path", b"linkpath", b"size"})


class _Content:
    """The chunks of one long member; what its reader leaves is passed over."""

    __slots__ = ("_left", "_pad", "_window")

    def __init__(self, window: Window, size: int) -> None:
        self._window = window
        self._left = size
        self._pad = -size % BLOCK

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        count = min(self._left, CHUNK)
        self._left -= count
        return self._window.take(count, 0 if self._left else self._pad)


class _Extensions:
    """What pax and GNU headers say about the next member."""

    __slots__ = ("link", "name", "size", "sparse", "used")

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.link: bytes | None = None
        self.size: int | None = None
        self.sparse = False
        self.used = False

    def read(self, kind: int, content: bytes) -> None:
        """Take in one extension header."""
        if kind == ord("L"):
            self.name = content.partition(b"\0")[0]
        elif kind == ord("K"):
            self.link = content.partition(b"\0")[0]
        elif kind == ord("g"):
            if any(key in _GLOBAL_REFUSED or key.startswith(b"GNU.sparse.") for key, _ in _records(content)):
                raise CorruptSourceError("a global header renames or resizes every member")
        else:
            for key, value in _records(content):
                self._record(key, value)
        self.used = self.used or kind != ord("g")

    def _record(self, key: bytes, value: bytes) -> None:
        # hdrcharset needs no care: names are bytes here in any case.
        if key == b"path":
            self.name = value or None
        elif key == b"linkpath":
            self.link = value or None
        elif key == b"size":
            if not value.isdigit() or len(value) > _MAX_DIGITS:
                raise CorruptSourceError("a pax header gives a size that is not a number")
            self.size = int(value)
        elif key.startswith(b"GNU.sparse."):
            self.sparse = True
            if key == b"GNU.sparse.name":
                self.name = value or None


def _records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Read pax records: length of the whole record, blank, key, equals sign, value, line feed."""
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + _MAX_DIGITS)
        digits = content[at:space]
        if space < 0 or not digits.isdigit():
            raise CorruptSourceError("a pax header has a record without a length")
        end = at + int(digits)
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if end > len(content) or content[end - 1 : end] != b"\n" or not equals or not key:
            raise CorruptSourceError("a pax header has a record that does not fit its length")
        yield key, value
        at = end


def _number(field: bytes, what: str) -> int:
    """Read an octal field, or GNU's base-256 form of one that is too large for it."""
    if field[0] & _BASE_256:
        if field[0] != _BASE_256:
            raise CorruptSourceError(f"a header has a negative or impossible {what}")
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    # int() would also take signs, underscores and a 0o prefix.
    if not digits.isdigit() or digits.strip(b"01234567"):
        raise CorruptSourceError(f"a header has a {what} that is not an octal number")
    return int(digits, 8)


def _checksum_holds(header: bytes, stored: int) -> bool:
    """Compare the sum of a header's bytes, its own field counted as blanks; old tars summed signed bytes."""
    blanked = header[:148] + _BLANKS + header[156:]
    total = sum(blanked)
    return stored == total or stored == total - 256 * sum(byte >> 7 for byte in blanked)


def begins(block: bytes) -> bool:
    """Say whether a tar archive begins with this block: a header whose checksum holds, or the end mark."""
    if len(block) < BLOCK:
        return False
    try:
        return block == _ZEROS or _checksum_holds(block, _number(_FIELDS(block)[3], "checksum"))
    except CorruptSourceError:
        return False


class _Reader:
    """One pass over an archive."""

    def __init__(self, window: Window, gate: Gate) -> None:
        self._window = window
        self._gate = gate
        self._extensions = _Extensions()

    def members(self) -> Iterator[Member]:
        window = self._window
        while (header := window.take(BLOCK)) != _ZEROS:
            name, mode, size_field, checksum, kind_byte, link, magic, prefix = _FIELDS(header)
            if not _checksum_holds(header, _number(checksum, "checksum")):
                raise CorruptSourceError(f"a header is damaged, before byte {window.offset:,}")
            kind = kind_byte[0]
            size = _number(size_field, "size")
            if kind in _EXTENSIONS:
                self._extend(kind, size)
                continue
            name = name.partition(b"\0")[0]
            if magic == b"ustar\0" and prefix[0]:
                name = prefix.partition(b"\0")[0] + b"/" + name
            sparse = kind == _SPARSE
            if self._extensions.used:
                extensions, self._extensions = self._extensions, _Extensions()
                name = extensions.name or name
                link = extensions.link or link
                size = size if extensions.size is None else extensions.size
                sparse = sparse or extensions.sparse
            self._gate.count()
            if sparse:
                self._pass_over_sparse(kind, header, name, size)
            elif kind not in _FILES or name.endswith(b"/"):
                yield from self._special(kind, name, size, link.partition(b"\0")[0])
            elif path := self._gate.admit(name, size):
                mode = EXECUTABLE if _number(mode, "mode") & 0o100 else PLAIN
                if size <= CHUNK:
                    yield Member(path, Kind.FILE, mode, size, iter((window.take(size, -size % BLOCK),)))
                else:
                    content = _Content(window, size)
                    yield Member(path, Kind.FILE, mode, size, content)
                    deque(content, maxlen=0)
            else:
                self._pass_over(size)
        self._check_end()

    def _extend(self, kind: int, size: int) -> None:
        if size > MAX_EXTENSION:
            raise CorruptSourceError(f"an extension header has more than {MAX_EXTENSION:,} bytes")
        self._extensions.read(kind, self._window.take(size, -size % BLOCK))

    def _special(self, kind: int, name: bytes, size: int, link: bytes) -> Iterator[Member]:
        """Handle everything that is not a file with content."""
        gate = self._gate
        if kind == _HARD_LINK:
            yield from self._hard_link(name, size, link)
        elif kind == _SYMLINK:
            yield from self._symlink(name, link)
        elif kind in _FOLDERS or (kind in _FILES and not size):
            gate.admit_folder(name)
        elif kind in _FILES:
            gate.leave_out(name, Reason.BAD_NAME, "a folder's name with content")
        elif kind != _LABEL:
            gate.leave_out(name, *_LEFT_OUT.get(kind, (Reason.UNSUPPORTED, f"type {kind:#04x}")))
        if kind not in _HEADER_ONLY:
            self._pass_over(size)

    def _symlink(self, name: bytes, link: bytes) -> Iterator[Member]:
        if not 0 < len(link) <= MAX_BYTES:
            self._gate.leave_out(name, Reason.BAD_LINK, f"a target of {len(link)} bytes")
        elif path := self._gate.admit(name, len(link)):
            yield Member(path, Kind.LINK, SYMLINK, len(link), iter((link,)))

    def _hard_link(self, name: bytes, size: int, link: bytes) -> Iterator[Member]:
        if size:
            raise CorruptSourceError("a hard link claims content, which programs read differently")
        target = self._gate.earlier(link)
        if target is None:
            self._gate.leave_out(name, Reason.HARD_LINK_MISSING)
        elif path := self._gate.admit(name, 0):
            yield Member(path, Kind.HARD_LINK, PLAIN, 0, iter(()), target=target)

    def _pass_over_sparse(self, kind: int, header: bytes, name: bytes, size: int) -> None:
        self._gate.leave_out(name, Reason.SPARSE)
        # GNU's old form continues the map in further blocks, each saying whether another follows.
        more = kind == _SPARSE and header[482]
        while more:
            more = self._window.take(BLOCK)[504]
        self._pass_over(size)

    def _pass_over(self, size: int) -> None:
        deque(_Content(self._window, size), maxlen=0)

    def _check_end(self) -> None:
        """Allow nothing but zeros after the end mark: what stands there, other programs might read."""
        if self._extensions.used:
            raise CorruptSourceError("the archive ends where a member was announced")
        for block in self._window.rest():
            if block.count(0) != len(block):
                raise CorruptSourceError("something follows the end of the archive")


def members(blocks: Iterator[bytes], gate: Gate) -> Iterator[Member]:
    """Read the archive's members in order.

    Raises UnknownFormatError at once where this is no tar; CorruptSourceError for damage, truncation (an archive
    without its end mark is truncated), content after the end mark, and what programs are known to read differently.
    """
    window = Window(blocks)
    if not begins(window.peek(BLOCK)):
        raise UnknownFormatError("the source is not, or does not hold, an archive that is read here")
    return _Reader(window, gate).members()
