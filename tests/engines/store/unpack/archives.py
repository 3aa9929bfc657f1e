# SPDX-License-Identifier: Apache-2.0
"""Builds hostile sources byte by byte, as no honest archiver would, and reads sources whole."""

import stat
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.engines.store.unpack import CHUNK, Kind, LeftOut, Limits, Member, open_source

END = bytes(1024)


@dataclass
class Unpacked:
    """All that came out of a source."""

    members: list[Member] = field(default_factory=list)
    files: dict[bytes, bytes] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def reasons(self) -> list[tuple[bytes, str]]:
        return [(left.name, left.reason.value) for left in self.left_out]

    def member(self, name: bytes) -> Member:
        return next(member for member in self.members if member.path.raw == name)


def unpack(source: Path, *, limits: Limits | None = None, revision: str = "HEAD") -> Unpacked:
    """Read a source whole, holding every member to what it promises."""
    out = Unpacked()
    with open_source(source, left_out=out.left_out.append, limits=limits, revision=revision) as members:
        for member in members:
            chunks = list(member.chunks)
            assert all(len(chunk) <= CHUNK for chunk in chunks)
            content = b"".join(chunks)
            assert len(content) == member.size
            assert member.mode == 0o120000 if member.kind is Kind.LINK else member.mode in {0o100644, 0o100755}
            assert member.path.raw not in out.files
            out.members.append(member)
            out.files[member.path.raw] = content
    return out


def tar_header(
    name: bytes,
    size: int | bytes = 0,
    *,
    kind: bytes = b"0",
    mode: bytes = b"0000644\0",
    link: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
) -> bytes:
    """Write one header; the checksum is right whatever the rest is."""
    sized = size if isinstance(size, bytes) else b"%011o\0" % size
    head = b"".join(
        (
            name.ljust(100, b"\0"),
            mode,
            b"0000000\0" * 2,
            sized,
            b"00000000000\0",
            b" " * 8,
            kind,
            link.ljust(100, b"\0"),
            magic,
            bytes(32 + 32 + 16),
            prefix.ljust(155, b"\0"),
            bytes(12),
        )
    )
    assert len(head) == 512
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def tar_file(name: bytes, content: bytes = b"x", *, kind: bytes = b"0", mode: bytes = b"0000644\0") -> bytes:
    return tar_header(name, len(content), kind=kind, mode=mode) + padded(content)


def pax(records: dict[bytes, bytes], *, kind: bytes = b"x") -> bytes:
    """Write a pax header for the member that follows."""
    content = b""
    for key, value in records.items():
        body = b" " + key + b"=" + value + b"\n"
        length = len(body)
        while len(b"%d" % length) + len(body) != length:
            length = len(b"%d" % length) + len(body)
        content += b"%d" % length + body
    return tar_file(b"PaxHeader", content, kind=kind)


def long_name(name: bytes, *, kind: bytes = b"L") -> bytes:
    return tar_file(b"././@LongLink", name + b"\0", kind=kind)


@dataclass
class ZipEntry:
    """One entry, every field of which can be made to lie."""

    name: bytes
    content: bytes = b"x"
    mode: int = stat.S_IFREG | 0o644
    method: int = 8
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    system: int = 3
    offset: int | None = None

    def pack(self) -> tuple[bytes, bytes, int, int]:
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = self.packed
        if packed is None:
            packed = deflater.compress(self.content) + deflater.flush() if self.method == 8 else self.content
        size = len(self.content) if self.size is None else self.size
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        name = self.name if self.local_name is None else self.local_name
        local_size = size if self.local_size is None else self.local_size
        sizes = (0, 0, 0) if self.flags & 8 else (crc, len(packed), local_size)
        local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, self.flags, self.method, 0, 0, *sizes, len(name), 0) + name
        follows = struct.pack("<4s3L", b"PK\7\x08", crc, len(packed), size) if self.flags & 8 else b""
        return local + packed + follows, packed, crc, size


def zip_of(*entries: ZipEntry, before: bytes = b"", after: bytes = b"", count: int | None = None) -> bytes:
    body, directory = before, b""
    for entry in entries:
        local, packed, crc, size = entry.pack()
        offset = len(body) if entry.offset is None else entry.offset
        if entry.offset is None:
            body += local
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            entry.system << 8 | 20,
            20,
            entry.flags,
            entry.method,
            0,
            0,
            crc,
            len(packed),
            size,
            len(entry.name),
            0,
            0,
            0,
            0,
            entry.mode << 16,
            offset,
        )
        directory += entry.name
    listed = len(entries) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, listed, listed, len(directory), len(body), 0)
    return body + directory + end + after
