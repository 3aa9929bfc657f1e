# SPDX-License-Identifier: Apache-2.0
"""What identity needs of each result: its line's tokens, the lines round it, and the function that it lies in.

The source is read here, one document at a time, and nothing of it is kept but what goes into the report's pack.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.detections.base import Base
from glasshouse.domain.detections.noted import NO_PLACE, Noted
from glasshouse.domain.releases import queries, symbolshelf, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.forms import form_of, may_have_symbols
from glasshouse.engines.codeindex.symbols.scopes import scopes_at
from glasshouse.engines.codeindex.symbols.tables import Table
from glasshouse.engines.codeindex.symbols.values import Key
from glasshouse.engines.identity import Keys, Near, Text, texts_at
from glasshouse.engines.identity.tables import KEYS, NO_PATH, RECORD, Sightings, keys_of, numbered
from glasshouse.engines.store.entries import Content
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_NO_TEXT: Final = Text(b"", Near())


class Tree:
    """A release's files by path, with their text and functions.

    `has_symbols` while the functions of all files that were read are known.
    """

    def __init__(self, found: ReleaseRef) -> None:
        self._product = found.product
        self._store = vault.product_store(found.product)
        self._files = {one.path: one for one in queries.manifest(found).contents() if not one.is_link}
        self.has_symbols = True

    def __contains__(self, path: object) -> bool:
        """Say whether a file stands at a path."""
        return isinstance(path, TreePath) and path.raw in self._files

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

    @cached_property
    def _tables(self) -> Sequence[Table]:
        return symbolshelf.tables(self._product)

    def _scopes(self, one: Content, path: TreePath, lines: set[int]) -> Mapping[int, str]:
        key = Key(one.digest, form_of(path))
        with symbolshelf.reading():
            for table in self._tables:
                outline = table.outline(key)
                if outline is not None:
                    return scopes_at(outline, lines)
        if one.size and may_have_symbols(path):
            self.has_symbols = False
        return {}


def sightings(tree: Tree, tool: str, noted: Noted, base: Base, known_in: int | None) -> Sightings:
    """Return the sightings of results, in their order.

    What the base saw itself, where it is the report `known_in`, is not read again while its file is what it was.
    """
    paths = [path.raw if path else b"" for path in noted.named()]
    told = bytearray(RECORD.itemsize * len(noted))
    records = np.frombuffer(told, RECORD)
    places = np.array(noted.path, np.uint32)
    records["line"], records["column"] = noted.first, noted.column
    records["path"] = np.where(places == NO_PLACE, NO_PATH, places)
    seen = Sightings(records, paths)
    found = _known(noted, seen, [tree.blob(path) for path in noted.named()], base, known_in)
    is_known = found >= 0
    for column in ("keys", "near"):
        records[column][is_known] = base.sightings.records[column][found[is_known]]
    _read(tree, tool, noted, np.flatnonzero(~is_known), told)
    records["hint"] = noted.hints(records["keys"][:, 0].astype(np.uint64))
    return seen


def _read(tree: Tree, tool: str, noted: Noted, fresh: NDArray[np.intp], told: bytearray) -> None:
    """Read the lines of results, a file at a time, and write their keys where they belong."""
    rules = ["\0".join((tool, *rule)) for rule in noted.rules]
    by_path = fresh[np.argsort(np.array(noted.path, np.uint32)[fresh], kind="stable")].tolist()
    named = noted.named()
    for place, numbers in groupby(by_path, key=noted.path.__getitem__):
        path, here = named[place], list(numbers)
        lines = [(noted.first[at], noted.column[at]) for at in here]
        texts, scopes = tree.read(path, lines) if path else ({}, {})
        for at, (line, column) in zip(here, lines, strict=True):
            text = texts.get((line, column), _NO_TEXT)
            keys = Keys.of(rules[noted.rule[at]], path, scopes.get(line, ""), text.tokens, text.near)
            KEYS.pack_into(told, at * RECORD.itemsize, *keys_of(keys, text.near))


def _known(
    noted: Noted, seen: Sightings, blobs: Sequence[bytes], base: Base, known_in: int | None
) -> NDArray[np.int64]:
    """Return which sighting of the base has the rule, file, line and column of each result, -1 for none."""
    rows = base.rows
    rules, paths = base.rule_places(noted.rules), base.sightings.among(seen.paths)
    here = np.frombuffer(b"".join(one.ljust(vault.OPAQUE_BYTES, b"\0") for one in blobs), rows["blob"].dtype)
    has_file = (paths > NO_PLACE) & (rows["blob"] != np.void(bytes(vault.OPAQUE_BYTES)))
    is_same = (rows["seen_in"] == (known_in or 0)) & has_file & (rules >= 0) & (rows["blob"] == here[paths])
    which = np.flatnonzero(is_same)
    before = _spots(rules[which], paths[which], base.sightings.records[which])
    after = _spots(np.array(noted.rule, np.int64), np.array(noted.path, np.int64), seen.records)
    numbers, count = numbered(np.concatenate([before, after]))
    found = np.full(count, -1)
    found[numbers[: len(which)]] = which
    return found[numbers[len(which) :]]


def _spots(rules: NDArray[np.int64], paths: NDArray[np.int64], records: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return all that a result's keys are made of, where its file is what it was."""
    return np.column_stack([rules, paths, records["line"], records["column"]]).astype(np.uint64)
