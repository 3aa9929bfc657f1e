# SPDX-License-Identifier: Apache-2.0
"""The releases of one product as they lie on disk, opened once, and the one place that reads their packs.

    <product>/releases/<root>/{blobs-NNNN.pack, index.pack, manifest.pack}     whole, or not there
    <product>/intake/<random>/                                                 being made; anybody may remove it
    <product>/lock                                                             held by the one writer

A release's folder holds what it added to the releases before it, its *segment*; segments are numbered.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from glasshouse.engines.store import index as blob_index
from glasshouse.engines.store import pipeline, trees
from glasshouse.engines.store.caches import Cache
from glasshouse.engines.store.entries import Entry
from glasshouse.engines.store.errors import DamagedError, EntryNotFoundError, ReleaseNotFoundError
from glasshouse.engines.store.index import Facts, Index, Run
from glasshouse.engines.store.keys import ProductKey
from glasshouse.engines.store.packs import PackReader
from glasshouse.engines.store.trees import Node, Ref
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

_BLOCK_CACHE = 16 * 2**20
_NODE_CACHE = 16 * 2**20
_ROW_COST = 200  # bytes that a parsed row takes in memory, about


@dataclass(frozen=True, slots=True)
class Segment:
    """What one release added: its packs."""

    root: Digest
    head: blob_index.Head
    index: PackReader
    blobs: tuple[PackReader, ...]
    manifest: PackReader

    @property
    def packs(self) -> tuple[PackReader, ...]:
        """Return every pack of the segment."""
        return (self.index, self.manifest, *self.blobs)


class Catalog:
    """All segments of a product. Safe between threads; sees releases that other processes add."""

    def __init__(self, folder: Path, key: ProductKey) -> None:
        self.folder = folder
        self.key = key
        self.index = Index()
        self.segments: list[Segment] = []
        self._roots: dict[Digest, Segment] = {}
        self._blocks: Cache[tuple[int, int, int], bytes] = Cache(_BLOCK_CACHE)
        self._nodes: Cache[Ref, Node] = Cache(_NODE_CACHE)
        self._lock = Lock()

    def refresh(self) -> None:
        """Take in the releases that came since; raises DamagedError when one is missing or was changed."""
        with self._lock:
            known = {segment.root for segment in self.segments}
            found = [self._segment(root) for root in self._listed() if root not in known]
            for segment in sorted(found, key=lambda one: one.head.segment):
                if segment.head.segment != len(self.segments) or segment.head.base != self.index.next_number:
                    raise segment.index.damaged("a release that came before it is missing")
                for run in blob_index.read_runs(segment.index, segment.head):
                    self.index.add(run)
                self.segments.append(segment)
                self._roots[segment.root] = segment

    def segment_of(self, root: Digest) -> Segment:
        """Return the segment whose release has this root."""
        if root not in self._roots:
            self.refresh()
        try:
            return self._roots[root]
        except KeyError:
            raise ReleaseNotFoundError from None

    def forget(self) -> None:
        """Let go of everything decrypted."""
        self._blocks.clear()
        self._nodes.clear()
        for segment in self.segments:
            for pack in segment.packs:
                pack.forget()

    def blob(self, run: Run, facts: Facts) -> bytes:
        """Return a blob's bytes, not yet checked against its digest."""
        if not facts.size:
            return b""
        key = (run.segment, facts.pack, facts.block)
        block = self._blocks.get(key)
        if block is None:
            block = self.blob_pack(run, facts).block(facts.block)
            self._blocks.put(key, block, cost=len(block))
        return block[facts.offset : facts.offset + facts.size]

    def chunk(self, entry: Entry, place: int) -> bytes:
        """Return a file's chunk, checked by digest; a file of no chunks is the whole of its first."""
        digest = entry.chunks[place].digest if entry.chunks else entry.digest
        number = self.index.find(digest.raw)
        if number is None:
            raise DamagedError(f"Product {self.key.uid}: a blob of a release is not in the index.")
        run, row = self.index.place(number)
        facts = run.facts_of(row)
        content = self.blob(run, facts)
        if Digest.of(content) != digest:
            raise self.blob_pack(run, facts).damaged(f"block {facts.block} holds a blob that differs from its digest")
        return content

    def document(self, digest: bytes) -> bytes:
        """Return the whole content that has a digest, checked against it once, whatever its chunks."""
        number = self.index.find(digest)
        if number is None:
            self.refresh()
            number = self.index.find(digest)
        if number is None:
            raise EntryNotFoundError
        run, row = self.index.place(number)
        facts = run.facts_of(row)
        content = self.blob(run, facts) if not facts.flags & blob_index.LARGE else self._joined(run, facts)
        if hashlib.sha256(content).digest() != digest:
            raise DamagedError(f"Product {self.key.uid}: a file of a release differs from its digest.")
        return content

    def _joined(self, run: Run, facts: Facts) -> bytes:
        parts = []
        for chunk in run.chunks_of(facts):
            number = self.index.find(chunk.digest)
            if number is None:
                raise DamagedError(f"Product {self.key.uid}: a blob of a release is not in the index.")
            home, row = self.index.place(number)
            parts.append(self.blob(home, home.facts_of(row)))
        return b"".join(parts)

    def blob_pack(self, run: Run, facts: Facts) -> PackReader:
        """Return the pack that holds a blob."""
        return self.segments[run.segment].blobs[facts.pack]

    def node_bytes(self, ref: Ref) -> bytes:
        """Return a manifest node as it was written."""
        key = (ref.segment, -1, ref.block)
        block = self._blocks.get(key)
        if block is None:
            block = self.segments[ref.segment].manifest.block(ref.block)
            self._blocks.put(key, block, cost=len(block))
        return block[ref.offset : ref.offset + ref.length]

    def node(self, ref: Ref) -> Node:
        """Return a manifest node, parsed."""
        node = self._nodes.get(ref)
        if node is None:
            try:
                node = trees.parse_node(self.node_bytes(ref))
            except (struct.error, ValueError, IndexError) as error:
                raise self.segments[ref.segment].manifest.damaged(f"block {ref.block} holds no node") from error
            self._nodes.put(ref, node, cost=_ROW_COST * (1 + len(node)))
        return node

    def _listed(self) -> list[Digest]:
        roots: list[Digest] = []
        try:
            names = sorted(path.name for path in (self.folder / "releases").iterdir())
        except FileNotFoundError:
            return roots
        for name in names:
            try:
                roots.append(Digest.parse(name))
            except InvalidError as error:
                raise DamagedError(f"Product {self.key.uid}: {name[:80]!r} is no release.") from error
        return roots

    def _segment(self, root: Digest) -> Segment:
        folder = self.folder / "releases" / str(root)
        index = PackReader(folder / "index.pack", self.key, blob_index.KIND)
        try:
            head = blob_index.read_head(index)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise index.damaged("block 0 is no head") from error
        manifest = PackReader(folder / "manifest.pack", self.key, trees.KIND, expected_id=head.manifest)
        blobs = tuple(
            PackReader(folder / pipeline.pack_name(place), self.key, pipeline.KIND, expected_id=pack_id)
            for place, pack_id in enumerate(head.packs)
        )
        return Segment(root, head, index, blobs, manifest)
