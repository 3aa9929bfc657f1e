# SPDX-License-Identifier: Apache-2.0
"""Reading a table: an outline by its document, definitions by name within a scope.

A table keeps its head in memory and opens one block for a name, one for an outline. Blocks come from a store that
checks them; what is inconsistent all the same raises TableDamagedError and nothing else.
"""

import json
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.symbols.building import DOCUMENT, GAPS, NAMES, VERSION, folded
from glasshouse.engines.codeindex.symbols.errors import TableDamagedError
from glasshouse.engines.codeindex.symbols.values import Columns, Family, Gap, Key, Outline, family_of
from glasshouse.kernel.errors import InvalidError

Mask = npt.NDArray[np.bool_]
"""For each document of one table, whether a question may be answered from it."""
_DIGEST: Final = 32
_CACHED: Final = 64
_BAD: Final = (ValueError, KeyError, TypeError, IndexError, struct.error, AttributeError)
MAX_ASKED: Final = 256


class How(StrEnum):
    """How a name is compared."""

    EXACT = "exact"
    ANY_CASE = "any-case"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question for definitions: a name, or how it begins; of all families, or of some. A prefix minds no case."""

    name: str
    how: How = How.EXACT
    families: frozenset[Family] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what names nothing."""
        if not 0 < len(self.name) <= MAX_ASKED or "\n" in self.name or "\0" in self.name:
            raise InvalidError(f"A name has 1 to {MAX_ASKED} characters on one line.")

    def bounds(self) -> tuple[str, str]:
        """Return the first sorted form that may answer, and the first behind it that may not."""
        match self.how:
            case How.EXACT:
                return folded(self.name), folded(self.name) + "\0"
            case How.ANY_CASE:
                return f"{self.name.lower()}\0", f"{self.name.lower()}\1"
        return self.name.lower(), self.name.lower() + "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a name is defined or declared: a document's digest and lines, `end` 0 where it is not known."""

    name: str
    kind: str
    language: str
    digest: bytes
    line: int
    end: int

    @property
    def family(self) -> Family:
        """Return the family of the kind."""
        return family_of(self.kind, self.language)


@dataclass(frozen=True, slots=True)
class _Names:
    keys: list[str]
    names: list[str]
    starts: list[int]
    documents: npt.NDArray[np.uint32]
    lines: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class _Head:
    digests: list[bytes]
    forms: list[str]
    gaps: bytes
    places: npt.NDArray[np.uint32]
    kinds: list[tuple[str, str]]
    firsts: list[str]
    document_blocks: int
    symbols: int
    numbers: dict[tuple[bytes, str], int] = field(repr=False)


