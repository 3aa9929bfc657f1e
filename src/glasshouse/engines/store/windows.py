# SPDX-License-Identifier: Apache-2.0
"""Some lines of one file, checked by digest before anybody sees them; memory bounded whatever the file holds."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glasshouse.engines.store.entries import Entry
from glasshouse.engines.store.errors import LinesNotFoundError
from glasshouse.engines.store.pipeline import CHUNK
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.lines import Span

MAX_BYTES = 1024 * 1024
MAX_LINE_BYTES = 4096
MIN_BYTES = MAX_LINE_BYTES + 1  # a whole piece and its newline
ReadChunk = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of one line: `content` is what the file holds from byte `column` of the line on, newline included.

    `length` is the whole line's, without its newline. The piece is the rest of the line unless `is_cut`.
    """

    number: int
    column: int
    content: bytes
    length: int
    is_cut: bool

    @property
    def text(self) -> bytes:
        """Return the content without its newline."""
        return self.content.removesuffix(b"\n")


@dataclass(frozen=True, slots=True)
class Window:
    """Lines of a file as bytes; `digest` is the SHA-256 of all `content` in order, exactly what is shown.

    `rest` is the line and column to read on from when the window ended before the asked lines did.
    """

    lines: tuple[Line, ...]
    digest: Digest
    rest: tuple[int, int] | None

    @property
    def bytes(self) -> int:
        """Return how many bytes the window shows."""
        return sum(len(line.content) for line in self.lines)

    @property
    def span(self) -> Span | None:
        """Return the lines of which at least a piece is shown; None for an empty file."""
        return Span(self.lines[0].number, self.lines[-1].number) if self.lines else None


def open_window(entry: Entry, read_chunk: ReadChunk, span: Span, *, column: int, max_bytes: int) -> Window:
    """Cut a window out of a file; `read_chunk` returns a verified chunk, the whole file when it has none."""
    if column < 0 or max_bytes < MIN_BYTES:
        raise InvalidError(f"A window begins at a byte of a line and may hold at least {MIN_BYTES} bytes.")
    if not entry.lines and span.first == 1 and not column:
        return Window((), Digest.of(b""), None)
    if span.first > entry.lines:
        raise LinesNotFoundError
    text = _Text(entry, read_chunk)
    start, last, rest = text.start_of(span.first), min(span.last, entry.lines), None
    lines = [] if column else text.short_lines(span.first, last, start, max_bytes)
    held = sum(len(line.content) for line in lines)
    start += held
    for number in range(span.first + len(lines), last + 1):
        if held + MIN_BYTES > max_bytes:
            rest = (number, 0)
            break
        end = text.end_of(number, start)
        line = _piece(text, number, start, end, column)
        lines.append(line)
        held += len(line.content)
        start, column = end, 0
    digest = Digest(hashlib.sha256(b"".join(line.content for line in lines)).digest())
    if len(lines) == 1 and lines[0].is_cut:
        rest = (lines[0].number, lines[0].column + len(lines[0].content))
    return Window(tuple(lines), digest, rest)


def _piece(text: "_Text", number: int, start: int, end: int, column: int) -> Line:
    """Return up to 4,096 bytes, and a newline behind them, of the line that stands at `start` to `end`."""
    whole = end - start
    ended = text.byte(end - 1) == b"\n"
    if column >= whole and column:
        raise LinesNotFoundError
    stop = min(end, start + column + MAX_LINE_BYTES)
    if stop == end - 1 and ended:
        stop = end  # never leave a newline alone for the next piece
    return Line(number, column, text.slice(start + column, stop), whole - ended, stop < end)


class _Text:
    """A file as chunks: finds where lines begin and end, opening one chunk at a time."""

    def __init__(self, entry: Entry, read_chunk: ReadChunk) -> None:
        self._entry = entry
        self._read = read_chunk
        self._first_lines = [chunk.first_line for chunk in entry.chunks] or [1]
        self._place, self._chunk = -1, b""

    def chunk(self, place: int) -> bytes:
        """Return a chunk, keeping the one used last."""
        if place != self._place:
            self._chunk = self._read(place)
            self._place = place
        return self._chunk

    def start_of(self, number: int) -> int:
        """Return the offset at which a line begins."""
        if number == 1:
            return 0
        # The newline that ends the line before stands in the last chunk that begins on an earlier line.
        place = _last_below(self._first_lines, number)
        chunk, offset = self.chunk(place), -1
        for _ in range(number - self._first_lines[place]):
            offset = chunk.index(b"\n", offset + 1)
        return place * CHUNK + offset + 1

    def end_of(self, number: int, start: int) -> int:
        """Return the offset behind a line that begins at `start`, its newline included."""
        place = start // CHUNK
        found = self.chunk(place).find(b"\n", start % CHUNK)
        if found < 0:
            place = max(place, _last_below(self._first_lines, number + 1))
            found = self.chunk(place).find(b"\n", start % CHUNK if place == start // CHUNK else 0)
        return place * CHUNK + found + 1 if found >= 0 else self._entry.size

    def short_lines(self, first: int, last: int, start: int, max_bytes: int) -> list[Line]:
        """Return the lines from `start` on that lie whole in one chunk and need no cut: nearly all of any file."""
        chunk, at, room = self.chunk(start // CHUNK), start % CHUNK, max_bytes - MIN_BYTES
        begun, lines = at, []
        for number in range(first, last + 1):
            end = chunk.find(b"\n", at) + 1
            if not end or end - at > MAX_LINE_BYTES or at - begun > room:
                break
            lines.append(Line(number, 0, chunk[at:end], end - at - 1, is_cut=False))
            at = end
        return lines

    def byte(self, offset: int) -> bytes:
        """Return one byte."""
        return self.slice(offset, offset + 1)

    def slice(self, start: int, stop: int) -> bytes:
        """Return a short range of bytes."""
        return b"".join(self._parts(start, stop))

    def _parts(self, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            place, offset = divmod(start, CHUNK)
            part = self.chunk(place)[offset : offset + stop - start]
            if not part:
                raise LinesNotFoundError
            yield part
            start += len(part)


def _last_below(first_lines: list[int], number: int) -> int:
    """Return the last chunk whose first byte belongs to a line before this one; the first chunk when none does."""
    low, high = 0, len(first_lines)
    while low < high:
        middle = (low + high) // 2
        if first_lines[middle] < number:
            low = middle + 1
        else:
            high = middle
    return max(0, low - 1)
