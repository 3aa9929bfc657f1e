# SPDX-License-Identifier: Apache-2.0
"""The log: commitments in order, as tiles on a disk, and proofs about them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from glasshouse.engines.ledger import audits, merkle, tail
from glasshouse.engines.ledger.errors import AppendConflictError, DamagedError, MalformedError, OutOfRangeError
from glasshouse.engines.ledger.reader import Reader
from glasshouse.engines.ledger.tail import Tail
from glasshouse.engines.ledger.tiles import WIDTH, Tile
from glasshouse.engines.ledger.writer import Writer


class Log:
    """A Merkle log of 32-byte commitments in a folder, in the layout of c2sp.org/tlog-tiles.

    Any number of processes may read. The first `append` makes this object the one sequencer until `close`; a second
    one gets `LogBusyError`. An object is for one thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader = Reader(folder)
        self._writer: Writer | None = None
        self._seen: tuple[int, int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop being the sequencer; reading goes on."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def open_for_append(self) -> int:
        """Become the sequencer, or raise `LogBusyError`; return the size, tiles complete up to it."""
        if self._writer is None:
            self._writer = Writer(self._folder)
            self._reader.forget()
            self._reader.grow(self._writer.size)
        return self._writer.size

    def append(self, commitments: Sequence[bytes], *, at: int | None = None) -> int:
        """Append commitments durably and return the new size; on return each of them is acknowledged.

        `at` is the index the first one is to have. Entries that stand there already, because a crash came between
        the append and the caller's own note of it, are compared and not added again.
        """
        if any(len(commitment) != tail.ENTRY_SIZE for commitment in commitments):
            raise MalformedError(f"a commitment has {tail.ENTRY_SIZE} bytes")
        size = self.open_for_append()
        if at is not None and at != size:
            commitments = self._without_known(commitments, at, size)
        if not commitments or self._writer is None:
            return size
        try:
            size = self._writer.append(commitments)
        except BaseException:
            self.close()  # what the writer holds in memory may be half a batch ahead of the disk
            raise
        self._reader.grow(size)
        return size

    @property
    def size(self) -> int:
        """Return the number of entries whose tiles can be read."""
        if self._writer is not None:
            return self._writer.size
        self._refresh()
        return self._reader.size

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree at a size, by default the present one."""
        size = self._reached(size)
        return self._reader.subtree(0, size)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the entry at an index stands in the tree of a size."""
        return merkle.inclusion_proof(index, self._reached(size), self._reader.subtree)

    def consistency_proof(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """Return the proof that the tree of the new size extends the one of the old."""
        return merkle.consistency_proof(old_size, self._reached(new_size), self._reader.subtree)

    def entry(self, index: int) -> bytes:
        """Return the commitment at an index."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return an iterator over the commitments from `start` up to `stop`, which is not included."""
        stop = self._reached(stop)
        if not 0 <= start <= stop:
            raise OutOfRangeError(f"no entries from {start} to {stop}")
        return self._reader.entries(start, stop)

    def audit(self, size: int, root: bytes) -> audits.Audit:
        """Recompute the tree from its entries and compare every tile, the tail and a root that is trusted."""
        try:
            known = self.size
        except DamagedError:
            known = size  # how far the log goes is not known; the audit will name the tail
        return audits.audit(self._folder, known, size, root)

    def _reached(self, size: int | None) -> int:
        if size is None:
            return self.size
        if size > self._reader.size:
            self._refresh()
        if not 0 <= size <= self._reader.size:
            raise OutOfRangeError(f"the ledger has {self._reader.size} entries, not {size}")
        return size

    def _refresh(self) -> None:
        """Learn how far another process has come: up to its last batch, or the one before while tiles are written."""
        if self._writer is not None:
            return
        try:
            status = (self._folder / tail.NAME).stat()
        except FileNotFoundError:
            self._reader.grow(0)
            return
        seen = (status.st_ino, status.st_size, status.st_mtime_ns)
        if self._seen == seen:
            return
        held = Tail.read(self._folder)
        if held is None:
            return
        size = held.size
        if held.batches and not self._is_readable(size):
            size -= len(held.batches[-1])
            self._reader.grow(size)
            return
        self._reader.grow(size)
        self._seen = seen

    def _is_readable(self, size: int) -> bool:
        number, last = divmod(size - 1, WIDTH)
        forms = (Tile(0, number, last + 1), Tile(0, number))
        return any((self._folder / form.path).exists() for form in forms)

    def _without_known(self, commitments: Sequence[bytes], at: int, size: int) -> Sequence[bytes]:
        if not 0 <= at < size:
            raise AppendConflictError(f"the ledger has {size} entries; nothing can be added at {at}")
        known = min(size, at + len(commitments))
        for index, held in enumerate(self._reader.entries(at, known), at):
            if held != commitments[index - at]:
                raise AppendConflictError(f"the ledger holds another entry at {index}")
        return commitments[known - at :]
