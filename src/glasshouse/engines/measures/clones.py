# SPDX-License-Identifier: Apache-2.0
"""Code that stands more than once: runs of lines with the same tokens, a hundred of them at least.

Lines are compared by their tokens, so spaces and comments do not tell two copies apart, and other names or line breaks
do. A list of literals counts as one token, and as none on a line of its own: tables of numbers are hardly code that
somebody copied.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MIN_TOKENS: Final = 100
_ROW: Final = np.dtype([("line", "<u4"), ("hash", "<u4"), ("tokens", "u1")])
_FULL: Final = 255
_LITERALS: Final = frozenset(b"0123456789\"'")
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
Columns = NDArray[np.int64]


class CodeLines:
    """Collects the lines of one document."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int]] = []

    def add(self, number: int, tokens: Sequence[bytes]) -> None:
        """Take a line with its tokens."""
        self._rows.append((number, zlib.crc32(b"\0".join(tokens)), min(_weight(tokens), _FULL)))

    def packed(self) -> bytes:
        """Return the lines as bytes."""
        return np.array(self._rows, _ROW).tobytes()


def _weight(tokens: Sequence[bytes]) -> int:
    """Return how many tokens a line counts as."""
    count = 0
    before = ""
    for token in tokens:
        if token[0] in _LITERALS:
            count += before != "list"
            before = "literal"
        elif token == b"," and before in {"literal", "list"}:
            before = "list"
        else:
            count += 1
            before = "other"
    return 0 if count == 1 and before != "other" else count


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Runs of lines that stand in several places, as columns ordered by `group`: all of one group are alike.

    `file` is the place of the document in what was asked about; the run is from line `first` to `last`. Runs overlap.
    """

    group: Columns
    file: Columns
    first: Columns
    last: Columns

    def among(self, visible: NDArray[np.bool_]) -> "Copies":
        """Return what is left of them where only some files are looked at: a run that stands there twice."""
        kept = visible[self.file]
        group = self.group[kept]
        if len(group):
            kept[kept] = np.bincount(group)[group] > 1
        return _apart(Copies(self.group[kept], self.file[kept], self.first[kept], self.last[kept]))

    def lines_of(self, lengths: Columns) -> Columns:
        """Return how many lines of each file stand elsewhere too; `lengths` has a place for each file."""
        room = lengths.copy()
        np.maximum.at(room, self.file, self.last)  # others may count lines differently
        starts = np.concatenate([[0], np.cumsum(room + 2)])
        marks = np.zeros(int(starts[-1]) + 1, np.int32)
        np.add.at(marks, starts[self.file] + self.first, 1)
        np.add.at(marks, starts[self.file] + self.last + 1, -1)
        inside = np.concatenate([[0], np.cumsum(np.cumsum(marks) > 0)])
        found: Columns = inside[starts[1:]] - inside[starts[:-1]]
        return found


def copies(documents: Sequence[bytes], *, least: int = MIN_TOKENS) -> Copies:
    """Return every run of lines of at least so many tokens that stands in two places which do not overlap.

    Each run is the shortest from its first line on that has so many tokens; a longer copy is many runs.
    """
    parts = [np.frombuffer(one, _ROW) for one in documents]
    rows = np.concatenate([np.zeros(0, _ROW), *parts])
    file = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    bounds = np.cumsum([0, *(len(one) for one in parts)])
    sums = np.concatenate([[0], np.cumsum(rows["tokens"], dtype=np.int64)])
    ends = np.searchsorted(sums, sums[:-1] + least)  # the row behind the last of each run
    begins = np.flatnonzero(ends <= bounds[file + 1])
    if not len(begins):
        nothing = np.zeros(0, np.int64)
        return Copies(nothing, nothing, nothing, nothing)
    ends = ends[begins]
    hashes = _hashes(rows["hash"], begins, ends)
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    again = ordered[1:] == ordered[:-1]
    is_copy = np.concatenate([[False], again]) | np.concatenate([again, [False]])
    group = np.cumsum(np.concatenate([[True], ~again]))
    chosen = order[is_copy]
    found = Copies(
        group[is_copy].astype(np.int64),
        file[begins[chosen]].astype(np.int64),
        rows["line"][begins[chosen]].astype(np.int64),
        rows["line"][ends[chosen] - 1].astype(np.int64),
    )
    return _apart(found)


def _hashes(lines: NDArray[np.uint32], begins: Columns, ends: Columns) -> NDArray[np.uint64]:
    """Return a hash of each run from the sums of a polynomial over all lines; the products wrap round."""
    powers = np.multiply.accumulate(np.concatenate([[np.uint64(1)], np.full(len(lines), _MIX)]))
    mixed = (lines.astype(np.uint64) + np.uint64(1)) * _MIX
    mixed ^= mixed >> np.uint64(29)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed * powers[:-1])])
    # A run's sum, moved to the end of all lines, so that the same lines have the same hash wherever they stand.
    found: NDArray[np.uint64] = (sums[ends] - sums[begins]) * powers[len(lines) - begins]
    return found


def _apart(found: Copies) -> Copies:
    """Leave out groups that only overlap themselves, as the lines of a long regular table do."""
    if not len(found.group):
        return found
    _, number = np.unique(found.group, return_inverse=True)
    count = int(number[-1]) + 1
    low_file, high_file = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low_file, number, found.file)
    np.maximum.at(high_file, number, found.file)
    earliest, latest = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(earliest, number, found.last)
    np.maximum.at(latest, number, found.first)
    kept = ((high_file > low_file) | (latest > earliest))[number]
    return Copies(number[kept].astype(np.int64), found.file[kept], found.first[kept], found.last[kept])
