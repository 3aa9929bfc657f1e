# SPDX-License-Identifier: Apache-2.0
"""The search index at rest: sealed segments of a product's documents, shared by all its releases.

    <home>/index/<product>/segment-<random>.pack   durable and whole, or not there
    <home>/index/<product>/building-<random>.pack  being made; whoever holds the lock may remove it
    <home>/index/<product>/lock                    held by the one indexer

A segment is a pack of kind "search": block 0 is its head (JSON), block 1 the languages that first lines tell (JSON:
digests by language), then a block for each of its parts. `sequence` orders the segments; `replaces` names those that
were merged into it, which count no more from the moment it is there. Each segment is durable when written, so an
indexer that was killed goes on with the documents that no segment has.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from django.conf import settings

from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.languages import Language, language_by_head
from glasshouse.engines.codeindex.search import building
from glasshouse.engines.codeindex.search.errors import SegmentDamagedError
from glasshouse.engines.codeindex.search.segments import DIGEST_BYTES, Document, Segment
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid

KIND: Final = "search"
BATCH_BYTES: Final = 160 * 2**20
MAX_CHUNKS: Final = 65_000
SMALL_BYTES: Final = 48 * 2**20
MERGE_FROM: Final = 6
_CHUNK: Final = 64 * 1024
_FIRST_LINE: Final = 256
_PARTS: Final = 2
_FORMAT: Final = 2
_HEAD: Final = frozenset({"bytes", "chunks", "documents", "format", "replaces", "sequence"})
Report = Callable[[int, int], None]


class IndexBusyError(ConflictError):
    """Another process indexes this product."""

    code = "releases.index-busy"


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment that rests, by what its head says; `bytes` counts the documents' content."""

    name: str
    sequence: int
    documents: int
    chunks: int
    bytes: int
    replaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that become one segment, by digest."""

    sequence: int
    digests: tuple[bytes, ...] = field(repr=False)
    bytes: int


Builder = Callable[[Uid, Sequence[Batch]], Iterator[str]]
"""Builds segments, perhaps several at a time, and names each when it is durable."""


def folder(product: Uid) -> Path:
    """Return where a product's segments lie."""
    return shelves.folder(shelves.Shelf.INDEX, product)


def products() -> list[Uid]:
    """Return the products that have an index."""
    try:
        return sorted(Uid.parse(path.name) for path in Path(settings.GLASSHOUSE.home / "index").iterdir())
    except FileNotFoundError:
        return []


def names(product: Uid) -> list[str]:
    """Return the names of all segments that lie there, replaced ones too; none while there is no index."""
    try:
        return sorted(entry.name for entry in os.scandir(folder(product)) if entry.name.startswith("segment-"))
    except FileNotFoundError:
        return []


