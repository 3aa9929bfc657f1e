# SPDX-License-Identifier: Apache-2.0
r"""Packs: files of sealed blocks, written once and never changed.

    pack    = "GHPACK1\n" id(16 random) block* table length(8) "GHPEND1\n"
    block n = AES-256-GCM(key of this pack, nonce n, zstd(plain)), bound to product, kind, pack id and n
    table   = the end offset of each block (u64), sealed like a block under the number 2**64 - 1

The key of a pack is derived (HKDF) from the product's key and the random pack id, and a block number is given
out once, so that no nonce is ever used twice under one key, also when an intake is abandoned or repeated.
"""

import os
import secrets
import struct
import sys
from array import array
from pathlib import Path
from threading import Lock, local

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.files import disk_errors, write_all
from glasshouse.engines.store.keys import ProductKey

LEVEL = 3
MAX_PLAIN = 64 * 2**20
_HEAD = b"GHPACK1\n"
_END = b"GHPEND1\n"
_ID_BYTES = 16
_TABLE = 2**64 - 1
_SYNC_EVERY = 16 * 2**20
_codecs = local()  # zstd contexts are costly to make and must not be shared by threads


def _compress(plain: bytes) -> bytes:
    try:
        codec = _codecs.compressor
    except AttributeError:
        codec = _codecs.compressor = zstandard.ZstdCompressor(level=LEVEL)
    packed: bytes = codec.compress(plain)
    return packed


def _expand(packed: bytes) -> bytes:
    try:
        codec = _codecs.decompressor
    except AttributeError:
        codec = _codecs.decompressor = zstandard.ZstdDecompressor()
    if zstandard.frame_content_size(packed) > MAX_PLAIN:
        raise ValueError("a block is larger than any that is written")
    plain: bytes = codec.decompress(packed)
    return plain


class _Cipher:
    """Seals and opens the numbered blocks of one pack."""

    __slots__ = ("_bound", "_box")

    def __init__(self, key: ProductKey, kind: str, pack_id: bytes) -> None:
        label = b"pack\n%s\n%s" % (kind.encode(), pack_id)
        self._box = AESGCM(key.subkey(label))
        self._bound = b"glasshouse/pack/v1\n%s\n%s" % (key.uid.text.encode(), label)

    def seal(self, number: int, plain: bytes) -> bytes:
        return self._box.encrypt(number.to_bytes(12, "big"), _compress(plain), self._bound + number.to_bytes(8, "big"))

    def open(self, number: int, sealed: bytes) -> bytes:
        packed = self._box.decrypt(number.to_bytes(12, "big"), sealed, self._bound + number.to_bytes(8, "big"))
        return _expand(packed)


