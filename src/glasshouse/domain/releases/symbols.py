# SPDX-License-Identifier: Apache-2.0
"""Looking for the symbols of a release: each document once for all releases, behind the sandbox, at rest sealed.

A table is durable when it is written, so work that was killed goes on with the documents that no table has.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from typing import Final

from glasshouse.domain.releases import areashelf, symbolshelf, symboltool, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.building import Builder
from glasshouse.engines.codeindex.symbols.extraction import Run
from glasshouse.engines.codeindex.symbols.forms import document_of, form_of, may_have_symbols
from glasshouse.engines.codeindex.symbols.values import MAX_DOCUMENT, Document, Gap, Key, Outline
from glasshouse.engines.store import ProductStore
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

WORKERS: Final = 3
SYMBOLS_A_TABLE: Final = 350_000
BYTES_A_TABLE: Final = 256 * 2**20
BYTES_UNDER_WAY: Final = 4 * extraction.BATCH_BYTES
SMALL_TABLE: Final = 100_000
MERGE_FROM: Final = 6
_BEAT: Final = 2.0  # a document that breaks the tool takes longer than a lease allows without a word
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: documents read by the tool, those whose symbols are not all there, and what was damaged."""

    documents: int
    gaps: int
    unreadable: int
    damaged_tables: int

    def __str__(self) -> str:
        """Say it in one line, without a name."""
        parts = [f"symbols of {self.documents:,} documents"]
        if self.gaps:
            parts.append(f"{self.gaps:,} of them not all there")
        if self.unreadable:
            parts.append(f"{self.unreadable:,} damaged in the store and not read")
        if self.damaged_tables:
            parts.append(f"{self.damaged_tables:,} damaged tables made anew")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: Key
    path: bytes
    size: int


def index(
    product: Uid,
    releases: Sequence[ReleaseRef],
    *,
    report: Report = lambda _done, _of: None,
    run: Run = symboltool.run,
) -> Done:
    """Look for the symbols of all documents of these releases that no table has; `report` is told often.

    `releases` MUST be all of the product's that are to have symbols: a table that was damaged is removed, whatever
    release its documents are of. Raises SymbolsBusyError, and SymbolToolError when the tool is missing or unfit.
    """
    with symbolshelf.sole_writer(product):
        damaged = symbolshelf.remove_damaged(product)
        _drop_doubles(product)
        wanted = _plan(product, releases)
        done = Done(0, 0, 0, damaged)
        if wanted:
            extraction.prove(run)
            done = _Work(product, run, report, len(wanted)).do(wanted, damaged)
        _merge(product)
        areashelf.keep(product)
    return done


def is_complete(product: Uid, releases: Sequence[ReleaseRef]) -> bool:
    """Say whether every document of these releases that may have symbols was looked at."""
    return not _plan(product, releases)


def _plan(product: Uid, releases: Sequence[ReleaseRef]) -> list[_Wanted]:
    store = vault.product_store(product)
    known = {key for table in symbolshelf.tables(product) for key in table.document_keys()}
    wanted: list[_Wanted] = []
    for ref in releases:
        for one in store.manifest(ref.root).contents():
            if one.is_link or one.is_binary or not one.size:
                continue
            path = TreePath(one.path)
            key = Key(one.digest, form_of(path))
            if key not in known and may_have_symbols(path):
                known.add(key)
                wanted.append(_Wanted(key, one.path, one.size))
    return wanted


class _Work:
    """One pass over the wanted documents: read here, asked about by three threads, collected here in their order."""

    def __init__(self, product: Uid, run: Run, report: Report, of: int) -> None:
        self._product = product
        self._store: ProductStore = vault.product_store(product)
        self._run = run
        self._report = report
        self._of = of
        self._builder = Builder()
        self._documents = self._gaps = self._unreadable = 0

    def do(self, wanted: Sequence[_Wanted], damaged: int) -> Done:
        """Do the work; what was collected rests whenever it is enough for a table."""
        waiting: deque[tuple[list[Document], Future[list[Outline]]]] = deque()
        held = 0
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                for batch in extraction.batches(self._read(wanted)):
                    size = _size(batch)
                    # What is under way takes ten times its size; a header of 20 MB goes by itself.
                    while waiting and held + size > BYTES_UNDER_WAY:
                        held -= _size(waiting[0][0])
                        self._collect(*waiting.popleft())
                    waiting.append((batch, pool.submit(extraction.extract, batch, self._run)))
                    held += size
                while waiting:
                    self._collect(*waiting.popleft())
            finally:
                for _, future in waiting:
                    future.cancel()
        self._rest()
        return Done(self._documents, self._gaps, self._unreadable, damaged)

    def _read(self, wanted: Sequence[_Wanted]) -> Iterator[Document]:
        for one in wanted:
            if one.size > MAX_DOCUMENT:
                self._add(one.key, Outline(gap=Gap.TOO_LARGE), one.size)
                continue
            try:
                content = self._store.document(one.key.digest)
            except DamagedError:
                # No table gets it, so it is looked at again when the store was restored.
                self._unreadable += 1
                continue
            document = document_of(one.key.digest, TreePath(one.path), content)
            if isinstance(document, Gap):
                self._add(one.key, Outline(gap=document), one.size)
            else:
                yield document

    def _collect(self, batch: Sequence[Document], future: Future[list[Outline]]) -> None:
        while True:
            try:
                outlines = future.result(timeout=_BEAT)
                break
            except NotYetError:
                self._report(self._documents, self._of)
        for document, outline in zip(batch, outlines, strict=True):
            self._add(document.key, outline, len(document.content))
        self._report(self._documents, self._of)
        if self._builder.bytes >= BYTES_A_TABLE:
            self._rest()

    def _add(self, key: Key, outline: Outline, size: int) -> None:
        if self._builder.symbols + len(outline) > SYMBOLS_A_TABLE:  # one document may have as many as a table
            self._rest()
        self._builder.add(key, outline, size=size)
        self._documents += 1
        self._gaps += outline.gap not in {None, Gap.NO_PARSER}

    def _rest(self) -> None:
        if self._builder.documents:
            symbolshelf.write(self._product, self._builder.blocks())
            self._builder = Builder()


def _size(batch: Sequence[Document]) -> int:
    return sum(len(document.content) for document in batch)


def _drop_doubles(product: Uid) -> None:
    """Remove the tables whose documents others have too: a merge was killed before it removed them."""
    named = {name: set(symbolshelf.table(product, name).document_keys()) for name in symbolshelf.names(product)}
    kept: set[Key] = set()
    for name in sorted(named, key=lambda one: len(named[one]), reverse=True):
        if named[name] <= kept:
            symbolshelf.remove(product, name)
        kept |= named[name]


def _merge(product: Uid) -> None:
    """Join small tables, each of which costs a question some time, once there are several."""
    small = [
        (name, table)
        for name in symbolshelf.names(product)
        if (table := symbolshelf.table(product, name)).symbols < SMALL_TABLE
    ]
    if len(small) < MERGE_FROM:
        return
    builder, chosen = Builder(), []
    for name, table in small:
        if builder.symbols + table.symbols > SYMBOLS_A_TABLE:
            break
        for key, outline in table.outlines():
            builder.add(key, outline)
        chosen.append(name)
    symbolshelf.write(product, builder.blocks())
    for name in chosen:
        symbolshelf.remove(product, name)
