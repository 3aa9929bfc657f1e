# SPDX-License-Identifier: Apache-2.0
"""Zstandard frames, fed to the decoder one block at a time.

The library's streaming readers either report a truncated frame as a plain end, or put no bound on what one call
returns. A block unfolds to 128 KiB at most (RFC 8878, 3.1.1.2), so walking the frames settles both.
"""

from collections.abc import Generator, Iterator

import zstandard

from glasshouse.engines.store.unpack.errors import CorruptSourceError
from glasshouse.engines.store.unpack.window import Window

MEMORY = 2**27
"""The largest window that is decoded, in bytes; `zstd --long` needs so much."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = frozenset(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))
_MAX_BLOCK = 2**17
_PASSED_AT_ONCE = 2**18
_RUN, _RESERVED = 1, 3
_DICTIONARY_BYTES = (0, 1, 2, 4)
_CONTENT_SIZE_BYTES = (0, 2, 4, 8)


def blocks(source: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Decode the frames of a source, none cut short and nothing between them."""
    window = Window(source)
    decompressor = zstandard.ZstdDecompressor(max_window_size=MEMORY)
    try:
        while not window.at_end():
            magic = window.take(4)
            if magic == _MAGIC:
                yield from _frame(window, decompressor.decompressobj())
            elif magic in _SKIPPABLE:
                left = int.from_bytes(window.take(4), "little")
                while left:
                    count = min(left, _PASSED_AT_ONCE)
                    window.take(count)
                    left -= count
            else:
                raise CorruptSourceError("something else follows the compressed stream")
    except zstandard.ZstdError:
        raise CorruptSourceError("the compressed stream is damaged, or needs too much memory") from None


def _frame(window: Window, decoder: "zstandard.ZstdDecompressionObj") -> Iterator[bytes]:
    descriptor = window.take(1)
    flags = descriptor[0]
    single_segment, checksum = flags >> 5 & 1, flags >> 2 & 1
    size_bytes = _CONTENT_SIZE_BYTES[flags >> 6] or single_segment
    rest = window.take(1 - single_segment + _DICTIONARY_BYTES[flags & 3] + size_bytes)
    feed = _MAGIC + descriptor + rest
    last = 0
    while not last:
        head = window.take(3)
        header = int.from_bytes(head, "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if kind == _RESERVED or size > _MAX_BLOCK:
            raise CorruptSourceError("the compressed stream has an impossible block")
        feed += head + window.take(1 if kind == _RUN else size)
        if last and checksum:
            feed += window.take(4)
        if block := decoder.decompress(feed):
            yield block
        feed = b""
    if not decoder.eof:
        raise CorruptSourceError("the compressed stream is damaged")
