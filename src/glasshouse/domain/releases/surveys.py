# SPDX-License-Identifier: Apache-2.0
"""What there is to read in a release, as columns: lines of text, the areas that rules name, and what each blob is.

A survey holds paths in memory as searching does. It is of the whole release; who asks MUST narrow it by `visible`.
"""

import functools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import areas, areashelf, defining, searching, symbolshelf, vault
from glasshouse.domain.releases.areas import Rule, Rules
from glasshouse.domain.releases.found import Unsearched
from glasshouse.domain.releases.searching import DIGEST, KINDS, Files, Mask
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_NO_LINES: Final = (KINDS.index(Unsearched.BINARY), KINDS.index(Unsearched.LINK))


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """A release's files with what can be read of each.

    `lines` is 0 for what is not text. `hits` says, for each rule of `rules`, which files it names. `has_symbols` is
    False while the names of symbols are not all known: areas then rest on paths for some files.
    """

    files: Files
    lines: NDArray[np.int64]
    is_text: Mask
    rules: Rules
    hits: tuple[Mask, ...]
    has_symbols: bool
    blobs: NDArray[np.bytes_]
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def visible(self, patterns: Patterns) -> Mask:
        """Return which files the patterns cover."""
        return searching.narrowed(self.files, [patterns], "")

    def rows_of(self, blob: bytes) -> NDArray[np.int64]:
        """Return where a blob stands; none when it is of another release."""
        wanted = np.frombuffer(blob, f"S{vault.OPAQUE_BYTES}")[0]
        first, stop = np.searchsorted(self.blobs, wanted, "left"), np.searchsorted(self.blobs, wanted, "right")
        return self.order[first:stop]

    def below(self, folder: TreePath | None) -> range:
        """Return the rows of the files below a folder, the whole release at the top."""
        if folder is None:
            return range(len(self))
        return range(self._at(folder.raw + b"/"), self._at(folder.raw + b"0"))  # "0" comes behind "/"

    def children(self, folder: TreePath | None) -> list[tuple[TreePath, range, bool]]:
        """Return what stands directly in a folder: its path, its rows, and whether it is a folder itself."""
        inside = self.below(folder)
        prefix = len(folder.raw) + 1 if folder else 0
        found: list[tuple[TreePath, range, bool]] = []
        row = inside.start
        while row < inside.stop:
            raw = self.files.raw_path(row)
            end = raw.find(b"/", prefix)
            child = TreePath(raw if end < 0 else raw[:end])
            rows = range(row, row + 1) if end < 0 else self.below(child)
            found.append((child, rows, end >= 0))
            row = rows.stop
        return found

    def rules_of(self, row: int) -> tuple[Rule, ...]:
        """Return the rules that name a file."""
        return tuple(rule for rule, mask in zip(self.rules.every, self.hits, strict=True) if mask[row])

    def _at(self, raw: bytes) -> int:
        return bisect_left(range(len(self)), raw, key=self.files.raw_path)


def survey(found: ReleaseRef) -> Survey:
    """Return the survey of a release; raises when the product's key was destroyed."""
    vault.ring().open(found.product)  # what is remembered must not outlive the key
    return _survey(found, symbolshelf.names(found.product))


@functools.lru_cache(maxsize=8)
def _survey(found: ReleaseRef, tables: Sequence[str]) -> Survey:
    files = searching.files_of(found.product, found.root, settings.GLASSHOUSE.search_file_bytes)
    is_text = ~np.isin(files.kinds, _NO_LINES)
    tags = b"".join(vault.blob_id(found.product, Digest(files.digest(row))) for row in range(len(files)))
    column = np.frombuffer(tags, f"S{vault.OPAQUE_BYTES}")
    order = np.argsort(column, kind="stable")
    known = areas.rules()
    definers = _definers(found, known, tables)
    digests = np.frombuffer(files.digests, f"S{DIGEST}")
    hits = tuple(
        is_text & (areas.named(rule, files.joined, files.starts) | np.isin(digests, wanted))
        for rule, wanted in zip(known.every, definers, strict=True)
    )
    lines = np.where(is_text, files.lines, 0)
    return Survey(files, lines, is_text, known, hits, not defining.is_pending(found), column[order], order)


def _definers(found: ReleaseRef, known: Rules, tables: Sequence[str]) -> list[NDArray[np.bytes_]]:
    """Return, for each rule, the digests of the documents that define a name it knows."""
    columns: list[list[NDArray[np.bytes_]]] = [[] for _ in known.every]
    with symbolshelf.reading():
        for name in tables:
            table = symbolshelf.table(found.product, name)
            digests = np.frombuffer(b"".join(table.digests), f"S{DIGEST}")
            for column, mask in zip(columns, areashelf.definers(found.product, name), strict=True):
                column.append(digests[mask])
    empty = np.zeros(0, f"S{DIGEST}")
    return [np.concatenate([empty, *column]) for column in columns]


def forget() -> None:
    """Let go of every path: a product was destroyed."""
    _survey.cache_clear()