def head(product: Uid, name: str) -> Kept:
    """Read a segment's head; raises DamagedError when a byte of it was changed."""
    pack = _reader(product, name)
    try:
        told = json.loads(pack.block(0))
        if told.keys() != _HEAD or told["format"] != _FORMAT:
            raise pack.damaged("block 0 is no head")
        return Kept(
            name=name,
            sequence=told["sequence"],
            documents=told["documents"],
            chunks=told["chunks"],
            bytes=told["bytes"],
            replaces=frozenset(told["replaces"]),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise pack.damaged("block 0 is no head") from error


def standing(found: Iterable[Kept]) -> list[Kept]:
    """Return the segments that count, in their order: without those that were merged into another."""
    every = list(found)
    replaced = {name for one in every for name in one.replaces}
    return sorted((one for one in every if one.name not in replaced), key=lambda one: (one.sequence, one.name))


def load(product: Uid, kept: Kept) -> Segment:
    """Read a segment whole; raises DamagedError when a byte of it was changed."""
    pack = _reader(product, kept.name)
    try:
        blocks = [pack.block(number) for number in range(pack.blocks)]
        return Segment.parse(blocks[_PARTS:])
    except SegmentDamagedError as error:
        raise pack.damaged("its columns do not fit together") from error


def digests(product: Uid, kept: Kept) -> set[bytes]:
    """Return which documents a segment holds, reading no more of it than that."""
    column = _reader(product, kept.name).block(
        _PARTS + 1
    )  # behind the segment's own head; the digests come first, and fit in a part
    return {column[start : start + DIGEST_BYTES] for start in range(0, kept.documents * DIGEST_BYTES, DIGEST_BYTES)}


def languages(product: Uid, name: str) -> dict[bytes, Language]:
    """Return the documents of a segment whose first line names a language; raises DamagedError."""
    pack = _reader(product, name)
    try:
        return {
            bytes.fromhex(digest): Language(language)
            for language, told in json.loads(pack.block(1)).items()
            for digest in told
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise pack.damaged("block 1 names no languages") from error


def build_here(product: Uid, batches: Sequence[Batch]) -> Iterator[str]:
    """Build segments one after the other in this process."""
    for batch in batches:
        yield build(product, batch)


def build(product: Uid, batch: Batch) -> str:
    """Read the documents of a batch, each checked by digest, index them, and let the segment rest; return its name."""
    store = vault.product_store(product)
    languages: dict[bytes, Language] = {}

    def documents() -> Iterator[Document]:
        for digest in batch.digests:
            content = store.document(digest)
            language = language_by_head(content[:_FIRST_LINE])
            if language is not None:
                languages[digest] = language
            yield Document(digest, content)

    segment = building.build(documents())
    return _write(product, segment, languages, sequence=batch.sequence, size=batch.bytes)


def index(
    product: Uid,
    releases: Sequence[ReleaseRef],
    *,
    build: Builder = build_here,
    report: Report = lambda _done, _of: None,
    damaged: str = "",
    note_damage: Callable[[str], None] = lambda _name: None,
) -> int:
    """Index the documents of these releases that no segment has, then merge what piled up; return how many came.

    `damaged` names a segment that could not be read: it is removed where that is still so. `note_damage` is told of
    others that are found and removed on the way. Raises IndexBusyError.
    """
    with shelves.sole_writer(folder(product) / "lock", IndexBusyError("This product is being indexed already.")):
        _tidy(product)
        if damaged in names(product) and not _is_readable(product, damaged):
            (folder(product) / damaged).unlink()
        there, broken = _heads(product)
        for name in broken:
            note_damage(name)
            (folder(product) / name).unlink()
        batches = _plan(product, releases, there)
        for done, _ in enumerate(build(product, batches), start=1):
            report(done, len(batches))
        _merge(product, report, note_damage)
    return sum(len(batch.digests) for batch in batches)


def is_complete(product: Uid, releases: Sequence[ReleaseRef]) -> bool:
    """Say whether every document of these releases is in a segment that can be read."""
    there, broken = _heads(product)
    return not broken and not _plan(product, releases, there)


def _heads(product: Uid) -> tuple[list[Kept], list[str]]:
    """Return the standing segments, and the names of those whose heads cannot be read."""
    found, broken = [], []
    for name in names(product):
        try:
            found.append(head(product, name))
        except DamagedError:
            broken.append(name)
    return standing(found), broken


def _is_readable(product: Uid, name: str) -> bool:
    try:
        load(product, head(product, name))
    except DamagedError:
        return False
    return True


def _plan(product: Uid, releases: Sequence[ReleaseRef], there: Sequence[Kept]) -> list[Batch]:
    """Return what is to be built, in the order in which the documents lie in the store."""
    store = vault.product_store(product)
    known: set[bytes] = set()
    for kept in there:
        known |= digests(product, kept)
    wanted: list[tuple[bytes, int]] = []
    for ref in releases:
        for one in store.manifest(ref.root).contents():
            if is_searched(one.size, is_link=one.is_link, is_binary=one.is_binary) and one.digest not in known:
                known.add(one.digest)
                wanted.append((one.digest, one.size))
    sequence = max((kept.sequence for kept in there), default=0) + 1
    return list(_batches(wanted, sequence))


def is_searched(size: int, *, is_link: bool, is_binary: bool) -> bool:
    """Say whether a file of this kind is indexed; what is empty has no line to find."""
    return 0 < size <= settings.GLASSHOUSE.search_file_bytes and not is_link and not is_binary


def _batches(wanted: Sequence[tuple[bytes, int]], sequence: int) -> Iterator[Batch]:
    total = sum(size for _, size in wanted)
    parts = -(-total // BATCH_BYTES)
    # Two processes build: an even number of like parts keeps both busy to the end.
    share = total // (parts + parts % 2) + 1 if parts > 1 else BATCH_BYTES
    batch: list[bytes] = []
    held = chunks = 0
    for digest, size in wanted:
        batch.append(digest)
        held += size
        chunks += 2 + 2 * size // _CHUNK
        if held >= share or chunks >= MAX_CHUNKS:
            yield Batch(sequence, tuple(batch), held)
            batch, held, chunks, sequence = [], 0, 0, sequence + 1
    if batch:
        yield Batch(sequence, tuple(batch), held)


def _merge(product: Uid, report: Report, note_damage: Callable[[str], None]) -> None:
    """Join small segments, which cost each search some time, once there are several."""
    small = [kept for kept in _heads(product)[0] if kept.bytes < SMALL_BYTES]
    if len(small) < MERGE_FROM:
        return
    chosen: list[Kept] = []
    for kept in small:
        has_room = sum(one.chunks for one in chosen) + kept.chunks <= MAX_CHUNKS
        if has_room and sum(one.bytes for one in chosen) + kept.bytes <= BATCH_BYTES:
            chosen.append(kept)
    loaded = []
    told: dict[bytes, Language] = {}
    for kept in chosen:
        try:
            loaded.append(load(product, kept))
            told |= languages(product, kept.name)
        except DamagedError:
            note_damage(kept.name)
            (folder(product) / kept.name).unlink()  # the next job builds it again
            return
        report(len(loaded), len(chosen))
    _write(
        product,
        building.merge(loaded),
        told,
        sequence=chosen[-1].sequence,
        size=sum(kept.bytes for kept in chosen),
        replaces=[kept.name for kept in chosen],
    )
    _tidy(product)


def _write(
    product: Uid,
    segment: Segment,
    languages: Mapping[bytes, Language],
    *,
    sequence: int,
    size: int,
    replaces: Sequence[str] = (),
) -> str:
    where = folder(product)
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    random = secrets.token_hex(16)
    partial, name = where / f"building-{random}.pack", f"segment-{random}.pack"
    told = {
        "bytes": size,
        "chunks": len(segment.lengths),
        "documents": len(segment),
        "format": _FORMAT,
        "replaces": list(replaces),
        "sequence": sequence,
    }
    blocks = (json.dumps(told).encode(), json.dumps(_by_language(languages)).encode())
    shelves.write(product, KIND, chain(blocks, segment.parts()), partial=partial, whole=where / name)
    return name


def _by_language(languages: Mapping[bytes, Language]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for digest, language in sorted(languages.items()):
        found.setdefault(language.value, []).append(digest.hex())
    return found


def _tidy(product: Uid) -> None:
    """Remove what an indexer left that was killed: half a segment, or segments that were merged into another."""
    with suppress(FileNotFoundError):
        for path in list(folder(product).glob("building-*")):
            path.unlink()
    replaced: set[str] = set()
    for name in names(product):
        with suppress(DamagedError):
            replaced |= head(product, name).replaces
    for name in replaced & set(names(product)):
        (folder(product) / name).unlink()


def _reader(product: Uid, name: str) -> PackReader:
    return PackReader(folder(product) / name, vault.ring().open(product), KIND)
