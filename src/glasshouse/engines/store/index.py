# SPDX-License-Identifier: Apache-2.0
"""Where the product's blobs lie: SHA-256 → number → facts, in memory about 80 bytes for each.

A blob is at most 256 KiB. A larger file is its chunks, blobs themselves, and one more row that lists them. Every
blob has a number, dense in the order of releases, so that manifests name blobs in four bytes.

On disk the index of one release is a pack of kind "index": block 0 is the head (JSON), then three blocks for each
run of at most 65,536 rows sorted by digest: digests, facts, and the chunk lists of large files.
"""

import json
import struct
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from glasshouse.engines.store.packs import PackReader, PackWriter

KIND = "index"
RUN_ROWS = 65_536
_DIGEST = 32
_FACTS = struct.Struct(">20sQQBHII")
_CHUNK = struct.Struct(">32sQ")
_UNSETTLED = 1 << 31  # marks a number that is not final before its run is sorted


# What else is known of a blob; plain numbers, as an IntFlag costs a microsecond at each look.
BINARY = 1
UNTERMINATED = 2  # the last line has no newline
LARGE = 4  # `block` and `offset` are the first row and the count in the run's chunk list


class Facts(NamedTuple):
    """What the index knows of a blob besides its digest."""

    git_id: bytes
    size: int
    lines: int
    flags: int
    pack: int
    block: int
    offset: int

    @property
    def newlines(self) -> int:
        """Return how many newline bytes the blob holds."""
        return self.lines - bool(self.flags & UNTERMINATED)


class Chunk(NamedTuple):
    """One 256 KiB piece of a large file: its SHA-256, and the number of the line its first byte belongs to."""

    digest: bytes
    first_line: int


@dataclass(frozen=True, slots=True)
class Run:
    """Up to 65,536 blobs of one release, sorted by digest and numbered from `base`."""

    segment: int
    base: int
    digests: bytes
    facts: bytes
    chunks: bytes
    _shift: int
    _fences: "array[int]"

    @classmethod
    def of(cls, segment: int, base: int, digests: bytes, facts: bytes, chunks: bytes) -> "Run":
        """Make a run from its columns, and fences that keep a look-up to a few rows."""
        rows = len(digests) // _DIGEST
        bits = min(16, max(1, rows.bit_length() - 3))
        counts = [0] * ((1 << bits) + 1)
        shift = 16 - bits
        for place in range(0, len(digests), _DIGEST):
            counts[((digests[place] << 8 | digests[place + 1]) >> shift) + 1] += 1
        total, fences = 0, array("I")
        for count in counts:
            total += count
            fences.append(total * _DIGEST)
        return cls(segment, base, digests, facts, chunks, shift, fences)

    def __len__(self) -> int:
        return len(self.digests) // _DIGEST

    def find(self, digest: bytes) -> int:
        """Return the row of a digest, -1 when it is not here."""
        fence = (digest[0] << 8 | digest[1]) >> self._shift
        start, end = self._fences[fence], self._fences[fence + 1]
        place = self.digests.find(digest, start, end)
        while place >= 0 and place % _DIGEST:  # the bytes of two neighbours can read like a third
            place = self.digests.find(digest, place + 1, end)
        return place // _DIGEST

    def facts_of(self, row: int) -> Facts:
        """Return the facts of a row."""
        return Facts._make(_FACTS.unpack_from(self.facts, row * _FACTS.size))

    def digest_of(self, row: int) -> bytes:
        """Return the digest of a row."""
        return self.digests[row * _DIGEST : (row + 1) * _DIGEST]

    def chunks_of(self, facts: Facts) -> tuple[Chunk, ...]:
        """Return the chunks of a large file."""
        start = facts.block * _CHUNK.size
        column = self.chunks[start : start + facts.offset * _CHUNK.size]
        return tuple(map(Chunk._make, _CHUNK.iter_unpack(column)))


