# SPDX-License-Identifier: Apache-2.0
"""A stream of blocks seen as exact counts of bytes, with one Python call per count."""

from collections.abc import Iterator

from glasshouse.engines.store.unpack.errors import CorruptSourceError


class Window:
    """The bytes of a stream, handed out by exact counts."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = b""
        self._at = 0
        self._before = 0

    @property
    def offset(self) -> int:
        """Return how many bytes were handed out."""
        return self._before + self._at

    def take(self, count: int, pad: int = 0) -> bytes:
        """Hand out `count` bytes and pass over `pad` more; raise when the stream ends before."""
        at = self._at
        end = at + count + pad
        if end > len(self._held):
            self._fill(count + pad)
            at = 0
            end = count + pad
            if end > len(self._held):
                raise CorruptSourceError(
                    f"the source ends in the middle, after {self._before + len(self._held):,} bytes"
                )
        self._at = end
        return self._held[at : at + count]

    def peek(self, count: int) -> bytes:
        """Look at the next bytes without taking them; fewer where the stream ends."""
        if self._at + count > len(self._held):
            self._fill(count)
        return self._held[self._at : self._at + count]

    def at_end(self) -> bool:
        """Say whether the stream has ended."""
        return not self.peek(1)

    def rest(self) -> Iterator[bytes]:
        """Hand out whatever is left."""
        yield self._held[self._at :]
        yield from self._blocks

    def _fill(self, count: int) -> None:
        parts = [self._held[self._at :]]
        have = len(parts[0])
        self._before += self._at
        while have < count and (block := next(self._blocks, b"")):
            parts.append(block)
            have += len(block)
        self._held = b"".join(parts)
        self._at = 0
