# SPDX-License-Identifier: Apache-2.0
"""The audit of a log's files: everything is recomputed from the entries and compared with what lies on the disk."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from glasshouse.engines.ledger.errors import DamagedError, MalformedError
from glasshouse.engines.ledger.reader import Reader, tile_root
from glasshouse.engines.ledger.tail import NAME as TAIL
from glasshouse.engines.ledger.tail import Tail
from glasshouse.engines.ledger.tiles import HEIGHT, WIDTH, Tile, parse_entries, partial_widths
from glasshouse.kernel.merkle import HASH_SIZE, leaf_hash, tree_root

MAX_DIFFERENCES = 100
_TILE_SIZE = WIDTH * HASH_SIZE


@dataclass(frozen=True, slots=True)
class Difference:
    """A file below the log's folder, or `root`, that is not what it must be; `index` is the first entry concerned."""

    path: str
    index: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found: the root that the entries lead to, and at most a hundred differences, the first ones."""

    size: int
    root: bytes
    differences: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Say whether everything agrees, the trusted root included."""
        return not self.differences


def audit(folder: Path, known: int, size: int, root: bytes) -> Audit:
    """Audit the tree of a size against a root that is trusted; `known` is how far the log goes."""
    if size > known:
        return Audit(size, b"", (Difference(TAIL, known, f"the log ends at {known} entries, not {size}"),))
    return _Auditor(folder, known, size).run(root)


def tree(leaves: bytes) -> list[bytes]:
    """Return the rows that tiles are cut from: leaf hashes, then the roots of full tiles, level by level."""
    rows = [leaves]
    while len(rows[-1]) >= _TILE_SIZE:
        row = rows[-1]
        full = len(row) - len(row) % _TILE_SIZE
        rows.append(b"".join([tile_root(row[at : at + _TILE_SIZE]) for at in range(0, full, _TILE_SIZE)]))
    return rows


def root_of(rows: list[bytes]) -> bytes:
    """Return the root of a tree given as rows."""
    edge: list[bytes] = []
    for row in rows:
        rest = row[len(row) - len(row) % _TILE_SIZE :]
        nodes = [rest[at : at + HASH_SIZE] for at in range(0, len(rest), HASH_SIZE)] + edge
        edge = [tree_root(nodes)] if nodes else []
    return edge[0] if edge else tree_root(())


class _Auditor:
    """One pass over the files of a tree of one size."""

    def __init__(self, folder: Path, known: int, size: int) -> None:
        self._folder = folder
        self._size = size
        self._reader = Reader(folder)
        self._reader.grow(known)
        self._differences: list[Difference] = []

    def run(self, root: bytes) -> Audit:
        """Compare; where entries and leaves disagree, the trusted root says which of them was changed."""
        hashed, stored, unlike = self._leaves()
        rows = tree(b"".join(hashed))
        computed = root_of(rows)
        if unlike:
            blame = {None, 0}
            if computed == root:
                blame = {0}
            elif root_of(stored_rows := tree(b"".join(stored))) == root:
                blame, rows = {None}, stored_rows
            for number, index in unlike:
                for level in sorted(blame, key=str, reverse=True):
                    self._add(Tile(level, number, self._width(0, number)), index, "an entry and its leaf disagree")
        self._compare_levels(rows)
        self._compare_tail(rows[0])
        if computed != root and not self._differences:
            self._differences.append(Difference("root", None, "the entries lead to another root than the trusted one"))
        return Audit(self._size, computed, tuple(self._differences[:MAX_DIFFERENCES]))

    def _add(self, tile: Tile, index: int | None, message: str) -> None:
        self._differences.append(Difference(tile.path, index, message))

    def _width(self, level: int, number: int) -> int:
        return min(WIDTH, (self._size >> (HEIGHT * level)) - number * WIDTH)

    def _leaves(self) -> tuple[list[bytes], list[bytes], list[tuple[int, int]]]:
        """Return leaf hashes by tile, from the entries and as stored, and where the two disagree."""
        hashed: list[bytes] = []
        stored: list[bytes] = []
        unlike: list[tuple[int, int]] = []
        for number in range(-(-self._size // WIDTH)):
            width = self._width(0, number)
            leaves = self._read(0, number, width)
            made = self._hash_bundle(number, width)
            if made is not None and leaves is not None and made != leaves:
                place = next(
                    at
                    for at in range(width)
                    if made[at * HASH_SIZE :][:HASH_SIZE] != leaves[at * HASH_SIZE :][:HASH_SIZE]
                )
                unlike.append((number, number * WIDTH + place))
            hashed.append(made if made is not None else leaves or b"")
            stored.append(leaves if leaves is not None else made or b"")
        return hashed, stored, unlike

    def _hash_bundle(self, number: int, width: int) -> bytes | None:
        try:
            entries = self._reader.bundle(number, width)[:width]
        except DamagedError as error:
            self._add(Tile(None, number, width), number * WIDTH, error.message)
            return None
        return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])

    def _read(self, level: int, number: int, width: int) -> bytes | None:
        try:
            return self._reader.hashes(level, number, width)
        except DamagedError as error:
            self._add(Tile(level, number, width), (number * WIDTH) << (HEIGHT * level), error.message)
            return None

    def _compare_levels(self, rows: list[bytes]) -> None:
        for level, row in enumerate(rows):
            count = len(row) // HASH_SIZE
            for number in range(-(-count // WIDTH)):
                right = row[number * _TILE_SIZE : (number + 1) * _TILE_SIZE]
                width = len(right) // HASH_SIZE
                held = self._read(level, number, width) if level else right
                if held is not None and held != right:
                    self._add(Tile(level, number, width), (number * WIDTH) << (HEIGHT * level), "a hash was changed")
            self._compare_older(level, count // WIDTH, row[count // WIDTH * _TILE_SIZE :])
        self._compare_older_bundles(rows[0])

    def _compare_older(self, level: int, number: int, right: bytes) -> None:
        """Compare what is kept of a tile's time as a narrower one; checkpoints of that time are served from it."""
        for tile in self._narrower(level, number, len(right) // HASH_SIZE):
            if (self._folder / tile.path).read_bytes() != right[: tile.width * HASH_SIZE]:
                self._add(tile, (number * WIDTH) << (HEIGHT * level), "a hash was changed")

    def _compare_older_bundles(self, leaves: bytes) -> None:
        number, width = divmod(self._size, WIDTH)
        for tile in self._narrower(None, number, width):
            first = number * _TILE_SIZE
            try:
                entries = parse_entries((self._folder / tile.path).read_bytes())
            except MalformedError as error:
                self._add(tile, number * WIDTH, error.message)
                continue
            if b"".join(map(leaf_hash, entries)) != leaves[first : first + tile.width * HASH_SIZE]:
                self._add(tile, number * WIDTH, "an entry was changed")

    def _narrower(self, level: int | None, number: int, width: int) -> list[Tile]:
        return [Tile(level, number, held) for held in partial_widths(self._folder, level, number) if 0 < held < width]

    def _compare_tail(self, leaves: bytes) -> None:
        try:
            held = Tail.read(self._folder)
        except DamagedError as error:
            self._differences.append(Difference(TAIL, None, error.message))
            return
        if held is None:
            self._differences.append(Difference(TAIL, None, "the file is missing"))
            return
        entries = [entry for batch in held.batches for entry in batch][: max(0, self._size - held.start)]
        for index, entry in enumerate(entries, held.start):
            if leaf_hash(entry) != leaves[index * HASH_SIZE : (index + 1) * HASH_SIZE]:
                self._differences.append(Difference(TAIL, index, "the entry is not the one its leaf was made of"))
                return
