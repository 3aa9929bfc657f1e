# SPDX-License-Identifier: Apache-2.0
"""Taking in the symbol index that a vendor's own build wrote for a release: checked against the release, sealed."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import crossingshelf, queries, vault
from glasshouse.domain.releases.errors import ForeignSymbolsError, TooManySymbolIndexesError
from glasshouse.domain.releases.models import Release, SymbolIndex
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.errors import ScipError
from glasshouse.engines.codeindex.symbols.scip import MAX_INDEX, MentionedDocument, Reading
from glasshouse.engines.codeindex.symbols.values import MAX_DOCUMENT
from glasshouse.engines.codeindex.symbols.weaving import Weaver
from glasshouse.engines.store import ProductStore
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

MAX_INDEXES: Final = 16
Progress = Callable[[int, int], None]
"""Called with documents read so far, and 0 for their unknown number."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in, and how much of it was left out; not `is_new` when the same index was here already.

    `foreign_documents`, made of another text than the release holds, are counted among those left out.
    """

    digest: Digest
    documents: int
    mentions: int
    left_out_documents: int
    foreign_documents: int
    left_out_mentions: int
    is_new: bool


def take_symbols(
    actor: str,
    product: str,
    version: str,
    source: Path,
    *,
    now: datetime,
    progress: Progress = lambda _done, _of: None,
) -> Taken:
    """Take a SCIP index in for a release, whole or not at all; the same index again changes nothing.

    Raises ReleaseUnknownError, ScipError for what is no index or beyond its caps, ForeignSymbolsError when no document
    of it is of this release, KeyDestroyedError. One that was damaged on the disk since is made anew.
    """
    row = queries.named(product, version)
    found = queries.ref(row)
    store = vault.product_store(found.product)
    content = _content(source)
    digest = Digest.of(content)
    with crossingshelf.sole_writer(found.product):
        named = SymbolIndex.objects.filter(release__product=row.product).values_list("pack", flat=True)
        crossingshelf.remove_others(found.product, set(named))
        known = SymbolIndex.objects.filter(release=row, digest=digest.raw).first()
        if known is None and SymbolIndex.objects.filter(release=row).count() >= MAX_INDEXES:
            raise TooManySymbolIndexesError(
                f"{product} {version} has {MAX_INDEXES} symbol indexes already.",
                hint="Give one index of the whole build, for a further version.",
            )
        if known is not None and crossingshelf.is_whole(found.product, known.pack):
            return _here(known, digest)
        reading = Reading(content, _Contents(store, found))
        pack = crossingshelf.write(found.product, Weaver().blocks(_reported(reading, progress)))
        taken = _taken(reading, digest)
        try:
            _check_is_of(taken, found)
            _record(actor, row, pack, taken, now=now)
        except BaseException:
            crossingshelf.discard(found.product, pack)
            raise
        crossingshelf.forget()
    return taken


class _Contents:
    """Reads the text at a path of a release; None where nothing is that an index may speak of."""

    def __init__(self, store: ProductStore, found: ReleaseRef) -> None:
        self._store = store
        self._digests = {
            one.path: one.digest
            for one in store.manifest(found.root).contents()
            if not one.is_link and not one.is_binary and one.size <= MAX_DOCUMENT
        }

    def __call__(self, path: TreePath) -> bytes | None:
        digest = self._digests.get(path.raw)
        return None if digest is None else self._store.document(digest)


def _content(source: Path) -> bytes:
    with source.open("rb") as file:
        if not stat.S_ISREG(source.stat().st_mode):
            raise ScipError("An index is a plain file.")
        content = file.read(MAX_INDEX + 1)
    if len(content) > MAX_INDEX:
        raise ScipError(f"An index has at most {MAX_INDEX // 2**20} MiB.")
    return content


def _reported(reading: Reading, progress: Progress) -> Iterator[MentionedDocument]:
    for document in reading:
        yield document
        progress(reading.documents, 0)


def _taken(reading: Reading, digest: Digest) -> Taken:
    return Taken(
        digest=digest,
        documents=reading.documents - reading.left_out_documents,
        mentions=reading.kept_mentions,
        left_out_documents=reading.left_out_documents,
        foreign_documents=reading.foreign_documents,
        left_out_mentions=reading.left_out_mentions,
        is_new=True,
    )


def _here(known: SymbolIndex, digest: Digest) -> Taken:
    return Taken(
        digest=digest,
        documents=known.documents,
        mentions=known.mentions,
        left_out_documents=known.left_out_documents,
        foreign_documents=known.foreign_documents,
        left_out_mentions=known.left_out_mentions,
        is_new=False,
    )


def _check_is_of(taken: Taken, found: ReleaseRef) -> None:
    if not taken.mentions:
        raise ForeignSymbolsError(
            f"No document of this index is of {found}: of {taken.left_out_documents:,} none stands there"
            f" with this text ({taken.foreign_documents:,} have another).",
            hint="An index names paths from the top of the release, and is made of the same source.",
        )


def _record(actor: str, row: Release, pack: str, taken: Taken, *, now: datetime) -> None:
    counts = {
        "documents": taken.documents,
        "foreign_documents": taken.foreign_documents,
        "left_out_documents": taken.left_out_documents,
        "left_out_mentions": taken.left_out_mentions,
        "mentions": taken.mentions,
    }
    with journal.transaction():
        SymbolIndex.objects.update_or_create(
            release=row,
            digest=taken.digest.raw,
            defaults={"pack": pack, **counts},
            create_defaults={"pack": pack, "imported_at": now, **counts},
        )
        journal.record(
            "releases.symbols-imported",
            actor=actor,
            at=now,
            subject=Uid(row.uid),
            fields={
                **counts,
                "digest": str(taken.digest),
                "product": row.product.slug,
                "root": str(Digest(bytes(row.root))),
                "version": row.version,
            },
        )