class PackWriter:
    """Writes one pack.

    Numbers are given out in order, blocks may be sealed by several threads, and are appended in the order of their
    numbers by one.
    """

    def __init__(self, path: Path, key: ProductKey, kind: str) -> None:
        self.path = path
        self.pack_id = secrets.token_bytes(_ID_BYTES)
        self.size = 0
        self.blocks = 0
        self._cipher = _Cipher(key, kind, self.pack_id)
        self._ends = array("Q")
        self._synced = 0
        with disk_errors():
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._write(_HEAD + self.pack_id)

    def reserve(self) -> int:
        """Give out the next block's number, once."""
        self.blocks += 1
        return self.blocks - 1

    def seal(self, number: int, plain: bytes) -> bytes:
        """Compress and encrypt a block under a number that `reserve` gave for it. Safe between threads."""
        return self._cipher.seal(number, plain)

    def append(self, sealed: bytes) -> None:
        """Write the next block in the order of numbers."""
        self._write(sealed)
        self._ends.append(self.size)

    def write(self, plain: bytes) -> int:
        """Seal and append one block, and return its number."""
        number = self.reserve()
        self.append(self.seal(number, plain))
        return number

    def is_sync_due(self) -> bool:
        """Say, once for every 16 MB, that what was written should be on its way to the disk."""
        if self.size - self._synced < _SYNC_EVERY:
            return False
        self._synced = self.size
        return True

    def sync(self) -> None:
        """Push what was written so far to the disk; may run beside the writer."""
        with disk_errors():
            os.fdatasync(self._handle)

    def finish(self) -> None:
        """Write the table, make all of it durable, and close."""
        if len(self._ends) != self.blocks:
            raise RuntimeError("a block was numbered and never written")
        table = self._cipher.seal(_TABLE, _to_big_endian(self._ends))
        self._write(table + struct.pack(">Q", len(table)) + _END)
        with disk_errors():
            os.fsync(self._handle)
        self.close()

    def close(self) -> None:
        """Let go of the file, finished or not."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, content: bytes) -> None:
        with disk_errors():
            write_all(self._handle, content)
        self.size += len(content)


class PackReader:
    """Reads the blocks of one finished pack. Safe between threads; holds no file open."""

    def __init__(self, path: Path, key: ProductKey, kind: str, *, expected_id: bytes | None = None) -> None:
        self.path = path
        self._key = key
        self._kind = kind
        self._expected_id = expected_id
        self._lock = Lock()
        self._opened: tuple[_Cipher, array[int], bytes] | None = None

    @property
    def name(self) -> str:
        """Return the pack's place inside its product, for messages."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def pack_id(self) -> bytes:
        """Return the pack's random id."""
        return self._open()[2]

    @property
    def blocks(self) -> int:
        """Return how many blocks the pack has."""
        return len(self._open()[1])

    def block(self, number: int) -> bytes:
        """Return the plain bytes of a block; raises DamagedError when they are not what was written."""
        cipher, ends, _ = self._open()
        if not 0 <= number < len(ends):
            raise self.damaged(f"block {number} is missing")
        start = ends[number - 1] if number else len(_HEAD) + _ID_BYTES
        sealed = self._read(start, ends[number] - start)
        try:
            return cipher.open(number, sealed)
        except (InvalidTag, ValueError, zstandard.ZstdError) as error:
            raise self.damaged(f"block {number} was changed") from error

    def forget(self) -> None:
        """Read the table again before the next block."""
        with self._lock:
            self._opened = None

    def damaged(self, what: str) -> DamagedError:
        """Make the error that names this product and pack."""
        return DamagedError(
            f"Product {self._key.uid}: pack {self.name}: {what}.", hint="Restore this file from a backup."
        )

    def _open(self) -> tuple[_Cipher, "array[int]", bytes]:
        with self._lock:
            if self._opened is None:
                self._opened = self._load()
            return self._opened

    def _load(self) -> tuple[_Cipher, "array[int]", bytes]:
        head_size, end_size = len(_HEAD) + _ID_BYTES, 8 + len(_END)
        try:
            size = self.path.stat().st_size
        except FileNotFoundError as error:
            raise self.damaged("the file is missing") from error
        if size < head_size + end_size:
            raise self.damaged("the file was cut short")
        head, end = self._read(0, head_size), self._read(size - end_size, end_size)
        if not head.startswith(_HEAD) or not end.endswith(_END):
            raise self.damaged("the head or the end was changed")
        pack_id = head[len(_HEAD) :]
        if self._expected_id not in {None, pack_id}:
            raise self.damaged("another pack lies in its place")
        length = int.from_bytes(end[:8], "big")
        if length > size - head_size - end_size:
            raise self.damaged("the end was changed")
        cipher = _Cipher(self._key, self._kind, pack_id)
        sealed = self._read(size - end_size - length, length)
        try:
            ends = _from_big_endian(cipher.open(_TABLE, sealed))
        except (InvalidTag, ValueError, zstandard.ZstdError) as error:
            raise self.damaged("the table of blocks or the pack's id was changed") from error
        if (ends[-1] if ends else head_size) != size - end_size - length:
            raise self.damaged("bytes were added or removed")
        return cipher, ends, pack_id

    def _read(self, start: int, length: int) -> bytes:
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise self.damaged("the file is missing") from error
        try:
            return os.pread(handle, length, start)
        finally:
            os.close(handle)


def _to_big_endian(ends: "array[int]") -> bytes:
    copy = array("Q", ends)
    if sys.byteorder == "little":
        copy.byteswap()
    return copy.tobytes()


def _from_big_endian(table: bytes) -> "array[int]":
    ends = array("Q")
    ends.frombytes(table)
    if sys.byteorder == "little":
        ends.byteswap()
    return ends
