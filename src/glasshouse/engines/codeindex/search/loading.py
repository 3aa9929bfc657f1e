# SPDX-License-Identifier: Apache-2.0
"""Segments in memory, and as much of their documents' plain text as a budget allows.

Text lies in anonymous memory, never in a file, and is left out of core dumps. Neighbours in a segment are neighbours in
its arena, so that one call of the matcher runs through many small documents. What is not held, or not yet, is read when
needed.
"""

import mmap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, NamedTuple
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.building import closed
from glasshouse.engines.codeindex.search.errors import SegmentDamagedError
from glasshouse.engines.codeindex.search.segments import Segment
from glasshouse.kernel.errors import GlasshouseError

COLD: Final = -1
_BATCH: Final = 16 * 2**20  # bytes that are read before they are told as there

Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


class Arena:
    """Anonymous memory for text; it is given back with the last use of it."""

    __slots__ = ("__weakref__", "size", "view")

    def __init__(self, size: int) -> None:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_DONTDUMP)
        memory.madvise(mmap.MADV_HUGEPAGE)
        self.size = size
        self.view = memoryview(memory)


class Budget:
    """How many bytes of plain text some corpora may hold together; what one gives back, another may take."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: WeakSet[Arena] = WeakSet()
        self.placing = Lock()  # held by who asks what is left and takes of it

    @property
    def left(self) -> int:
        """How many bytes may still be taken."""
        return self._size - sum(arena.size for arena in self._taken)

    def take(self, size: int) -> Arena:
        """Return memory of what is left."""
        arena = Arena(size)
        self._taken.add(arena)
        return arena


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """Where the text of each document of a segment lies, or will."""

    sizes: Integers
    arenas: tuple[Arena, ...]
    homes: Integers  # an arena, or COLD
    begins: Integers  # in the arena


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Loaded:
    """A segment that can be searched; its columns by chunk where nothing else is said."""

    segment: Segment
    numbers: Integers  # of each document in the corpus; negative where another segment serves it
    documents: Integers
    first_lines: Integers  # of the chunk's lines, in its document, from 1
    within: Integers  # where it begins in its document
    rooms: Rooms
    is_there: Marks  # of each document: whether its text lies in its room
    arenas: tuple[Arena, ...]
    held_in: Integers  # an arena, or COLD
    places: Integers  # in the arena; in the document where that is cold
    ends: Integers

    @property
    def awaited(self) -> Integers:
        """Return the documents that have a room and are not there yet."""
        return np.flatnonzero((self.rooms.homes != COLD) & ~self.is_there & (self.numbers >= 0))


Homes = Mapping[int, tuple[Arena, int]]  # by number: where a document's text lies already


class Batch(NamedTuple):
    """Documents of a segment that are read together."""

    loaded: Loaded
    documents: list[int]


def placed(segment: Segment, numbers: Integers, *, budget: Budget, homes: Homes) -> Loaded:
    """Make a segment searchable: text that has a home stays there, and more gets one within the budget, unread.

    Until `filled` has read it, what has a new home is read when needed, like the rest.
    """
    with budget.placing:
        return _placed(segment, numbers, budget, homes)


def _placed(segment: Segment, numbers: Integers, budget: Budget, homes: Homes) -> Loaded:
    room = budget.left
    lengths = segment.lengths.astype(np.int64)
    ends_of = np.cumsum(segment.chunk_counts.astype(np.int64))
    sizes = _sums(lengths, ends_of, segment.chunk_counts)
    arenas: dict[Arena, int] = {}
    home_of = np.full(len(segment), COLD, dtype=np.int64)
    begins = np.zeros(len(segment), dtype=np.int64)
    is_there = np.zeros(len(segment), dtype=np.bool_)
    fresh: list[int] = []
    for document, (number, size) in enumerate(zip(numbers.tolist(), sizes.tolist(), strict=True)):
        if number in homes:
            arena, begins[document] = homes[number]
            home_of[document] = arenas.setdefault(arena, len(arenas))
            is_there[document] = True
        elif number >= 0 and 0 < size <= room:
            room -= size
            fresh.append(document)
    if fresh:
        arena = budget.take(int(sizes[fresh].sum()))
        home_of[fresh] = arenas.setdefault(arena, len(arenas))
        begins[fresh] = np.cumsum(sizes[fresh]) - sizes[fresh]
    documents = np.repeat(np.arange(len(segment)), segment.chunk_counts)
    within = _before(lengths, ends_of, segment.chunk_counts)
    made = Loaded(
        segment=segment,
        numbers=numbers,
        documents=documents,
        first_lines=_before(segment.lines.astype(np.int64), ends_of, segment.chunk_counts) + 1,
        within=within,
        rooms=Rooms(sizes, tuple(arenas), home_of, begins),
        is_there=is_there,
        arenas=tuple(arenas),
        held_in=documents,
        places=within,
        ends=within,
    )
    return told(made, [], [])


def told(loaded: Loaded, there: list[int], lost: list[int]) -> Loaded:
    """Return a segment that knows that the text of some documents is there now, and that others cannot be read."""
    numbers, is_there, rooms = loaded.numbers.copy(), loaded.is_there.copy(), loaded.rooms
    numbers[lost] = -1
    is_there[there] = True
    places = loaded.within + np.where(is_there, rooms.begins, 0)[loaded.documents]
    return replace(
        loaded,
        numbers=numbers,
        is_there=is_there,
        held_in=np.where(is_there, rooms.homes, COLD)[loaded.documents],
        places=places,
        ends=places + loaded.segment.lengths,
    )


def batches(loaded: Loaded) -> Iterator[Batch]:
    """Divide what is awaited, so that several threads can read it."""
    batch: list[int] = []
    size = 0
    awaited = loaded.awaited
    for document, more in zip(awaited.tolist(), loaded.rooms.sizes[awaited].tolist(), strict=True):
        batch.append(document)
        size += more
        if size >= _BATCH:
            yield Batch(loaded, batch)
            batch, size = [], 0
    if batch:
        yield Batch(loaded, batch)


def filled(batch: Batch, read: Callable[[bytes], bytes]) -> tuple[list[int], list[int]]:
    """Read a batch into its room; return the documents that are there now, and those that cannot be read."""
    loaded, rooms = batch.loaded, batch.loaded.rooms
    there, lost = [], []
    for document in batch.documents:
        try:
            text = text_of(loaded.segment, document, read)
            if len(text) != rooms.sizes[document]:
                raise SegmentDamagedError("The chunks of a document are not all of it.")
        except GlasshouseError:
            lost.append(document)
            continue
        begin = int(rooms.begins[document])
        target = np.frombuffer(rooms.arenas[rooms.homes[document]].view, np.uint8, len(text), begin)
        # Not by a slice of the view: the first touch of fresh memory takes long, and others work meanwhile.
        np.copyto(target, np.frombuffer(text, np.uint8))
        there.append(document)
    return there, lost


def text_of(segment: Segment, document: int, read: Callable[[bytes], bytes]) -> bytes:
    """Read one document as it was indexed; raises SegmentDamagedError when the index tells another size of it."""
    content = read(segment.digest(document))
    if len(content) != segment.sizes[document]:
        raise SegmentDamagedError("The search index and a document differ in size.", hint="The index is built again.")
    return closed(content)


def _sums(values: Integers, ends: Integers, counts: npt.NDArray[np.uint32]) -> Integers:
    """Sum the chunks' values for each document."""
    totals = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])
    return np.asarray(totals[ends] - totals[ends - counts], dtype=np.int64)


def _before(values: Integers, ends: Integers, counts: npt.NDArray[np.uint32]) -> Integers:
    """Sum, for each chunk, the values of the chunks before it in its document."""
    totals = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])
    return np.asarray(totals[:-1] - np.repeat(totals[ends - counts], counts), dtype=np.int64)
