# SPDX-License-Identifier: Apache-2.0
"""Zip archives, by their directory: every entry lies in a place of its own, and both its headers agree.

The directory is read as a stream, never as a list of objects, so a million entries cost twenty-odd bytes each.
Refused are overlapping entries (the quoted bomb), sizes and checksums that are not true, and bytes before or after the
archive; entries that are encrypted or compressed by other means than deflate are left out. Format: APPNOTE 6.3.10.
"""

import os
import stat
import struct
import zlib
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from glasshouse.engines.store.unpack.errors import CorruptSourceError, OverLimitError
from glasshouse.engines.store.unpack.members import CHUNK, EXECUTABLE, PLAIN, SYMLINK, Kind, Member, Reason
from glasshouse.engines.store.unpack.names import Gate
from glasshouse.engines.store.unpack.window import Window
from glasshouse.kernel.paths import MAX_BYTES

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 2**16
_FULL_16, _FULL_32 = 2**16 - 1, 2**32 - 1
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_SIZES_FOLLOW = 1 << 3
_UNIX_SYSTEMS = frozenset({3, 19})
_LEFT_OUT = {
    stat.S_IFCHR: Reason.DEVICE,
    stat.S_IFBLK: Reason.DEVICE,
    stat.S_IFIFO: Reason.FIFO,
    stat.S_IFSOCK: Reason.SOCKET,
}
_EXTRA_64 = 1
_WIDE = 8
_READ = 2**20


