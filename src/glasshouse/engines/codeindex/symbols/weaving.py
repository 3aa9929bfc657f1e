# SPDX-License-Identifier: Apache-2.0
"""Writing a crossing: the mentions of many documents as columns, and for each symbol its places. See `crossing`."""

import json
from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.symbols.crossing import (
    DECLARATION,
    DEFINITION,
    FAMILIES,
    HEAD,
    IMPORT,
    LOCAL,
    SYMBOLS,
    VERSION,
    WRITE,
    Numbers,
)
from glasshouse.engines.codeindex.symbols.errors import ScipError
from glasshouse.engines.codeindex.symbols.scip import Mention, MentionedDocument
from glasshouse.engines.codeindex.symbols.values import Family

_BLOCK: Final = 96 * 1024
_PLACES_A_BLOCK: Final = 4096
_LARGEST: Final = 32 * 2**20


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
                symbols.append(local.setdefault(one.symbol, LOCAL + len(local)))
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
            self._families.append(FAMILIES.index(one.family))
        return number

    def _place(self, symbol: int, document: int, one: Mention) -> None:
        roles = (
            one.is_definition * DEFINITION
            | one.is_declaration * DECLARATION
            | one.is_write * WRITE
            | one.is_import * IMPORT
        )
        name = self._names.setdefault(one.name, len(self._names)) if roles & (DEFINITION | DECLARATION) else 0
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
        variable = FAMILIES.index(Family.VARIABLE)
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
            families = bytes(self._families[key] if key < LOCAL else variable for key in keys.tolist())
            text = "\n".join(spelled[name] for name in names[rows].tolist()).encode()
            starts = np.append(begins[first:stop], high).astype(np.uint32) - np.uint32(low)
            block = (
                SYMBOLS.pack(stop - first, high - low, len(text)),
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
        return b"".join((HEAD.pack(len(text)), text, places, b"\0".join(self._paths)))


def _keys(symbols: Numbers, documents: Numbers) -> npt.NDArray[np.uint64]:
    wide: npt.NDArray[np.uint64] = symbols.astype(np.uint64)
    return np.where(wide < LOCAL, wide, ((documents.astype(np.uint64) + np.uint64(1)) << np.uint64(32)) | wide)
