# SPDX-License-Identifier: Apache-2.0
r"""Compiler-exact references at rest: which places mean the same symbol, as an imported index tells.

    crossing = documents* symbols* head     each a block of its own; the caller seals them in this order
    document = lines starts ends symbols    of its mentions, in the order of lines
    symbols  = starts families documents lines starts ends lasts roles, and a name for each place that defines
    head     = what every document is and where it lies, and the first symbol of each block of symbols

All numbers are little-endian. No text of the index rests here: a symbol is a number, a name is what stands in the
release. Every question takes the scope it is answered from: a place outside of it is not there, and is not counted.
"""

import json
import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.symbols.errors import ScipError, TableDamagedError
from glasshouse.engines.codeindex.symbols.scip import Mention, MentionedDocument
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

Scope = Callable[[TreePath], bool]
"""Says whether a question may be answered from a path."""
VERSION: Final = 1
_BLOCK: Final = 96 * 1024
_PLACES_A_BLOCK: Final = 4096
_LARGEST: Final = 32 * 2**20
_NEAR: Final = 64  # mentions that one byte can lie in; an index that nests more is not read further
_LOCAL: Final = 2**31  # numbers from here on mean something in their document only
_DEFINITION, _DECLARATION, _WRITE, _IMPORT = 1, 2, 4, 8
_FAMILIES: Final = tuple(Family)
_HEAD: Final = struct.Struct("<I")
_SYMBOLS: Final = struct.Struct("<3I")
_CACHED: Final = 16
_BAD: Final = (ValueError, KeyError, TypeError, IndexError, struct.error, AttributeError, InvalidError)
_Numbers = npt.NDArray[np.uint32]


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
        return self.symbol >= _LOCAL


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
        return bool(self.roles & _DEFINITION)

    @property
    def is_declaration(self) -> bool:
        """Say whether the symbol is declared here, and not defined."""
        return not self.is_definition and bool(self.roles & _DECLARATION)

    @property
    def is_write(self) -> bool:
        """Say whether the symbol gets another value here."""
        return bool(self.roles & _WRITE)


