# SPDX-License-Identifier: Apache-2.0
r"""Writing a table: outlines of many documents as blocks of bytes, and an index of their names.

    table    = documents* names* head          each a block of its own; the caller seals them in this order
    document = count lengths(3) lines ends kinds names scopes signatures
    names    = names in the order of their folded form, and the rows where each is defined
    head     = what every document is and where it lies, and the first name of each block of names

All numbers are little-endian; texts of a column are joined by newlines, which no text holds.
"""

import json
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterable
from itertools import count, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.symbols.values import Gap, Key, Outline

VERSION: Final = 1
DOCUMENT: Final = struct.Struct("<4I")
NAMES: Final = struct.Struct("<3I")
GAPS: Final = (None, *Gap)
_BLOCK: Final = 96 * 1024
_NAMES_A_BLOCK: Final = 256
_MOST_KINDS: Final = 60_000
Numbers = npt.NDArray[np.uint32]


def folded(name: str) -> str:
    """Return what a name is sorted by: first without regard to case, then with it."""
    return f"{name.lower()}\0{name}"


class Builder:
    """Takes outlines one by one; `blocks` gives the table. Holds some hundred bytes for each symbol."""

    def __init__(self) -> None:
        self.symbols = 0
        self.bytes = 0
        self._keys: list[Key] = []
        self._gaps = bytearray()
        self._places = array("I")  # of each document: block, offset, length, symbols
        self._blocks: list[bytes] = []
        self._open: list[bytes] = []
        self._open_size = 0
        self._names: defaultdict[str, int] = defaultdict(count().__next__)
        self._kinds: defaultdict[tuple[str, str], int] = defaultdict(count().__next__)
        self._rows: tuple[list[Numbers], ...] = ([], [], [], [])  # name, document, line, end
        self._row_kinds: list[npt.NDArray[np.uint16]] = []

    @property
    def documents(self) -> int:
        """Return how many documents were added."""
        return len(self._keys)

    def add(self, key: Key, outline: Outline, *, size: int = 0) -> None:
        """Add a document's outline; `size`, its bytes, only counts up `bytes`."""
        columns = outline.columns
        number, symbols = len(self._keys), len(columns)
        encoded = b""
        if symbols:
            if len(self._kinds) > _MOST_KINDS:  # no tool has as many; a hostile table would
                self._kinds.default_factory = lambda: 0
            kinds = np.fromiter(
                map(self._kinds.__getitem__, zip(columns.kinds, columns.languages, strict=True)), np.uint16
            )
            lines, ends = np.array(columns.lines, np.uint32), np.array(columns.ends, np.uint32)
            names = np.fromiter(map(self._names.__getitem__, columns.names), np.uint32)
            for column, values in zip(
                self._rows, (names, np.full(symbols, number, np.uint32), lines, ends), strict=True
            ):
                column.append(values)
            self._row_kinds.append(kinds)
            texts = ["\n".join(column).encode() for column in (columns.names, columns.scopes, columns.signatures)]
            head = DOCUMENT.pack(symbols, *map(len, texts))
            encoded = b"".join((head, lines.tobytes(), ends.tobytes(), kinds.tobytes(), *texts))
        self._keys.append(key)
        self._gaps.append(GAPS.index(outline.gap))
        self._places.extend((len(self._blocks), self._open_size, len(encoded), symbols))
        self._open.append(encoded)
        self._open_size += len(encoded)
        self.symbols += symbols
        self.bytes += size
        if self._open_size >= _BLOCK:
            self._close_block()

    def blocks(self) -> Iterable[bytes]:
        """Yield the blocks of the table, the head last. The builder is spent."""
        if self._open_size:
            self._close_block()
        yield from self._blocks
        of_documents = len(self._blocks)
        names = sorted(self._names, key=folded)
        firsts = names[::_NAMES_A_BLOCK]
        yield from self._name_blocks(names)
        yield self._head(of_documents, firsts)

    def _close_block(self) -> None:
        self._blocks.append(b"".join(self._open))
        self._open, self._open_size = [], 0

    def _name_blocks(self, names: list[str]) -> Iterable[bytes]:
        if not names:
            return
        rank = np.empty(len(names), np.uint32)
        rank[np.fromiter(map(self._names.__getitem__, names), np.uint32, len(names))] = np.arange(
            len(names), dtype=np.uint32
        )
        of_name = rank[np.concatenate(self._rows[0])]
        order = np.argsort(of_name, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(of_name, minlength=len(names))))).astype(np.uint32)
        documents, lines, ends = (np.concatenate(column)[order] for column in self._rows[1:])
        kinds = np.concatenate(self._row_kinds)[order]
        for first, stop in pairwise((*range(0, len(names), _NAMES_A_BLOCK), len(names))):
            rows = slice(int(starts[first]), int(starts[stop]))
            text = "\n".join(names[first:stop]).encode()
            yield b"".join(
                (
                    NAMES.pack(stop - first, rows.stop - rows.start, len(text)),
                    (starts[first : stop + 1] - starts[first]).tobytes(),
                    *(column[rows].tobytes() for column in (documents, lines, ends)),
                    kinds[rows].tobytes(),
                    text,
                )
            )

    def _head(self, of_documents: int, firsts: list[str]) -> bytes:
        forms = sorted({key.form for key in self._keys})
        place = {form: index for index, form in enumerate(forms)}
        told = {
            "version": VERSION,
            "documents": len(self._keys),
            "document_blocks": of_documents,
            "name_blocks": len(firsts),
            "symbols": self.symbols,
            "forms": forms,
            "kinds": list(self._kinds),
            "firsts": firsts,
        }
        text = json.dumps(told, ensure_ascii=False).encode()
        return b"".join(
            (
                len(text).to_bytes(4, "little"),
                text,
                b"".join(key.digest for key in self._keys),
                np.array([place[key.form] for key in self._keys], np.uint16).tobytes(),
                bytes(self._gaps),
                np.array(self._places, np.uint32).tobytes(),
            )
        )
