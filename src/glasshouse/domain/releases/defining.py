# SPDX-License-Identifier: Apache-2.0
"""Questions about symbols: the outline of a file, where a name is defined, what is known to be missing.

Every answer is narrowed to a release and a grant's patterns before anything is counted. Names and signatures are
source: who shows them has judged the grant and records it.
"""

import functools
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import queries, searching, symbols, symbolshelf
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.found import Unsearched
from glasshouse.domain.releases.searching import DIGEST, KINDS, Files
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.codeindex.symbols.building import folded
from glasshouse.engines.codeindex.symbols.forms import form_of, may_have_symbols
from glasshouse.engines.codeindex.symbols.nesting import Node, nested
from glasshouse.engines.codeindex.symbols.ranking import Hit, Known, Reference, ranked
from glasshouse.engines.codeindex.symbols.tables import Found, How, Mask, Table, Wanted
from glasshouse.engines.codeindex.symbols.values import Family, Gap, Key, Outline
from glasshouse.engines.codeindex.text import display_text
from glasshouse.engines.store import Entry
from glasshouse.kernel.paths import TreePath

OUTLINE_SYMBOLS: Final = 5_000
MAX_DEFINITIONS: Final = 1_000
_KINDS_FIRST: Final = (Family.FUNCTION, Family.TYPE, Family.MACRO, Family.CONSTANT, Family.VARIABLE)


@dataclass(frozen=True, slots=True)
class FileOutline:
    """A file's symbols, nested; `symbols` counts all of them, `is_pending` says that nobody looked yet."""

    path: TreePath
    nodes: tuple[Node, ...]
    symbols: int
    gap: Gap | None = None
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name is defined, or declared. `label` is the name with nothing hidden, for a page.

    `is_exact` where the vendor's compiler says that it is this very thing, and not only of the same name.
    """

    path: TreePath
    line: int
    end: int
    name: str = field(repr=False)
    kind: str = ""
    family: Family = Family.OTHER
    language: str = ""
    is_exact: bool = False

    @property
    def label(self) -> str:
        """Return the name as a screen may show it."""
        return display_text(self.name.encode())


@dataclass(frozen=True, slots=True)
class Definitions:
    """What answers a question, the likeliest first; `is_cut` when more do, `is_pending` when not all was looked at."""

    items: tuple[Definition, ...]
    is_cut: bool
    is_pending: bool


def outline(found: ReleaseRef, patterns: Patterns, path: TreePath) -> FileOutline:
    """Return the outline of one file; raises NotFoundError for one that the patterns do not cover."""
    item = covered_entry(found, patterns, path)
    if item.is_binary:
        return FileOutline(path, (), 0, Gap.BINARY)
    known = outline_of(found, item)
    if known is None:
        if not item.size or item.is_link:
            return FileOutline(path, (), 0)
        return (
            FileOutline(path, (), 0, is_pending=True)
            if may_have_symbols(path)
            else FileOutline(path, (), 0, Gap.NO_PARSER)
        )
    return FileOutline(path, tuple(nested(known, limit=OUTLINE_SYMBOLS)), len(known), known.gap)


def covered_entry(found: ReleaseRef, patterns: Patterns, path: TreePath) -> Entry:
    """Return a file's entry; raises NotFoundError for one that is not there, or not covered."""
    if not patterns.covers(path):
        raise ReleaseUnknownError
    return queries.entry(found, path)


def outline_of(found: ReleaseRef, item: Entry) -> Outline | None:
    """Return what the tables hold of a file, None when none has it."""
    key = Key(item.digest.raw, form_of(item.path))
    with symbolshelf.reading():
        for table in symbolshelf.tables(found.product):
            known = table.outline(key)
            if known is not None:
                return known
    return None


def definitions(
    found: ReleaseRef,
    patterns: Patterns,
    wanted: Wanted,
    *,
    near: TreePath | None = None,
    limit: int = 100,
) -> Definitions:
    """Return where a name is defined in a release, as far as the patterns cover it.

    A whole name is ordered for going to its definition: what defines before what declares, the file `near` before
    its folder before the rest. A beginning is ordered by name.
    """
    files = _files(found)
    visible = searching.narrowed(files, [patterns], "")
    every = list(islice(_rows(found, files, patterns, visible, wanted), MAX_DEFINITIONS + 1))
    items = list(dict.fromkeys(every[:MAX_DEFINITIONS]))
    if wanted.how is not How.PREFIX:
        items.sort(key=functools.partial(_distance, near))
    return Definitions(tuple(items[:limit]), len(every) > min(limit, MAX_DEFINITIONS), is_pending(found))


