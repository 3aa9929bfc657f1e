# SPDX-License-Identifier: Apache-2.0
"""Proving one file of a release: its leaf opened, and the path from the leaf to the root."""

from itertools import islice

from glasshouse.engines.store import leaves, merkle
from glasshouse.engines.store.caches import Cache
from glasshouse.engines.store.entries import Entry, Proof
from glasshouse.engines.store.heads import ManifestHead
from glasshouse.engines.store.keys import ProductKey
from glasshouse.engines.store.listings import Listing
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.digests import SIZE, Digest
from glasshouse.kernel.merkle import leaf_hash
from glasshouse.kernel.paths import TreePath

_LEAF_CACHE = 1 * 2**20


class Prover:
    """Makes the leaves and proofs of one release; keeps the leaf hashes of the groups used last."""

    def __init__(self, key: ProductKey, pack: PackReader, head: ManifestHead, listing: Listing) -> None:
        self._pack = pack
        self._head = head
        self._listing = listing
        self._salter = leaves.Salter(key)
        self._hashes: Cache[int, list[bytes]] = Cache(_LEAF_CACHE)

    def leaf(self, entry: Entry) -> bytes:
        """Return the salted leaf of an entry."""
        return self._salter.leaf(
            leaves.entry_json(
                path=entry.path.raw,
                mode=entry.mode,
                digest=entry.digest.raw,
                git_id=entry.git_id,
                size=entry.size,
                lines=entry.lines,
                chunks=[(chunk.digest.raw, chunk.first_line) for chunk in entry.chunks],
            )
        )

    def summary_leaf(self) -> bytes:
        """Return the closing leaf."""
        head = self._head
        listed = Digest.of(self.left_out_json())
        return self._salter.summary(
            leaves.summary_json(files=head.files, size=head.bytes, lines=head.lines, left_out=str(listed))
        )

    def left_out_json(self) -> bytes:
        """Return the canonical list of what was left out."""
        return b"".join(self._pack.block(block) for block in self._head.left_out_blocks)

    def prove(self, path: TreePath) -> Proof:
        """Prove one file."""
        return self._proof(self.leaf(self._listing.file(path)), self._listing.leaf_index(path))

    def prove_summary(self) -> Proof:
        """Prove the closing leaf."""
        return self._proof(self.summary_leaf(), self._head.files)

    def _proof(self, leaf: bytes, place: int) -> Proof:
        column = self._pack.block(self._head.groups_block)
        groups = [column[start : start + SIZE] for start in range(0, len(column), SIZE)]
        group, inside = divmod(place, merkle.GROUP)
        path = merkle.audit_path(self._leaf_hashes(group), inside) + merkle.audit_path(groups, group)
        return Proof(self._head.root, leaf, place, self._head.files + 1, tuple(path))

    def _leaf_hashes(self, group: int) -> list[bytes]:
        hashes = self._hashes.get(group)
        if hashes is None:
            entries = islice(self._listing.files(skip=group * merkle.GROUP), merkle.GROUP)
            hashes = [leaf_hash(self.leaf(entry)) for entry in entries]
            if len(hashes) < merkle.GROUP:
                hashes.append(leaf_hash(self.summary_leaf()))
            self._hashes.put(group, hashes, cost=2 * SIZE * len(hashes))
        return hashes