class Weaver:
    """Makes the blocks of a crossing of documents that come one by one; holds some 40 bytes for each mention."""

    def __init__(self) -> None:
        self._symbols: dict[str, int] = {}
        self._families = bytearray()
        self._paths: list[bytes] = []
        self._places = array("I")  # of each document: block, offset, mentions
        self._rows: tuple[array[int], ...] = tuple(array("I") for _ in range(7))
        self._roles = bytearray()
        self._names = {"": 0}

    def blocks(self, documents: Iterable[MentionedDocument]) -> Iterator[bytes]:
        """Yield the blocks, the head last; a path MUST come once. The weaver is spent."""
        held: list[bytes] = []
        size = blocks = 0
        for document in documents:
            encoded = self._document(document)
            self._paths.append(document.path.raw)
            self._places.extend((blocks, size, len(document.mentions)))
            held.append(encoded)
            size += len(encoded)
            if size >= _BLOCK:
                yield b"".join(held)
                held, size, blocks = [], 0, blocks + 1
        if held:
            yield b"".join(held)
            blocks += 1
        firsts: list[int] = []
        for first, block in self._symbol_blocks():
            firsts.append(first)
            yield block
        yield self._head(blocks, firsts)

    def _document(self, document: MentionedDocument) -> bytes:
        number = len(self._paths)
        local: dict[str, int] = {}
        symbols: list[int] = []
        for one in document.mentions:
            if one.is_local:
                symbols.append(local.setdefault(one.symbol, _LOCAL + len(local)))
            else:
                symbols.append(self._global(one))
        lines, starts, ends = (
            np.array([getattr(one, name) for one in document.mentions], np.uint32) for name in ("line", "start", "end")
        )
        for symbol, one in zip(symbols, document.mentions, strict=True):
            self._place(symbol, number, one)
        return b"".join(column.tobytes() for column in (lines, starts, ends, np.array(symbols, np.uint32)))

    def _global(self, one: Mention) -> int:
        number = self._symbols.setdefault(one.symbol, len(self._symbols))
        if number == len(self._families):
            self._families.append(_FAMILIES.index(one.family))
        return number

    def _place(self, symbol: int, document: int, one: Mention) -> None:
        roles = (
            one.is_definition * _DEFINITION
            | one.is_declaration * _DECLARATION
            | one.is_write * _WRITE
            | one.is_import * _IMPORT
        )
        name = self._names.setdefault(one.name, len(self._names)) if roles & (_DEFINITION | _DECLARATION) else 0
        values = (symbol, document, one.line, one.start, one.end, one.last, name)
        for column, value in zip(self._rows, values, strict=True):
            column.append(value)
        self._roles.append(roles)

    def _symbol_blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield blocks of whole symbols with the symbol that each begins with.

        A local symbol is known by its document and number together; they come behind all others.
        """
        symbols, documents, *rest, names = (np.frombuffer(column, np.uint32) for column in self._rows)
        spelled = list(self._names)
        if not len(symbols):
            return
        whole = _keys(symbols, documents)
        order = np.argsort(whole, kind="stable")
        whole = whole[order]
        begins = np.flatnonzero(np.concatenate(([True], whole[1:] != whole[:-1])))
        roles = np.frombuffer(self._roles, np.uint8)
        variable = _FAMILIES.index(Family.VARIABLE)
        # Blocks hold whole symbols, so that one block answers for one.
        cuts = [0]
        for number, begin in enumerate(begins.tolist()):
            if begin - int(begins[cuts[-1]]) >= _PLACES_A_BLOCK:
                cuts.append(number)
        for first, stop in pairwise((*cuts, len(begins))):
            low = int(begins[first])
            high = int(begins[stop]) if stop < len(begins) else len(whole)
            rows = order[low:high]
            keys = whole[begins[first:stop]]
            families = bytes(self._families[key] if key < _LOCAL else variable for key in keys.tolist())
            text = "\n".join(spelled[name] for name in names[rows].tolist()).encode()
            starts = np.append(begins[first:stop], high).astype(np.uint32) - np.uint32(low)
            block = (
                _SYMBOLS.pack(stop - first, high - low, len(text)),
                keys.tobytes(),
                starts.tobytes(),
                *(column[rows].tobytes() for column in (documents, *rest)),
                roles[rows].tobytes(),
                families,
                text,
            )
            if sum(map(len, block)) > _LARGEST:
                raise ScipError("An index names a symbol at more places than any that is read.")
            yield int(keys[0]), b"".join(block)

    def _head(self, of_documents: int, firsts: list[int]) -> bytes:
        told = {
            "version": VERSION,
            "documents": len(self._paths),
            "document_blocks": of_documents,
            "firsts": firsts,
            "mentions": len(self._roles),
        }
        text = json.dumps(told).encode()
        places = np.frombuffer(self._places, np.uint32).tobytes()
        return b"".join((_HEAD.pack(len(text)), text, places, b"\0".join(self._paths)))


def _keys(symbols: _Numbers, documents: _Numbers) -> npt.NDArray[np.uint64]:
    wide: npt.NDArray[np.uint64] = symbols.astype(np.uint64)
    return np.where(wide < _LOCAL, wide, ((documents.astype(np.uint64) + np.uint64(1)) << np.uint64(32)) | wide)


@dataclass(frozen=True, slots=True)
class _Symbols:
    keys: npt.NDArray[np.uint64]
    starts: list[int]
    columns: tuple[_Numbers, ...]
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
        (length,) = _HEAD.unpack_from(head)
        told = json.loads(head[_HEAD.size : _HEAD.size + length])
        self._of_documents: int = told["document_blocks"]
        self._firsts: list[int] = told["firsts"]
        self.mentions: int = told["mentions"]
        count = told["documents"]
        at = _HEAD.size + length
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
        return list(self._places_of(spelled, scope, _DEFINITION)) or list(self._places_of(spelled, scope, _DECLARATION))

    def places(self, spelled: Spelled, scope: Scope) -> Iterator[Place]:
        """Yield every place of a symbol within the scope; a local one stays in its document."""
        return self._places_of(spelled, scope, 0)

    def _places_of(self, spelled: Spelled, scope: Scope, roles: int) -> Iterator[Place]:
        """Yield the places that have one of these roles, all of them where none is named."""
        key = spelled.symbol
        if spelled.is_local:
            key |= (self._numbers[spelled.path.raw] + 1) << 32
        block = self._symbols(bisect_right(self._firsts, key) - 1)
        at = int(np.searchsorted(block.keys, key))
        if at >= len(block.keys) or int(block.keys[at]) != key:
            raise TableDamagedError("An index of references does not know its own symbol.")
        covered: dict[int, TreePath | None] = {}
        family = _FAMILIES[block.families[at]]
        first, stop = block.starts[at], block.starts[at + 1]
        rows = (np.flatnonzero(block.roles[first:stop] & roles) + first).tolist() if roles else range(first, stop)
        for row in rows:
            document, line, start, end, last = (int(column[row]) for column in block.columns)
            if document not in covered:
                path = TreePath(self._paths[document])
                covered[document] = path if scope(path) else None
            where = covered[document]
            if where is not None:
                yield Place(where, line, start, end, last, family, int(block.roles[row]), block.names[row])

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
        count, rows, length = _SYMBOLS.unpack_from(encoded)
        at = _SYMBOLS.size

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
        if (np.diff(starts.astype(np.int64)) < 0).any() or max(families, default=0) >= len(_FAMILIES):
            raise ValueError("a symbol's rows differ")
        if rows and int(columns[0].max()) >= self.documents:
            raise ValueError("a row names a document that is not here")
        return _Symbols(keys, starts.tolist(), columns, roles, families, names)
