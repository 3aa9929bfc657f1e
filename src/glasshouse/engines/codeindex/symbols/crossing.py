# SPDX-License-Identifier: Apache-2.0
r"""Compiler-exact references at rest: which places mean the same symbol, as an imported index tells.

    crossing = documents* symbols* head     each a block of its own; the caller seals them in this order
    document = lines starts ends symbols    of its mentions, in the order of lines
    symbols  = symbols, the first place of each; of places documents lines starts ends lasts roles; families, names
    head     = what every document is and where it lies, and the first symbol of each block of symbols

All numbers are little-endian. No text of the index rests here: a symbol is a number, a name is what stands in the
release. Every question takes the scope it is answered from: a place outside of it is not there, and is not counted.
"""

import json
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.symbols.errors import TableDamagedError
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

Scope = Callable[[TreePath], bool]
"""Says whether a question may be answered from a path."""
VERSION: Final = 1
_NEAR: Final = 64  # mentions that one byte can lie in; an index that nests more is not read further
LOCAL: Final = 2**31  # numbers from here on mean something in their document only
DEFINITION, DECLARATION, WRITE, IMPORT = 1, 2, 4, 8
FAMILIES: Final = tuple(Family)
HEAD: Final = struct.Struct("<I")
SYMBOLS: Final = struct.Struct("<3I")
_CACHED: Final = 16
_BAD: Final = (ValueError, KeyError, TypeError, IndexError, struct.error, AttributeError, InvalidError)
Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A symbol's name where it stands in a document: its line from one, and the bytes of the line that spell it."""

    path: TreePath
    line: int
    start: int
    end: int
    symbol: int

    @property
    def is_local(self) -> bool:
        """Say whether the symbol means something in its document only."""
        return self.symbol >= LOCAL


@dataclass(frozen=True, slots=True)
class Place:
    """A place that means a symbol. `last` is the last line of what a definition stands for, 0 where nobody knows.

    `name` is empty where the place neither defines nor declares.
    """

    path: TreePath
    line: int
    start: int
    end: int
    last: int
    family: Family
    roles: int
    name: str = field(default="", repr=False)

    @property
    def is_definition(self) -> bool:
        """Say whether the symbol is defined here."""
        return bool(self.roles & DEFINITION)

    @property
    def is_declaration(self) -> bool:
        """Say whether the symbol is declared here, and not defined."""
        return not self.is_definition and bool(self.roles & DECLARATION)

    @property
    def is_write(self) -> bool:
        """Say whether the symbol gets another value here."""
        return bool(self.roles & WRITE)


@dataclass(frozen=True, slots=True)
class Lines:
    """The places on some lines, in their order; `lines` and `files` count all that are within the scope."""

    places: list[Place]
    lines: int
    files: int


@dataclass(frozen=True, slots=True)
class _Symbols:
    keys: npt.NDArray[np.uint64]
    starts: list[int]
    columns: tuple[Numbers, ...]
    roles: npt.NDArray[np.uint8]
    families: bytes
    names: list[str]