@dataclass(frozen=True, slots=True)
class _Directory:
    start: int
    end: int
    entries: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the directory says about one entry."""

    name: bytes
    system: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int

    @property
    def mode(self) -> int:
        """Return the Unix mode, 0 where the archive was made on something else."""
        return self.attributes >> 16 if self.system in _UNIX_SYSTEMS else 0


def _read(descriptor: int, count: int, offset: int) -> bytes:
    content = os.pread(descriptor, count, offset)
    if len(content) != count:
        raise CorruptSourceError("the archive ends in the middle")
    return content


def _blocks(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        block = _read(descriptor, min(_READ, end - start), start)
        start += len(block)
        yield block


def _find_directory(descriptor: int) -> _Directory:
    """Find the one end record that ends where the file ends."""
    file_size = os.fstat(descriptor).st_size
    start = max(0, file_size - _MAX_COMMENT - _END.size)
    tail = _read(descriptor, file_size - start, start)
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if at + _END.size <= len(tail):
            end = _END.unpack_from(tail, at)
            if at + _END.size + end[7] == len(tail):
                return _directory(descriptor, start + at, end)
        at = tail.rfind(b"PK\5\6", 0, at)
    raise CorruptSourceError("the archive is cut short, or something follows it")


def _directory(descriptor: int, at: int, end: tuple[int, ...]) -> _Directory:
    _, disk, first_disk, here, entries, size, start, _ = end
    if at >= _LOCATOR_64.size and _read(descriptor, 4, at - _LOCATOR_64.size) == b"PK\6\7":
        _, end_disk, at_64, disks = _LOCATOR_64.unpack(_read(descriptor, _LOCATOR_64.size, at - _LOCATOR_64.size))
        _check(end_disk == 0 and disks <= 1 and at_64 + _END_64.size + _LOCATOR_64.size <= at, "its end record")
        record = _END_64.unpack(_read(descriptor, _END_64.size, at_64))
        signature, length, _, _, disk, first_disk, here, entries_64, size_64, start_64 = record
        _check(signature == b"PK\6\6" and at_64 + 12 + length + _LOCATOR_64.size == at, "its end record")
        # The short record repeats the long one wherever its fields can hold it.
        for short, long, full in (
            (entries, entries_64, _FULL_16),
            (size, size_64, _FULL_32),
            (start, start_64, _FULL_32),
        ):
            _check(short in {full, long}, "its two end records")
        entries, size, start, at = entries_64, size_64, start_64, at_64
    _check(disk == first_disk == 0 and here == entries, "the number of its parts")
    _check(start + size == at, "the place of its directory")
    return _Directory(start, at, entries)


def _check(holds: object, what: str) -> None:
    if not holds:
        raise CorruptSourceError(f"the archive contradicts itself about {what}")


def _entries(descriptor: int, directory: _Directory) -> Iterator[_Entry]:
    """Read the directory, which MUST hold exactly the entries it counts."""
    window = Window(_blocks(descriptor, directory.start, directory.end))
    for _ in range(directory.entries):
        fields = _ENTRY.unpack(window.take(_ENTRY.size))
        signature, made_by, _, flags, method, _, _, crc, packed, size, names, extras, comments, disk = fields[:14]
        _check(signature == b"PK\1\2" and disk in {0, _FULL_16}, "its directory")
        name = window.take(names)
        extra = window.take(extras, comments)
        offset = fields[16]
        if _FULL_32 in {packed, size, offset}:
            size, packed, offset = _wide(extra, size, packed, offset)
        yield _Entry(name, made_by >> 8, flags, method, crc, packed, size, fields[15], offset)
    _check(window.at_end(), "the length of its directory")


def _wide(extra: bytes, *values: int) -> Iterator[int]:
    """Replace the values that do not fit 32 bits by those of the ZIP64 extra field, in its order."""
    at = 0
    wide = b""
    while at + 4 <= len(extra):
        key, length = struct.unpack_from("<2H", extra, at)
        if key == _EXTRA_64:
            wide = extra[at + 4 : at + 4 + length]
            break
        at += 4 + length
    for value in values:
        if value == _FULL_32:
            _check(len(wide) >= _WIDE, "the size of an entry")
            yield int.from_bytes(wide[:_WIDE], "little")
            wide = wide[_WIDE:]
        else:
            yield value


class _Reader:
    def __init__(self, descriptor: int, gate: Gate) -> None:
        self._descriptor = descriptor
        self._gate = gate
        self._directory = _find_directory(descriptor)
        if self._directory.entries > gate.limits.members:
            raise OverLimitError(f"the source lists more than {gate.limits.members:,} members")
        self._starts = self._places()
        self._packed = 0
        self._unpacked = 0

    def _places(self) -> "array[int]":
        """Return where the entries begin, in order, none inside another."""
        starts, ends = array("Q"), array("Q")
        ascending = True
        for entry in _entries(self._descriptor, self._directory):
            self._gate.check_time()
            ascending = ascending and (not starts or starts[-1] < entry.offset)
            end = entry.offset + _LOCAL.size + len(entry.name) + entry.packed
            _check(end <= self._directory.start, "the place of an entry")
            starts.append(entry.offset)
            ends.append(end)
        if not ascending:  # no archiver in use writes its directory so, and sorting takes memory
            order = sorted(range(len(starts)), key=starts.__getitem__)
            starts, ends = (array("Q", map(places.__getitem__, order)) for places in (starts, ends))
        if any(end > following for end, following in zip(ends, islice(starts, 1, None), strict=False)):
            raise CorruptSourceError("entries of the archive overlap")
        _check(not starts or starts[0] == 0, "where it begins")
        return starts

    def members(self) -> Iterator[Member]:
        gate = self._gate
        for entry in _entries(self._descriptor, self._directory):
            gate.count()
            start = self._content_start(entry)
            kind = stat.S_IFMT(entry.mode)
            if entry.name.endswith(b"/") and not entry.size:
                gate.admit_folder(entry.name)
            elif reason := self._obstacle(entry, kind):
                gate.leave_out(entry.name, *reason)
            elif path := gate.admit(entry.name, entry.size):
                content = self._content(entry, start)
                if kind == stat.S_IFLNK:
                    yield Member(path, Kind.LINK, SYMLINK, entry.size, content)
                else:
                    mode = EXECUTABLE if entry.mode & 0o100 else PLAIN
                    yield Member(path, Kind.FILE, mode, entry.size, content)
                deque(content, maxlen=0)

    def _content_start(self, entry: _Entry) -> int:
        """Find where an entry's content begins, checking its local header against the directory."""
        head = _read(self._descriptor, _LOCAL.size + len(entry.name), entry.offset)
        signature, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack_from(head)
        _check(
            signature == b"PK\3\4"
            and (flags & _ENCRYPTED, method) == (entry.flags & _ENCRYPTED, entry.method)
            and names == len(entry.name)
            and head.endswith(entry.name),
            "an entry",
        )
        if not flags & _SIZES_FOLLOW:
            extra = _read(self._descriptor, extras, entry.offset + len(head))
            size, packed = _wide(extra, size, packed)
            _check((crc, packed, size) == (entry.crc, entry.packed, entry.size), "the size of an entry")
        start: int = entry.offset + len(head) + extras
        following = bisect_right(self._starts, entry.offset)
        end: int = self._starts[following] if following < len(self._starts) else self._directory.start
        if start + entry.packed > end:
            raise CorruptSourceError("entries of the archive overlap")
        return start

    @staticmethod
    def _obstacle(entry: _Entry, kind: int) -> tuple[Reason, str] | None:
        """Say why an entry cannot come in, whatever its name."""
        if entry.flags & _ENCRYPTED:
            return Reason.ENCRYPTED, ""
        if kind in _LEFT_OUT:
            return _LEFT_OUT[kind], ""
        if kind == stat.S_IFLNK and not 0 < entry.size <= MAX_BYTES:
            return Reason.BAD_LINK, f"a target of {entry.size} bytes"
        if kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
            return Reason.UNSUPPORTED, f"type {kind:#o}"
        if entry.method not in {_STORED, _DEFLATED}:
            return Reason.UNSUPPORTED, f"compression method {entry.method}"
        return None

    def _content(self, entry: _Entry, start: int) -> Iterator[bytes]:
        """Yield an entry's content, refusing it once its length, its checksum or the ratio is not as promised."""
        limits = self._gate.limits
        crc = size = 0
        for chunk in self._inflated(entry, start) if entry.method == _DEFLATED else self._stored(entry, start):
            size += len(chunk)
            self._unpacked += len(chunk)
            if size > entry.size:
                raise CorruptSourceError("an entry of the archive is longer than it says")
            if self._unpacked > limits.ratio_after and self._unpacked > limits.ratio * self._packed:
                raise OverLimitError(f"the source unfolds to more than {limits.ratio} times its size")
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if (size, crc) != (entry.size, entry.crc):
            raise CorruptSourceError("an entry of the archive is not what its size and checksum say")

    def _stored(self, entry: _Entry, start: int) -> Iterator[bytes]:
        end = start + entry.packed
        while start < end:
            self._gate.check_time()
            chunk = _read(self._descriptor, min(CHUNK, end - start), start)
            start += len(chunk)
            self._packed += len(chunk)
            yield chunk

    def _inflated(self, entry: _Entry, start: int) -> Iterator[bytes]:
        inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        try:
            for packed in self._stored(entry, start):
                rest = packed
                while rest and not inflater.eof:
                    if chunk := inflater.decompress(rest, CHUNK):
                        yield chunk
                    rest = inflater.unconsumed_tail
            while not inflater.eof and (chunk := inflater.decompress(b"", CHUNK)):
                yield chunk
        except zlib.error as error:
            raise CorruptSourceError(f"an entry of the archive is damaged: {error}") from None
        if not inflater.eof or inflater.unused_data:
            raise CorruptSourceError("an entry of the archive does not end where it says")


def members(descriptor: int, gate: Gate) -> Iterator[Member]:
    """Read the archive's entries in the order of its directory.

    Raises CorruptSourceError where the archive is damaged, cut short or contradicts itself, OverLimitError where it
    unfolds beyond the gate's limits.
    """
    return _Reader(descriptor, gate).members()
