# SPDX-License-Identifier: Apache-2.0
"""Segments in memory, and as much of their documents' plain text as a budget allows.

Text lies in anonymous memory, never in a file, and is left out of core dumps. Neighbours in a segment are neighbours in
its arena, so that one call of the matcher runs through many small documents. What is not held is read when needed.
"""

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.building import closed
from glasshouse.engines.codeindex.search.errors import SegmentDamagedError
from glasshouse.engines.codeindex.search.segments import Segment

COLD: Final = -1

Integers = npt.NDArray[np.int64]


class Arena:
    """Anonymous memory for text; it is given back with the last use of it."""

    __slots__ = ("size", "view")

    def __init__(self, size: int) -> None:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_DONTDUMP)
        memory.madvise(mmap.MADV_HUGEPAGE)
        self.size = size
        self.view = memoryview(memory)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Loaded:
    """A segment that can be searched; its columns by chunk where nothing else is said."""

    segment: Segment
    numbers: Integers  # of each document in the corpus; negative where another segment serves it
    documents: Integers
    first_lines: Integers  # of the chunk's lines, in its document, from 1
    arenas: tuple[Arena, ...]
    held_in: Integers  # an arena, or COLD
    places: Integers  # in the arena; in the document where that is cold
    ends: Integers


Homes = Mapping[int, tuple[Arena, int]]  # by number: where a document's text lies already


def load(segment: Segment, numbers: Integers, read: Callable[[bytes], bytes], *, room: int, homes: Homes) -> Loaded:
    """Load a segment: text that has a home stays there, at most `room` bytes more are read, the rest stays cold."""
    lengths = segment.lengths.astype(np.int64)
    documents = np.repeat(np.arange(len(segment)), segment.chunk_counts)
    ends_of = np.cumsum(segment.chunk_counts.astype(np.int64))
    sizes = _sums(lengths, ends_of, segment.chunk_counts)
    arenas: dict[Arena, int] = {}
    held_in = np.full(len(segment), COLD, dtype=np.int64)
    begins = np.zeros(len(segment), dtype=np.int64)
    fresh: list[int] = []
    for document, (number, size) in enumerate(zip(numbers.tolist(), sizes.tolist(), strict=True)):
        if number in homes:
            arena, begins[document] = homes[number]
            held_in[document] = arenas.setdefault(arena, len(arenas))
        elif number >= 0 and 0 < size <= room:
            room -= size
            fresh.append(document)
    if fresh:
        arena = _read(segment, read, fresh, sizes[fresh])
        held_in[fresh] = arenas.setdefault(arena, len(arenas))
        begins[fresh] = np.cumsum(sizes[fresh]) - sizes[fresh]
    places = _before(lengths, ends_of, segment.chunk_counts) + begins[documents]
    return Loaded(
        segment,
        numbers,
        documents,
        _before(segment.lines.astype(np.int64), ends_of, segment.chunk_counts) + 1,
        tuple(arenas),
        held_in[documents],
        places,
        places + lengths,
    )


def text_of(segment: Segment, document: int, read: Callable[[bytes], bytes]) -> bytes:
    """Read one document as it was indexed; raises SegmentDamagedError when the index tells another size of it."""
    content = read(segment.digest(document))
    if len(content) != segment.sizes[document]:
        raise SegmentDamagedError("The search index and a document differ in size.", hint="The index is built again.")
    return closed(content)


def _read(segment: Segment, read: Callable[[bytes], bytes], documents: list[int], sizes: Integers) -> Arena:
    arena = Arena(int(sizes.sum()))
    at = 0
    for document, size in zip(documents, sizes.tolist(), strict=True):
        text = text_of(segment, document, read)
        if len(text) != size:
            raise SegmentDamagedError("The chunks of a document are not all of it.", hint="The index is built again.")
        arena.view[at : at + size] = text
        at += size
    return arena


def _sums(values: Integers, ends: Integers, counts: npt.NDArray[np.uint32]) -> Integers:
    """Sum the chunks' values for each document."""
    totals = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])
    return np.asarray(totals[ends] - totals[ends - counts], dtype=np.int64)


def _before(values: Integers, ends: Integers, counts: npt.NDArray[np.uint32]) -> Integers:
    """Sum, for each chunk, the values of the chunks before it in its document."""
    totals = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])
    return np.asarray(totals[:-1] - np.repeat(totals[ends - counts], counts), dtype=np.int64)
