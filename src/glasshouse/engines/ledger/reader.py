# SPDX-License-Identifier: Apache-2.0
"""Reading a log's tiles and bundles, with the hashes inside each tile kept once computed."""

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from glasshouse.engines.ledger.errors import DamagedError, MalformedError
from glasshouse.engines.ledger.merkle import split
from glasshouse.engines.ledger.tiles import HEIGHT, WIDTH, Tile, parse_entries
from glasshouse.kernel.merkle import EMPTY_ROOT, HASH_SIZE, node_hash

KEPT_TILES = 1024  # 16 KiB each
KEPT_EDGES = 4096
_PAIR = 2 * HASH_SIZE


def parent_row(row: bytes) -> bytes:
    """Hash neighbours in a row of joined hashes; an odd last hash is left out."""
    whole = len(row) - len(row) % _PAIR
    return b"".join([sha256(b"\x01" + row[at : at + _PAIR]).digest() for at in range(0, whole, _PAIR)])


def tile_root(row: bytes) -> bytes:
    """Return the hash that a full tile contributes to the level above."""
    while len(row) > HASH_SIZE:
        row = parent_row(row)
    return row


class Reader:
    """The files of one log. Not for use by several threads at once.

    `grow` says how far the tree goes; every question is about a tree that is not larger. Hashes are served as they
    lie on the disk: whoever gets a proof verifies it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self._rows: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._edges: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def grow(self, size: int) -> None:
        """Learn the size up to which the tiles are there."""
        self.size = size

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._rows.clear()
        self._edges.clear()

    def subtree(self, start: int, end: int) -> bytes:
        """Return MTH(D[start:end]) for a range that an RFC 6962 tree has as a node."""
        width = end - start
        if width == 0:
            return EMPTY_ROOT
        if width & (width - 1) == 0:
            return self._complete(start, width.bit_length() - 1)
        edge = self._edges.get((start, end))
        if edge is None:
            middle = start + split(width)
            edge = node_hash(self.subtree(start, middle), self.subtree(middle, end))
            self._edges[start, end] = edge
            if len(self._edges) > KEPT_EDGES:
                self._edges.popitem(last=False)
        return edge

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the entries from `start` up to `stop`, which is not included."""
        while start < stop:
            number, skip = divmod(start, WIDTH)
            last = min(WIDTH, stop - number * WIDTH)
            yield from self.bundle(number, last)[skip:last]
            start = (number + 1) * WIDTH

    def bundle(self, number: int, width: int) -> list[bytes]:
        """Return at least this many entries of a bundle."""
        tile, raw = self._read(None, number)
        try:
            entries = parse_entries(raw)
        except MalformedError as error:
            raise DamagedError(f"{tile.path} holds no entries: {error.message}") from error
        if len(entries) != tile.width or len(entries) < width:
            raise DamagedError(f"{tile.path} holds {len(entries)} entries")
        return entries

    def hashes(self, level: int, number: int, width: int) -> bytes:
        """Return the first hashes of a tile, joined."""
        tile, raw = self._read(level, number)
        if len(raw) != tile.width * HASH_SIZE or tile.width < width:
            raise DamagedError(f"{tile.path} has {len(raw)} bytes")
        return raw[: width * HASH_SIZE]

    def _complete(self, start: int, height: int) -> bytes:
        level, rise = divmod(height, HEIGHT)
        number, place = divmod(start >> (HEIGHT * level), WIDTH)
        at = (place >> rise) * HASH_SIZE
        return self._rows_of(level, number, place + (1 << rise))[rise][at : at + HASH_SIZE]

    def _rows_of(self, level: int, number: int, width: int) -> list[bytes]:
        key = (level, number)
        rows = self._rows.get(key)
        if rows is not None and len(rows[0]) >= width * HASH_SIZE:
            self._rows.move_to_end(key)
            return rows
        rows = [self.hashes(level, number, max(width, self._available(level, number)))]
        for _ in range(HEIGHT - 1):
            rows.append(parent_row(rows[-1]))
        self._rows[key] = rows
        if len(self._rows) > KEPT_TILES:
            self._rows.popitem(last=False)
        return rows

    def _available(self, level: int | None, number: int) -> int:
        return min(WIDTH, (self.size >> (HEIGHT * (level or 0))) - number * WIDTH)

    def _read(self, level: int | None, number: int) -> tuple[Tile, bytes]:
        tile = Tile(level, number, self._available(level, number))
        # The log may have grown since: a partial tile goes once the full one is there.
        for candidate in (tile, Tile(level, number)):
            try:
                return candidate, (self.folder / candidate.path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
        raise DamagedError(f"{tile.path} is missing")
