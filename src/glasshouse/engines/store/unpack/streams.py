# SPDX-License-Identifier: Apache-2.0
"""Compressed files as a stream of blocks: every stream of the file, checked to its end, bounded while it unfolds.

The decoders of the standard library overlook what follows a stream and some overlook that it is cut short; here
both are errors.
"""

import bz2
import lzma
import os
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from enum import StrEnum
from typing import Protocol

from glasshouse.engines.store.unpack import xz, zst
from glasshouse.engines.store.unpack.errors import CorruptSourceError, OverLimitError
from glasshouse.engines.store.unpack.names import Gate

BLOCK = 2**20
"""Blocks of a stream are read and decoded in at most so many bytes."""

_ENCODED_BLOCK = 2**16


class Form(StrEnum):
    """How a stream is compressed."""

    PLAIN = "plain"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """One gzip member, with the interface that bz2 and lzma have."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        block = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        self._full = len(block) == max_length
        return block


class _File:
    """An open file, and how far it was read."""

    def __init__(self, descriptor: int, gate: Gate) -> None:
        self.descriptor = descriptor
        self._gate = gate

    def read(self) -> bytes:
        self._gate.check_time()
        return os.read(self.descriptor, _ENCODED_BLOCK)

    def read_large(self) -> bytes:
        self._gate.check_time()
        return os.read(self.descriptor, BLOCK)

    def position(self) -> int:
        # Also tells how far another process read that was given this descriptor: the two share one offset.
        return os.lseek(self.descriptor, 0, os.SEEK_CUR)


def _each_stream(
    read: Callable[[], bytes], new: Callable[[], _Decoder], *, padded: bool
) -> Generator[bytes, None, None]:
    """Decode streams that follow each other; padding is zeros after one, as tapes and xz have it."""
    data = read()
    while data:
        decoder = new()
        while not decoder.eof:
            if not data and decoder.needs_input:
                data = read()
                if not data:
                    raise CorruptSourceError("the compressed stream is cut short")
            block = decoder.decompress(data, BLOCK)
            data = b""
            if block:
                yield block
        data = decoder.unused_data or read()
        while padded and data and not (data := data.lstrip(b"\0")):
            data = read()


def _xz_in_process() -> _Decoder:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=xz.MEMORY)


def _plain(file: _File) -> Generator[bytes, None, None]:
    yield from iter(file.read_large, b"")


def _blocks(form: Form, file: _File) -> Generator[bytes, None, None]:
    if form is Form.GZIP:
        return _each_stream(file.read, _Gzip, padded=True)
    if form is Form.BZIP2:
        return _each_stream(file.read, bz2.BZ2Decompressor, padded=False)
    if form is Form.ZSTD:
        return zst.blocks(iter(file.read_large, b""))
    if form is Form.XZ:
        program = xz.program()
        if program:
            return xz.blocks(program, file.descriptor)
        return _each_stream(file.read, _xz_in_process, padded=True)
    return _plain(file)


def decoded(descriptor: int, form: Form, gate: Gate) -> Generator[bytes, None, None]:
    """Decode a file from its start, in blocks of at most `BLOCK` bytes.

    Raises CorruptSourceError for a damaged or truncated stream and anything that follows it, OverLimitError once
    more than the gate's limits has unfolded.
    """
    limits = gate.limits
    os.lseek(descriptor, 0, os.SEEK_SET)
    file = _File(descriptor, gate)
    total = 0
    try:
        # Closed at once, whatever happens here: behind it another process may be running.
        with closing(_blocks(form, file)) as blocks:
            for block in blocks:
                total += len(block)
                if total > limits.total_bytes:
                    raise OverLimitError(f"the source unfolds to more than {limits.total_bytes:,} bytes")
                if total > limits.ratio_after and total > limits.ratio * file.position():
                    raise OverLimitError(f"the source unfolds to more than {limits.ratio} times its size")
                yield block
    except lzma.LZMAError as error:
        if xz.NEEDS_MEMORY in str(error):
            raise xz.too_large() from None
        raise CorruptSourceError(f"the compressed stream is damaged: {error}") from None
    except zlib.error as error:
        raise CorruptSourceError(f"the compressed stream is damaged: {error}") from None
    except OSError as error:
        # bz2 reports damage as an OSError without a number; one with a number comes from the disk.
        if error.errno is not None:
            raise
        raise CorruptSourceError(f"the compressed stream is damaged: {error}") from None