class Table:
    """One table; `read` returns a block by number, and `blocks` is how many there are. Safe between threads."""

    def __init__(self, read: Callable[[int], bytes], blocks: int) -> None:
        self._read = read
        try:
            self._head = _parse_head(read(blocks - 1), blocks)
        except _BAD as error:
            raise TableDamagedError("The head of a table of symbols is not what was written.") from error
        self._families = np.array([_family_place(kind, language) for kind, language in self._head.kinds], np.uint8)
        self._names = lru_cache(maxsize=_CACHED)(self._parse_names)

    @property
    def documents(self) -> int:
        """Return how many documents the table has."""
        return len(self._head.digests)

    @property
    def symbols(self) -> int:
        """Return how many symbols the table has."""
        return self._head.symbols

    @property
    def digests(self) -> Sequence[bytes]:
        """Return the digests of the documents, in their order; one of two forms is there twice."""
        return self._head.digests

    def document_keys(self) -> Iterator[Key]:
        """Yield what every document is known by."""
        return map(Key, self._head.digests, self._head.forms)

    def counts(self) -> Iterator[tuple[Key, int]]:
        """Yield how many symbols each document has."""
        return zip(self.document_keys(), self._head.places[:, 3].tolist(), strict=True)

    def gaps(self) -> Iterator[tuple[Key, Gap]]:
        """Yield the documents whose symbols are missing, or not all here."""
        for key, place in zip(self.document_keys(), self._head.gaps, strict=True):
            if gap := GAPS[place]:
                yield key, gap

    def mask(self, scope: Collection[bytes]) -> Mask:
        """Return which documents lie in a scope, a set of digests."""
        return np.fromiter((digest in scope for digest in self._head.digests), np.bool_, len(self._head.digests))

    def outline(self, key: Key) -> Outline | None:
        """Return a document's outline, None when the table does not have the document."""
        number = self._head.numbers.get((key.digest, key.form))
        return None if number is None else self._outline(number)

    def outlines(self) -> Iterator[tuple[Key, Outline]]:
        """Yield every document, to be put into another table."""
        for number, key in enumerate(self.document_keys()):
            yield key, self._outline(number)

    def check(self, block: int) -> None:
        """Read a block, which the caller's store checks; a block of names is parsed as well."""
        if block >= self._head.document_blocks:
            self._parse_names(block - self._head.document_blocks)
        else:
            self._read(block)

    def find(self, wanted: Wanted, mask: Mask) -> Iterator[Found]:
        """Yield what answers, in the order of names, from documents of the mask only."""
        low, high = wanted.bounds()
        firsts = self._head.firsts
        block = max(0, bisect_right(firsts, low) - 1)
        families = self._wanted_families(wanted)
        while block < len(firsts) and firsts[block] < high:
            yield from self._in_block(self._names(block), low, high, mask, families)
            block += 1

    def _wanted_families(self, wanted: Wanted) -> Mask | None:
        if not wanted.families:
            return None
        places = [place for place, family in enumerate(Family) if family in wanted.families]
        chosen: Mask = np.isin(self._families, places)
        return chosen

    def _in_block(self, block: _Names, low: str, high: str, mask: Mask, families: Mask | None) -> Iterator[Found]:
        first, stop = bisect_left(block.keys, low), bisect_left(block.keys, high)
        if first == stop:
            return
        starts = block.starts
        begin = starts[first]
        rows = slice(begin, starts[stop])
        # The scope comes before everything that could be counted or shown.
        chosen = mask[block.documents[rows]]
        if families is not None:
            chosen &= families[block.kinds[rows]]
        for row in (np.flatnonzero(chosen) + begin).tolist():
            name = bisect_right(starts, row) - 1
            kind, language = self._head.kinds[int(block.kinds[row])]
            digest = self._head.digests[int(block.documents[row])]
            yield Found(block.names[name], kind, language, digest, int(block.lines[row]), int(block.ends[row]))

    def _outline(self, number: int) -> Outline:
        block, offset, length, symbols = (int(value) for value in self._head.places[number])
        gap = GAPS[self._head.gaps[number]]
        if not symbols:
            return Outline(gap=gap)
        try:
            return Outline(self._columns(self._read(block)[offset : offset + length], symbols), gap)
        except _BAD as error:
            raise TableDamagedError("A block of outlines is not what was written.") from error

    def _columns(self, encoded: bytes, symbols: int) -> Columns:
        told, *lengths = DOCUMENT.unpack_from(encoded)
        take = _Taker(encoded, DOCUMENT.size)
        lines, ends = take.numbers(np.uint32, symbols), take.numbers(np.uint32, symbols)
        kinds = [self._head.kinds[kind] for kind in take.numbers(np.uint16, symbols).tolist()]
        names, scopes, signatures = (take.texts(length, symbols) for length in lengths)
        if told != symbols or not take.is_done:
            raise ValueError("a document's counts differ")
        return Columns(
            names,
            [kind for kind, _ in kinds],
            array("I", lines.tolist()),
            array("I", ends.tolist()),
            scopes,
            signatures,
            [language for _, language in kinds],
        )

    def _parse_names(self, number: int) -> _Names:
        try:
            return self._checked_names(self._read(self._head.document_blocks + number))
        except _BAD as error:
            raise TableDamagedError("A block of names is not what was written.") from error

    def _checked_names(self, encoded: bytes) -> _Names:
        count, rows, length = NAMES.unpack_from(encoded)
        take = _Taker(encoded, NAMES.size)
        starts = take.numbers(np.uint32, count + 1)
        documents, lines, ends = (take.numbers(np.uint32, rows) for _ in range(3))
        kinds = take.numbers(np.uint16, rows)
        names = take.texts(length, count)
        if not take.is_done or starts[0] or starts[-1] != rows or (np.diff(starts.astype(np.int64)) < 0).any():
            raise ValueError("the rows of a name differ")
        if rows and (documents.max() >= self.documents or kinds.max() >= len(self._head.kinds)):
            raise ValueError("a row names a document that is not here")
        return _Names([folded(name) for name in names], names, starts.tolist(), documents, lines, ends, kinds)


class _Taker:
    """Takes values off a block, and raises ValueError where it is too short."""

    def __init__(self, encoded: bytes, start: int) -> None:
        self._encoded = encoded
        self._at = start

    @property
    def is_done(self) -> bool:
        return self._at == len(self._encoded)

    def numbers(self, kind: Any, count: int) -> npt.NDArray[Any]:  # noqa: ANN401 -- numpy's own name for a dtype
        taken = np.frombuffer(self._encoded, kind, count, self._at)
        self._at += taken.nbytes
        return taken

    def texts(self, length: int, count: int) -> list[str]:
        texts = self.raw(length).decode().split("\n")
        if len(texts) != count:
            raise ValueError("a column has another length")
        return texts

    def raw(self, length: int) -> bytes:
        if length > len(self._encoded) - self._at:
            raise ValueError("a block was cut")
        self._at += length
        return self._encoded[self._at - length : self._at]


def _family_place(kind: str, language: str) -> int:
    return list(Family).index(family_of(kind, language))


def _parse_head(encoded: bytes, blocks: int) -> _Head:
    take = _Taker(encoded, 0)
    told = json.loads(take.raw(int.from_bytes(take.raw(4), "little")))
    if told["version"] != VERSION or told["document_blocks"] + told["name_blocks"] + 1 != blocks:
        raise ValueError("another form")
    count = told["documents"]
    raw = take.raw(_DIGEST * count)
    digests = [raw[start : start + _DIGEST] for start in range(0, len(raw), _DIGEST)]
    forms = [told["forms"][place] for place in take.numbers(np.uint16, count).tolist()]
    gaps = take.raw(count)
    places = take.numbers(np.uint32, 4 * count).reshape(count, 4)
    firsts = [folded(name) for name in told["firsts"]]
    if not take.is_done or len(firsts) != told["name_blocks"] or max(gaps, default=0) >= len(GAPS):
        raise ValueError("a head's counts differ")
    numbers = {key: number for number, key in enumerate(zip(digests, forms, strict=True))}
    kinds = [(str(kind), str(language)) for kind, language in told["kinds"]]
    return _Head(digests, forms, gaps, places, kinds, firsts, told["document_blocks"], told["symbols"], numbers)
