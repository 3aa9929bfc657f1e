# SPDX-License-Identifier: Apache-2.0
"""Writing a log: one process at a time, one sync a batch, nothing to repair after a crash."""

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from glasshouse.engines.ledger import tail
from glasshouse.engines.ledger.errors import DamagedError, LogBusyError, StorageError
from glasshouse.engines.ledger.reader import Reader, tile_root
from glasshouse.engines.ledger.tail import Tail
from glasshouse.engines.ledger.tiles import HEIGHT, WIDTH, Tile, partial_widths
from glasshouse.kernel.merkle import HASH_SIZE

LOCK = "lock"
SETTLE_AFTER = 8192  # entries; bounds the tail, what opening writes again, and the pause of settling
_MANY = 512  # files; a whole log that is written at once
_PREFIX = tail.ENTRY_SIZE.to_bytes(2, "big")
_BUNDLE_SIZE = WIDTH * (len(_PREFIX) + tail.ENTRY_SIZE)
_TILE_SIZE = WIDTH * HASH_SIZE


class Writer:
    """The one sequencer of a log, from construction to `close`.

    After a `StorageError` a writer is of no more use; opening another writes again what was acknowledged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(folder)
        self._descriptor = -1
        try:
            self._open()
        except OSError as error:
            self.close()
            raise _refusal(error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another process be the sequencer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        if self._lock >= 0:
            os.close(self._lock)
        self._descriptor = self._lock = -1

    def append(self, entries: Sequence[bytes]) -> int:
        """Make entries of 32 bytes durable at the end of the log, then write their tiles; return the new size."""
        length = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            try:
                tail.write_all(self._descriptor, tail.record(self.size, entries))
                os.fdatasync(self._descriptor)
            except OSError:
                # What was not acknowledged MUST NOT come back when the log is opened again.
                os.ftruncate(self._descriptor, length)
                raise
            self._batches.append(tuple(entries))
            self._integrate(entries)
            if self.size - self._start >= SETTLE_AFTER:
                self._settle()
        except OSError as error:
            self.close()
            raise _refusal(error) from error
        return self.size

    def _open(self) -> None:
        held = Tail.read(self._folder)
        if held is None:
            if (self._folder / "tile").exists():
                raise DamagedError(f"{tail.NAME} is missing", hint="Restore the ledger's folder from a backup.")
            held = Tail(0, (), 0)
            self._descriptor = tail.replace(self._folder, 0, ())
        else:
            self._check_nothing_follows(held.size)
            self._descriptor = os.open(self._folder / tail.NAME, os.O_WRONLY | os.O_CLOEXEC)
            os.ftruncate(self._descriptor, held.length)
            os.lseek(self._descriptor, 0, os.SEEK_END)
        self._start = self.size = held.start
        self._bundle = b""
        self._rows = _rows_below(self._folder, held.start)
        self._batches: list[tuple[bytes, ...]] = []
        self._unsettled: dict[Tile, None] = {}
        for batch in held.batches:
            self._batches.append(batch)
            self._integrate(batch)
        if self.size - self._start >= SETTLE_AFTER:
            self._settle()

    def _check_nothing_follows(self, size: int) -> None:
        """Refuse a tail that ends before the tiles do: records were cut off, or an old copy was put back."""
        full, rest = divmod(size, WIDTH)
        widths = partial_widths(self._folder, 0, full)
        if (widths and widths[-1] > rest) or (self._folder / Tile(0, full).path).exists():
            raise DamagedError(
                f"{tail.NAME} ends at entry {size}, and the tiles go on", hint="Run the audit; restore if it fails."
            )

    def _integrate(self, entries: Sequence[bytes]) -> None:
        writes: list[tuple[Tile, bytes]] = []
        number = self.size // WIDTH
        self._bundle += b"".join([_PREFIX + entry for entry in entries])
        self._rows[0] += b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
        self.size += len(entries)
        bundle = self._bundle
        while len(bundle) >= _BUNDLE_SIZE:
            writes.append((Tile(None, number), bundle[:_BUNDLE_SIZE]))
            bundle = bundle[_BUNDLE_SIZE:]
            number += 1
        if bundle:
            writes.append((Tile(None, number, len(bundle) * WIDTH // _BUNDLE_SIZE), bundle))
        self._bundle = bundle
        # Level 0 last: readers take its rightmost tile as the sign that the whole batch can be read.
        for level in reversed(self._climb()):
            writes += level
        for tile, content in writes:
            self._write(tile, content)

    def _climb(self) -> list[list[tuple[Tile, bytes]]]:
        """Move full tiles' roots up, level by level; return what each level has to write."""
        levels: list[list[tuple[Tile, bytes]]] = []
        level, changed = 0, True
        while changed:
            row, writes = self._rows[level], []
            number = (self.size >> (HEIGHT * level)) // WIDTH - len(row) // _TILE_SIZE
            changed = len(row) >= _TILE_SIZE
            if changed and level + 1 == len(self._rows):
                self._rows.append(b"")
            while len(row) >= _TILE_SIZE:
                writes.append((Tile(level, number), row[:_TILE_SIZE]))
                self._rows[level + 1] += tile_root(row[:_TILE_SIZE])
                row = row[_TILE_SIZE:]
                number += 1
            if row:
                writes.append((Tile(level, number, len(row) // HASH_SIZE), row))
            self._rows[level] = row
            levels.append(writes)
            level += 1
        return levels

    def _write(self, tile: Tile, content: bytes) -> None:
        """Write a file whole or not at all; without a sync, for the tail holds what it was made of."""
        path = f"{self._folder}/{tile.path}"
        temporary = f"{path}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            descriptor = os.open(temporary, flags, 0o644)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, flags, 0o644)
        try:
            tail.write_all(descriptor, content)
        finally:
            os.close(descriptor)
        Path(temporary).rename(path)
        self._unsettled[tile] = None

    def _settle(self) -> None:
        """Make tiles durable, drop partial ones that are full now, and begin a new tail at the last full tile.

        What the new tail still holds needs no sync: the entries and leaf hashes of the last partial tile.
        """
        full = {(tile.level, tile.number) for tile in self._unsettled if tile.width == WIDTH}
        durable = [
            tile
            for tile in self._unsettled
            if tile.width == WIDTH or (tile.level and (tile.level, tile.number) not in full)
        ]
        paths = [self._folder / tile.path for tile in durable]
        if len(paths) > _MANY:
            os.sync()  # all at once; each sync below then finds nothing left to write, and tells of a failure
        depth = len(self._folder.parts)
        folders = {parent for path in paths for parent in path.parents if len(parent.parts) >= depth}
        for path in (*paths, *folders):
            tail.sync_file(path)
        for tile in durable:
            if tile.width == WIDTH:
                _remove_partial(self._folder, tile)
        self._begin_tail()

    def _begin_tail(self) -> None:
        start = self.size - self.size % WIDTH
        kept: list[tuple[bytes, ...]] = []
        end = self.size
        for batch in reversed(self._batches):
            if end <= start:
                break
            kept.append(batch[max(0, start - (end - len(batch))) :])
            end -= len(batch)
        kept.reverse()
        descriptor = tail.replace(self._folder, start, kept)
        os.close(self._descriptor)
        self._descriptor, self._start, self._batches = descriptor, start, kept
        self._unsettled = dict.fromkeys(tile for tile in self._unsettled if not tile.level and tile.width < WIDTH)


def _refusal(error: OSError) -> StorageError:
    return StorageError(
        f"the ledger could not be written: {error.strerror}", hint="Make room on its disk, then try again."
    )


def _take_lock(folder: Path) -> int:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LogBusyError("another process appends to this ledger") from error
    return descriptor


def _rows_below(folder: Path, start: int) -> list[bytes]:
    """Return the rightmost row of each level of a tree that ends at a full tile, from the full tiles below it."""
    reader = Reader(folder)
    reader.grow(start)
    rows = [b""]
    while count := start >> (HEIGHT * len(rows)):
        level, first = len(rows) - 1, count - count % WIDTH
        rows.append(b"".join(tile_root(reader.hashes(level, number, WIDTH)) for number in range(first, count)))
    return rows


def _remove_partial(folder: Path, tile: Tile) -> None:
    """Remove the partial forms of a tile that is full."""
    partial = (folder / Tile(tile.level, tile.number, 1).path).parent
    with suppress(FileNotFoundError):
        for path in partial.iterdir():
            path.unlink()
        partial.rmdir()
