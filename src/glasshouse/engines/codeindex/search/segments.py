# SPDX-License-Identifier: Apache-2.0
r"""Segments: an immutable index of some documents, in columns.

At rest a segment is a head and the columns, cut into parts that the caller seals:

    head    = "GHSEGM1\n" documents(4) chunks(4) trigrams(4) words(8) SHA-256 of the columns (32)
    columns = digests (32 each), sizes (u64), chunks of each document (u32)
              length of each chunk (u32), lines of each chunk (u32)
              trigrams (u32, each less the one before), chunks that hold each (u16, less 1), postings (u16)

All numbers are little-endian. A document of n bytes without a newline at its end is counted with one: its chunks are
n + 1 bytes long.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.errors import SegmentDamagedError
from glasshouse.engines.codeindex.search.postings import MAX_CHUNKS, Postings

DIGEST_BYTES: Final = 32
_MAGIC: Final = b"GHSEGM1\n"
_HEAD: Final = struct.Struct("<8sIIIQ32s")
_PART: Final = 8 * 2**20


class Document(NamedTuple):
    """The content of one file, and its SHA-256."""

    digest: bytes
    content: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The index of some documents, each once; `build` and `merge` make it, `parse` reads it."""

    digests: bytes
    sizes: npt.NDArray[np.uint64]  # bytes of each document
    chunk_counts: npt.NDArray[np.uint32]  # chunks of each document
    lengths: npt.NDArray[np.uint32]  # bytes of each chunk, the newline that closes it included
    lines: npt.NDArray[np.uint32]  # lines of each chunk
    postings: Postings

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.sizes)

    def digest(self, document: int) -> bytes:
        """Return the digest of the n-th document."""
        return self.digests[document * DIGEST_BYTES : (document + 1) * DIGEST_BYTES]

    def parts(self) -> list[bytes]:
        """Return what to write, in this order, each part at most 8 MiB; not sealed."""
        trigrams = np.diff(self.postings.trigrams, prepend=np.uint32(0))
        columns = b"".join(
            (
                self.digests,
                self.sizes.astype("<u8").tobytes(),
                self.chunk_counts.astype("<u4").tobytes(),
                self.lengths.astype("<u4").tobytes(),
                self.lines.astype("<u4").tobytes(),
                trigrams.astype("<u4").tobytes(),
                (self.postings.counts - 1).astype("<u2").tobytes(),
                self.postings.words.astype("<u2").tobytes(),
            )
        )
        head = _HEAD.pack(
            _MAGIC,
            len(self),
            len(self.lengths),
            len(trigrams),
            len(self.postings.words),
            hashlib.sha256(columns).digest(),
        )
        return [head, *(columns[at : at + _PART] for at in range(0, len(columns), _PART))]

    @classmethod
    def parse(cls, parts: Sequence[bytes]) -> Self:
        """Read what `parts` returned; raises SegmentDamagedError when one byte of it is another."""
        try:
            return cls._parse(parts[0], b"".join(parts[1:]))
        except (IndexError, ValueError, struct.error) as error:
            raise SegmentDamagedError("A segment of the search index is damaged.", hint="It is built again.") from error

    @classmethod
    def _parse(cls, head: bytes, columns: bytes) -> Self:
        magic, documents, chunks, trigrams, words, digest = _HEAD.unpack(head)
        if magic != _MAGIC or chunks > MAX_CHUNKS or hashlib.sha256(columns).digest() != digest:
            raise ValueError("not what was written")
        counts = (documents * DIGEST_BYTES, documents, documents, chunks, chunks, trigrams, trigrams, words)
        kinds = (np.uint8, np.uint64, np.uint32, np.uint32, np.uint32, np.uint32, np.uint16, np.uint16)
        if len(columns) != sum(n * np.dtype(kind).itemsize for n, kind in zip(counts, kinds, strict=True)):
            raise ValueError("its columns are of other lengths than its head says")
        found: list[npt.NDArray[np.unsignedinteger]] = []
        at = 0
        for n, kind in zip(counts, kinds, strict=True):
            found.append(
                np.frombuffer(columns, dtype=np.dtype(kind).newbyteorder("<"), count=n, offset=at).astype(kind)
            )
            at += found[-1].nbytes
        if int(found[2].sum()) != chunks:
            raise ValueError("its documents have other chunks than there are")
        return cls(
            columns[: counts[0]],
            found[1].astype(np.uint64, copy=False),
            found[2].astype(np.uint32, copy=False),
            found[3].astype(np.uint32, copy=False),
            found[4].astype(np.uint32, copy=False),
            Postings.of(
                chunks,
                np.cumsum(found[5], dtype=np.uint32),
                found[6].astype(np.int64) + 1,
                found[7].astype(np.uint16, copy=False),
            ),
        )
