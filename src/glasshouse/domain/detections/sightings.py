# SPDX-License-Identifier: Apache-2.0
"""What identity needs of each result: its line's tokens, the lines round it, and the function that it lies in.

The source is read here, one document at a time, and nothing of it is kept but what goes into the report's pack.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glasshouse.domain.releases import defining, queries, symbolshelf, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.forms import form_of
from glasshouse.engines.codeindex.symbols.scopes import scopes_at
from glasshouse.engines.codeindex.symbols.tables import Table
from glasshouse.engines.codeindex.symbols.values import Key
from glasshouse.engines.identity import Keys, Near, Sighting, Text, hints, texts_at
from glasshouse.engines.store.entries import Content
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_HINT = 16
Prints = tuple[tuple[str, str], ...]
_NO_TEXT = Text(b"", Near())


@dataclass(frozen=True, slots=True)
class Noted:
    """What is kept of a result while its report is read. `rule` is unique among all tools; no line is 0."""

    rule: str
    path: TreePath | None
    line: int
    column: int
    prints: Prints = ()


class Tree:
    """A release's files by path, with their text and functions; `has_symbols` when all functions are known."""

    def __init__(self, found: ReleaseRef) -> None:
        self._product = found.product
        self._store = vault.product_store(found.product)
        self._files = {one.path: one for one in queries.manifest(found).contents() if not one.is_link}
        self.has_symbols = not defining.is_pending(found)  # asked first: what is known now stands in the tables below
        self._tables: Sequence[Table] = symbolshelf.tables(found.product)

    def file(self, path: TreePath | None) -> Content | None:
        """Return what stands at a path, None where nothing does."""
        return self._files.get(path.raw) if path else None

    def blob(self, path: TreePath | None) -> bytes:
        """Return the opaque id of what stands at a path, empty where nothing does."""
        one = self.file(path)
        return vault.blob_id(self._product, Digest(one.digest)) if one else b""

    @property
    def paths(self) -> frozenset[TreePath]:
        """Return all paths."""
        return frozenset(map(TreePath, self._files))

    def read(
        self, path: TreePath, places: Sequence[tuple[int, int]]
    ) -> tuple[Mapping[tuple[int, int], Text], Mapping[int, str]]:
        """Return what is read at some lines and columns of a file, and the function that each line lies in."""
        one = self.file(path)
        if one is None or one.is_binary:
            return {}, {}
        return texts_at(self._store.document(one.digest), places), self._scopes(one, path, {line for line, _ in places})

    def _scopes(self, one: Content, path: TreePath, lines: set[int]) -> Mapping[int, str]:
        key = Key(one.digest, form_of(path))
        with symbolshelf.reading():
            for table in self._tables:
                outline = table.outline(key)
                if outline is not None:
                    return scopes_at(outline, lines)
        return {}


class Spot(NamedTuple):
    """All that a result's keys are made of, where its file is what it was."""

    rule: str
    path: bytes
    line: int
    column: int
    blob: bytes


def sightings(tree: Tree, noted: Sequence[Noted], known: Mapping[Spot, Sighting]) -> list[Sighting]:
    """Return the sighting of each result, in their order; what is `known` of a file that did not change is not read."""
    by_path: defaultdict[TreePath | None, list[int]] = defaultdict(list)
    for number, one in enumerate(noted):
        by_path[one.path].append(number)
    made: list[tuple[Keys, Near]] = [(Keys.of("", None, "", b""), Near())] * len(noted)
    for path, numbers in by_path.items():
        raw, blob, fresh = path.raw if path else b"", tree.blob(path), []
        for at in numbers:
            one = noted[at]
            before = known.get(Spot(one.rule, raw, one.line, one.column, blob))
            if before is None:
                fresh.append(at)
            else:
                made[at] = before.keys, before.near
        places = [(noted[at].line, noted[at].column) for at in fresh]
        texts, scopes = tree.read(path, places) if path and places else ({}, {})
        for at in fresh:
            one = noted[at]
            text = texts.get((one.line, one.column), _NO_TEXT)
            made[at] = Keys.of(one.rule, path, scopes.get(one.line, ""), text.tokens, text.near), text.near
    told = hints((keys.line, one.prints) for (keys, _), one in zip(made, noted, strict=True))
    return [
        Sighting(keys, one.path.raw if one.path else b"", one.line, one.column, near, _short(hint))
        for (keys, near), one, hint in zip(made, noted, told, strict=True)
    ]


def _short(hint: str) -> str:
    return (
        hashlib.blake2b(hint.encode("utf-8", "replace"), digest_size=_HINT).digest().decode("latin-1") if hint else ""
    )
