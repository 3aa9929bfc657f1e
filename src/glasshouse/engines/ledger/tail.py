# SPDX-License-Identifier: Apache-2.0
"""The tail: one file with the entries that are durable while their tiles may not be.

A batch is acknowledged once its record here is synced, one sync a batch. Tiles and bundles follow without one, are
synced together when the log settles, and a new tail begins at the last full tile. Opening a log writes again what
the tail holds, so a crash at any point loses nothing that was acknowledged.

Form: MAGIC, then the index of the first entry (8 bytes), then records: the count of entries (4 bytes), the entries
of 32 bytes, the SHA-256 of the record's place, count and entries. Numbers are big-endian.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from glasshouse.engines.ledger.errors import DamagedError
from glasshouse.engines.ledger.tiles import WIDTH
from glasshouse.kernel.merkle import HASH_SIZE

NAME = "tail"
ENTRY_SIZE = 32
MAGIC = b"glasshouse/tail/v1\n"
_HEAD = struct.Struct(">Q")
_COUNT = struct.Struct(">I")
HEAD_SIZE = len(MAGIC) + _HEAD.size


def record(place: int, entries: Sequence[bytes]) -> bytes:
    """Write a record of entries that begin at this index of the log."""
    body = _COUNT.pack(len(entries)) + b"".join(entries)
    return body + sha256(_HEAD.pack(place) + body).digest()


@dataclass(frozen=True, slots=True)
class Tail:
    """What a tail file holds; `batches` in order, `length` up to the last whole record."""

    start: int
    batches: tuple[tuple[bytes, ...], ...]
    length: int

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a tail; a last record that is cut short was never acknowledged and is left out."""
        if len(raw) < HEAD_SIZE or not raw.startswith(MAGIC):
            raise DamagedError(f"{NAME} does not begin as it must")
        (start,) = _HEAD.unpack_from(raw, len(MAGIC))
        if start % WIDTH:
            raise DamagedError(f"{NAME} does not begin at a full tile")
        batches: list[tuple[bytes, ...]] = []
        place, index = HEAD_SIZE, start
        while place + _COUNT.size <= len(raw):
            (count,) = _COUNT.unpack_from(raw, place)
            middle = place + _COUNT.size + count * ENTRY_SIZE
            end = middle + HASH_SIZE
            body = raw[place:middle]
            if end > len(raw) or sha256(_HEAD.pack(index) + body).digest() != raw[middle:end]:
                if end < len(raw):
                    raise DamagedError(f"{NAME} is damaged at entry {index}")
                break
            batches.append(tuple(body[at : at + ENTRY_SIZE] for at in range(_COUNT.size, len(body), ENTRY_SIZE)))
            place, index = end, index + count
        return cls(start, tuple(batches), place)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the tail of a log, None where no log is."""
        try:
            raw = (folder / NAME).read_bytes()
        except FileNotFoundError:
            return None
        return cls.parse(raw)

    @property
    def size(self) -> int:
        """Return the size of the tree with every whole record."""
        return self.start + sum(map(len, self.batches))


def replace(folder: Path, start: int, batches: Sequence[Sequence[bytes]]) -> int:
    """Put a new tail in the place of the old one, durably; return an open descriptor at its end."""
    content = bytearray(MAGIC + _HEAD.pack(start))
    place = start
    for batch in batches:
        content += record(place, batch)
        place += len(batch)
    temporary = folder / f"{NAME}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
        temporary.rename(folder / NAME)
        sync_file(folder)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_all(descriptor: int, content: bytes | bytearray) -> None:
    """Write every byte; the kernel may take fewer at a time."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_file(path: Path) -> None:
    """Make a file or a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