class Index:
    """The runs of all releases of a product, in the order of their numbers."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._bases: list[int] = []
        self.next_number = 0

    def add(self, run: Run) -> None:
        """Add the next run."""
        if run.base != self.next_number:
            raise ValueError("runs are added in the order of their numbers")
        if len(run):
            self._runs.append(run)
            self._bases.append(run.base)
            self.next_number += len(run)

    def find(self, digest: bytes) -> int | None:
        """Return the number of a blob, None when the product does not have it."""
        for run in self._runs:
            row = run.find(digest)
            if row >= 0:
                return run.base + row
        return None

    def place(self, number: int) -> tuple[Run, int]:
        """Return the run and row of a number; raises LookupError when there is none."""
        if not 0 <= number < self.next_number:
            raise LookupError(number)
        run = self._runs[bisect_right(self._bases, number) - 1]
        return run, number - run.base

    def copy(self) -> "Index":
        """Return an index that can grow without this one; runs are shared."""
        other = Index()
        other._runs, other._bases, other.next_number = list(self._runs), list(self._bases), self.next_number
        return other


class NewBlobs:
    """The blobs that one intake adds. Their numbers are final once their run is sorted: see `final`."""

    def __init__(self, index: Index, segment: int) -> None:
        self.index = index.copy()
        self.runs: list[Run] = []
        self._segment = segment
        self._finals = array("I")
        self._open()

    def _open(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._rows: list[bytes | None] = []
        self._chunks = bytearray()

    def __len__(self) -> int:
        return len(self._finals) + len(self._rows)

    def find(self, digest: bytes) -> int | None:
        """Return the number of a blob that the product has or will have."""
        number = self._numbers.get(digest)
        return self.index.find(digest) if number is None else number

    def claim(self, digest: bytes) -> int:
        """Give a new blob its number; its facts follow."""
        number = _UNSETTLED | len(self)
        self._numbers[digest] = number
        self._rows.append(None)
        return number

    def settle(self, number: int, facts: Facts) -> None:
        """Set the facts of a claimed blob."""
        self._rows[(number ^ _UNSETTLED) - len(self._finals)] = _FACTS.pack(*facts)

    def add_chunks(self, chunks: list[Chunk]) -> int:
        """Keep the chunk list of a large file, and return its first row."""
        first = len(self._chunks) // _CHUNK.size
        self._chunks += b"".join(_CHUNK.pack(*chunk) for chunk in chunks)
        return first

    def facts(self, digest: bytes) -> Facts:
        """Return the facts of a blob of the product or of this intake."""
        number = self._numbers.get(digest)
        if number is None:
            number = self.index.find(digest)
            if number is None:
                raise LookupError("no such blob")
            run, row = self.index.place(number)
            return run.facts_of(row)
        packed = self._rows[(number ^ _UNSETTLED) - len(self._finals)]
        if packed is None:
            raise LookupError("the blob was not settled yet")
        return Facts._make(_FACTS.unpack(packed))

    @property
    def is_run_full(self) -> bool:
        """Say whether the open run should be sorted, once every blob in it was settled."""
        return len(self._rows) >= RUN_ROWS

    def sort_run(self) -> None:
        """Sort the open run; every blob in it MUST be settled."""
        digests = list(self._numbers)
        facts = [row for row in self._rows if row is not None]
        if len(facts) != len(digests):
            raise RuntimeError("a blob was claimed and never settled")
        order = sorted(range(len(digests)), key=digests.__getitem__)
        base = self.index.next_number
        finals = array("I", bytes(4 * len(order)))
        for rank, row in enumerate(order):
            finals[row] = base + rank
        run = Run.of(
            self._segment,
            base,
            b"".join([digests[row] for row in order]),
            b"".join([facts[row] for row in order]),
            bytes(self._chunks),
        )
        self._finals.extend(finals)
        self.index.add(run)
        if len(run):
            self.runs.append(run)
        self._open()

    def final(self, number: int) -> int:
        """Return the lasting number for one that `find` or `claim` gave."""
        return self._finals[number ^ _UNSETTLED] if number & _UNSETTLED else number


@dataclass(frozen=True, slots=True)
class Head:
    """What the index of one release says of itself: its place among releases, its packs, its runs."""

    segment: int
    base: int
    packs: tuple[bytes, ...]
    manifest: bytes
    rows: tuple[int, ...]


def write_index(writer: PackWriter, head: Head, runs: list[Run]) -> None:
    """Write the index of one release; the writer is finished by the caller."""
    fields = {
        "base": head.base,
        "manifest": head.manifest.hex(),
        "packs": [pack.hex() for pack in head.packs],
        "rows": list(head.rows),
        "segment": head.segment,
    }
    writer.write(json.dumps(fields).encode())
    for run in runs:
        for column in (run.digests, run.facts, run.chunks):
            writer.write(column)


def read_head(reader: PackReader) -> Head:
    """Read the head of one release's index."""
    fields = json.loads(reader.block(0))
    return Head(
        segment=fields["segment"],
        base=fields["base"],
        packs=tuple(bytes.fromhex(pack) for pack in fields["packs"]),
        manifest=bytes.fromhex(fields["manifest"]),
        rows=tuple(fields["rows"]),
    )


def read_runs(reader: PackReader, head: Head) -> list[Run]:
    """Read the runs of one release."""
    runs: list[Run] = []
    base = head.base
    for place, rows in enumerate(head.rows):
        columns = [reader.block(1 + 3 * place + column) for column in range(3)]
        if len(columns[0]) != rows * _DIGEST or len(columns[1]) != rows * _FACTS.size:
            raise reader.damaged("its columns differ in length")
        runs.append(Run.of(head.segment, base, *columns))
        base += rows
    return runs