class Crossing:
    """The mentions of one release; `read` returns a block by number, of which there are `blocks`. Safe between threads.

    What is inconsistent raises TableDamagedError and nothing else.
    """

    def __init__(self, read: Callable[[int], bytes], blocks: int) -> None:
        self._read = read
        try:
            self._open(read(blocks - 1), blocks)
        except _BAD as error:
            raise TableDamagedError("The head of an index of references is not what was written.") from error
        self._symbols = lru_cache(maxsize=_CACHED)(self._parse_symbols)

    def _open(self, head: bytes, blocks: int) -> None:
        (length,) = HEAD.unpack_from(head)
        told = json.loads(head[HEAD.size : HEAD.size + length])
        self._of_documents: int = told["document_blocks"]
        self._firsts: list[int] = told["firsts"]
        self.mentions: int = told["mentions"]
        count = told["documents"]
        at = HEAD.size + length
        self._places = np.frombuffer(head, np.uint32, 3 * count, at).reshape(count, 3)
        self._paths = head[at + 12 * count :].split(b"\0") if count else []
        if told["version"] != VERSION or self._of_documents + len(self._firsts) + 1 != blocks:
            raise ValueError("another form")
        if len(self._paths) != count:
            raise ValueError("a head's counts differ")
        self._numbers = {path: number for number, path in enumerate(self._paths)}

    @property
    def documents(self) -> int:
        """Return how many documents are told of."""
        return len(self._paths)

    def at(self, path: TreePath, line: int, column: int, scope: Scope) -> Spelled | None:
        """Return what stands at a byte of a line, the narrowest where several do; None where nothing is known."""
        number = self._numbers.get(path.raw)
        if number is None or not scope(path):
            return None
        try:
            lines, starts, ends, symbols = self._mentions(number)
        except _BAD as error:
            raise TableDamagedError("A block of mentions is not what was written.") from error
        low, high = np.searchsorted(lines, line, "left"), np.searchsorted(lines, line, "right")
        stop = int(low + np.searchsorted(starts[low:high], column, "right"))
        best: Spelled | None = None
        for row in range(max(int(low), stop - _NEAR), stop):
            one = Spelled(path, line, int(starts[row]), int(ends[row]), int(symbols[row]))
            if column < one.end and (best is None or one.end - one.start < best.end - best.start):
                best = one
        return best

    def definitions(self, spelled: Spelled, scope: Scope) -> list[Place]:
        """Return where a symbol is defined, else where it is declared."""
        return list(self._places_of(spelled, scope, DEFINITION)) or list(self._places_of(spelled, scope, DECLARATION))

    def places(self, spelled: Spelled, scope: Scope) -> Iterator[Place]:
        """Yield every place of a symbol within the scope; a local one stays in its document."""
        return self._places_of(spelled, scope, 0)

    def lines(self, spelled: Spelled, scope: Scope, *, first: int, count: int) -> Lines:
        """Return some of the lines within the scope that mean a symbol, the likeliest to be wanted first.

        Definitions come before declarations before uses, then the same file before its folder before the rest.
        """
        block, at = self._symbol(spelled)
        rows = self._covered(block, at, scope)
        documents, line = block.columns[0][rows], block.columns[1][rows].astype(np.uint64)
        roles = block.roles[rows]
        rank, folders = self._order
        here = self._numbers[spelled.path.raw]
        far = np.where(documents == here, 0, np.where(folders[documents] == folders[here], 1, 2))
        kind = np.where(roles & DEFINITION, 0, np.where(roles & DECLARATION, 1, 2))
        order = np.lexsort((block.columns[2][rows], line, rank[documents], far, kind))
        keys = (documents.astype(np.uint64) << np.uint64(32) | line)[order]
        different, begins = np.unique(keys, return_index=True)
        chosen = keys[np.sort(begins)[first : first + count]]
        wanted = np.flatnonzero(np.isin(keys, chosen))
        return Lines(
            [self._place(block, at, int(rows[order[row]])) for row in wanted],
            len(different),
            len(np.unique(documents)),
        )

    @cached_property
    def _order(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return each document's place in the order of paths, and a number of its folder."""
        rank = np.empty(len(self._paths), np.int64)
        rank[sorted(range(len(self._paths)), key=self._paths.__getitem__)] = np.arange(len(self._paths))
        numbers: dict[bytes, int] = {}
        folders = [numbers.setdefault(path.rpartition(b"/")[0], len(numbers)) for path in self._paths]
        return rank, np.array(folders, np.int64)

    def _places_of(self, spelled: Spelled, scope: Scope, roles: int) -> Iterator[Place]:
        """Yield the places that have one of these roles, all of them where none is named."""
        block, at = self._symbol(spelled)
        for row in self._covered(block, at, scope, roles).tolist():
            yield self._place(block, at, row)

    def _symbol(self, spelled: Spelled) -> tuple[_Symbols, int]:
        """Return the block that holds a symbol, and its number there."""
        key = spelled.symbol
        if spelled.is_local:
            key |= (self._numbers[spelled.path.raw] + 1) << 32
        block = self._symbols(bisect_right(self._firsts, key) - 1)
        at = int(np.searchsorted(block.keys, key))
        if at >= len(block.keys) or int(block.keys[at]) != key:
            raise TableDamagedError("An index of references does not know its own symbol.")
        return block, at

    def _covered(self, block: _Symbols, at: int, scope: Scope, roles: int = 0) -> npt.NDArray[np.int64]:
        """Return a symbol's rows within the scope, which is asked once for each document."""
        first, stop = block.starts[at], block.starts[at + 1]
        rows = np.arange(first, stop)
        if roles:
            rows = rows[(block.roles[first:stop] & roles) != 0]
        documents = block.columns[0][rows]
        different, inverse = np.unique(documents, return_inverse=True)
        covered = np.array([scope(TreePath(self._paths[one])) for one in different.tolist()], np.bool_)
        return rows[covered[inverse]]

    def _place(self, block: _Symbols, at: int, row: int) -> Place:
        document, line, start, end, last = (int(column[row]) for column in block.columns)
        family = FAMILIES[block.families[at]]
        path = TreePath(self._paths[document])
        return Place(path, line, start, end, last, family, int(block.roles[row]), block.names[row])

    def check(self) -> None:
        """Read every block; raises as a question does where one is not what was written."""
        for number in range(self.documents):
            try:
                self._mentions(number)
            except _BAD as error:
                raise TableDamagedError("A block of mentions is not what was written.") from error
        for number in range(len(self._firsts)):
            self._parse_symbols(number)

    def _mentions(self, number: int) -> npt.NDArray[np.uint32]:
        block, offset, count = (int(value) for value in self._places[number])
        return np.frombuffer(self._read(block), np.uint32, 4 * count, offset).reshape(4, count)

    def _parse_symbols(self, number: int) -> _Symbols:
        try:
            return self._checked(self._read(self._of_documents + number))
        except _BAD as error:
            raise TableDamagedError("A block of symbols is not what was written.") from error

    def _checked(self, encoded: bytes) -> _Symbols:
        count, rows, length = SYMBOLS.unpack_from(encoded)
        at = SYMBOLS.size

        def take(kind: Any, size: int) -> npt.NDArray[Any]:  # noqa: ANN401 -- numpy's own name for a dtype
            nonlocal at
            taken = np.frombuffer(encoded, kind, size, at)
            at += taken.nbytes
            return taken

        keys, starts = take(np.uint64, count), take(np.uint32, count + 1)
        columns = tuple(take(np.uint32, rows) for _ in range(5))
        roles, families = take(np.uint8, rows), bytes(take(np.uint8, count))
        names = encoded[at:].decode().split("\n")
        if len(encoded) - at != length or len(names) != rows or starts[0] or starts[-1] != rows:
            raise ValueError("the counts of a block differ")
        if (np.diff(starts.astype(np.int64)) < 0).any() or max(families, default=0) >= len(FAMILIES):
            raise ValueError("a symbol's rows differ")
        if rows and int(columns[0].max()) >= self.documents:
            raise ValueError("a row names a document that is not here")
        return _Symbols(keys, starts.tolist(), columns, roles, families, names)
