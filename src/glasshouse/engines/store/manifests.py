# SPDX-License-Identifier: Apache-2.0
"""Reading a manifest: one entry, one folder, all of it, a proof, the difference to another.

The manifest pack of a release holds the new nodes (see `trees`), the hashes of the tree's groups of 256 leaves,
the list of what was left out, and in its last block the head (JSON).
"""

import json
from binascii import unhexlify
from collections.abc import Iterator

from glasshouse.engines.store.caches import Cache
from glasshouse.engines.store.catalog import Catalog, Segment
from glasshouse.engines.store.differences import difference
from glasshouse.engines.store.entries import Change, Content, Entry, Folder, Proof
from glasshouse.engines.store.heads import ManifestHead
from glasshouse.engines.store.listings import Listing
from glasshouse.engines.store.proofs import Prover
from glasshouse.engines.store.trees import Ref
from glasshouse.engines.store.unpack.members import LeftOut, Reason
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_LISTING_CACHE = 8 * 2**20
_CHILD_COST = 700  # bytes that a listed child takes in memory, about


class Manifest:
    """The canonical listing of a release. Reads open only the blocks they need; safe between threads."""

    def __init__(self, catalog: Catalog, segment: Segment) -> None:
        self._catalog = catalog
        self._head = ManifestHead.read(segment.manifest, segment.root)
        self._listing = Listing(catalog, segment.manifest, self._head.tree)
        self.prover = Prover(catalog.key, segment.manifest, self._head, self._listing)
        self._folders: Cache[tuple[TreePath | None, Ref], tuple[Entry | Folder, ...]] = Cache(_LISTING_CACHE)

    @property
    def root(self) -> Digest:
        """Return the hash that stands for all of the release."""
        return self._head.root

    @property
    def files(self) -> int:
        """Return how many files and links the release has."""
        return self._head.files

    @property
    def bytes(self) -> int:
        """Return the size of all files together."""
        return self._head.bytes

    @property
    def lines(self) -> int:
        """Return the lines of all files together."""
        return self._head.lines

    @property
    def left_out_count(self) -> int:
        """Return how many things of the source did not come in."""
        return self._head.left_out

    @property
    def tree(self) -> Ref:
        """Return where the top node lies."""
        return self._head.tree

    def entry(self, path: TreePath) -> Entry:
        """Return one file; raises EntryNotFoundError when nothing, or a folder, is there."""
        return self._listing.file(path)

    def folder(self, path: TreePath | None) -> list[Entry | Folder]:
        """Return what lies directly in a folder, in the order of paths; None is the top.

        Raises EntryNotFoundError when nothing, or a file, is there.
        """
        key = (path, self._listing.folder_ref(path))
        listed = self._folders.get(key)
        if listed is None:
            listed = tuple(self._listing.children(key[1], path.raw + b"/" if path else b""))
            self._folders.put(key, listed, cost=_CHILD_COST * (1 + len(listed)))
        return list(listed)

    def entries(self) -> Iterator[Entry]:
        """Yield every file in the order of paths."""
        return self._listing.files()

    def contents(self) -> Iterator[Content]:
        """Yield what stands at each path, in the order of paths: what a search needs, and quickly."""
        return self._listing.contents()

    def left_out(self) -> list[LeftOut]:
        """Return what of the source did not come in, in the order it was met."""
        rows = json.loads(self.prover.left_out_json())
        return [LeftOut(unhexlify(name), Reason(reason), detail) for name, reason, detail in rows]

    def prove(self, path: TreePath) -> Proof:
        """Return the leaf of one file and the proof (RFC 6962, 2.1.1) that this release's root contains it."""
        return self.prover.prove(path)

    def prove_summary(self) -> Proof:
        """Return the closing leaf, which counts files, bytes and lines, and its proof."""
        return self.prover.prove_summary()

    def diff(self, newer: "Manifest") -> Iterator[Change]:
        """Yield what differs in a newer release of the same product, in the order of paths.

        Folders that are alike are not opened.
        """
        return difference(self._catalog.node, self.tree, newer.tree, self._listing.entry)