def references(
    found: ReleaseRef, patterns: Patterns, name: str, hits: Sequence[Hit], *, here: TreePath | None = None
) -> list[Reference]:
    """Order what a word-exact search for a name found, within the patterns, by what each line does with it."""
    at = definitions(found, patterns, Wanted(name), limit=MAX_DEFINITIONS).items
    known = Known(
        {(one.path, one.line) for one in at if one.family is not Family.DECLARATION},
        {(one.path, one.line) for one in at if one.family is Family.DECLARATION},
    )
    visible = [(hit, language_of(hit.path, b"")) for hit in hits if patterns.covers(hit.path)]
    return ranked(visible, known, here=here)


def without_symbols(found: ReleaseRef, patterns: Patterns) -> Iterator[tuple[TreePath, Gap]]:
    """Yield the files whose symbols are missing or not all here, and why, in the order of paths."""
    gaps: dict[tuple[bytes, str], Gap] = {}
    with symbolshelf.reading():
        for table in symbolshelf.tables(found.product):
            gaps |= {(key.digest, key.form): gap for key, gap in table.gaps()}
    files = _files(found)
    for row in np.flatnonzero(searching.narrowed(files, [patterns], "")).tolist():
        path = files.path(row)
        if KINDS[files.kinds[row]] is Unsearched.BINARY:
            yield path, Gap.BINARY
        elif not files.is_empty[row]:
            gap = gaps.get((files.digest(row), form_of(path)))
            if gap or not may_have_symbols(path):
                yield path, gap or Gap.NO_PARSER


def is_pending(found: ReleaseRef) -> bool:
    """Say whether some document of the release was not looked at yet."""
    return not _is_complete(found, symbolshelf.names(found.product))


@functools.lru_cache(maxsize=64)
def _is_complete(found: ReleaseRef, tables: tuple[str, ...]) -> bool:
    del tables  # they are what the answer depends on
    return symbols.is_complete(found.product, [found])


def _files(found: ReleaseRef) -> Files:
    return searching.files_of(found.product, found.root, settings.GLASSHOUSE.search_file_bytes)


def _rows(found: ReleaseRef, files: Files, patterns: Patterns, visible: Mask, wanted: Wanted) -> Iterator[Definition]:
    """Yield every definition at every visible path, in the order of names."""
    with symbolshelf.reading():
        answers = [table.find(wanted, _mask(files, patterns, table)) for table in symbolshelf.tables(found.product)]
        for one in heapq.merge(*answers, key=lambda answer: folded(answer.name)):
            for row in _rows_of(files, one.digest):
                if visible[row]:
                    yield _definition(files.path(row), one)


def _definition(path: TreePath, one: Found) -> Definition:
    return Definition(path, one.line, one.end, one.name, one.kind, one.family, one.language)


@functools.lru_cache(maxsize=128)
def _mask(files: Files, patterns: Patterns, table: Table) -> Mask:
    """Return which documents of a table stand at a path that the patterns cover."""
    visible = searching.narrowed(files, [patterns], "")
    chosen: Mask = np.isin(_column(b"".join(table.digests)), _column(files.digests)[visible])
    return chosen


def _rows_of(files: Files, digest: bytes) -> list[int]:
    order, ordered = _by_digest(files)
    wanted = _column(digest)[0]
    first, stop = np.searchsorted(ordered, wanted, "left"), np.searchsorted(ordered, wanted, "right")
    return sorted(order[first:stop].tolist())


@functools.lru_cache(maxsize=32)
def _by_digest(files: Files) -> tuple[NDArray[np.int64], NDArray[np.bytes_]]:
    column = _column(files.digests)
    order = np.argsort(column, kind="stable")
    return order, column[order]


def _column(digests: bytes) -> NDArray[np.bytes_]:
    # numpy leaves out zero bytes at an end when it compares; among texts of one length that changes nothing.
    return np.frombuffer(digests, f"S{DIGEST}")


def _distance(near: TreePath | None, one: Definition) -> tuple[bool, bool, bool, int, TreePath, int]:
    folder = near.parent if near else None
    kind = _KINDS_FIRST.index(one.family) if one.family in _KINDS_FIRST else len(_KINDS_FIRST)
    return (
        one.family is Family.DECLARATION,
        one.path != near,
        near is None or one.path.parent != folder,
        kind,
        one.path,
        one.line,
    )


def forget() -> None:
    """Let go of what was remembered of any product: one was destroyed."""
    _is_complete.cache_clear()
    _mask.cache_clear()
    _by_digest.cache_clear()
    symbolshelf.forget()
