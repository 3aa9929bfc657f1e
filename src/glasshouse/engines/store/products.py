# SPDX-License-Identifier: Apache-2.0
"""The store as its callers see it: a product's releases, their manifests, and verified content."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from glasshouse.engines.store.caches import Cache
from glasshouse.engines.store.catalog import Catalog
from glasshouse.engines.store.entries import Entry
from glasshouse.engines.store.errors import KeyDestroyedError
from glasshouse.engines.store.intake import Intake, Progress
from glasshouse.engines.store.keys import KeyRing, ProductKey
from glasshouse.engines.store.manifests import Manifest
from glasshouse.engines.store.verify import Report, verify_release
from glasshouse.engines.store.windows import MAX_BYTES, Window, open_window
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span

_MANIFESTS = 16


class ProductStore:
    """The releases of one product. Safe between threads, and sees what other processes take in."""

    def __init__(self, folder: Path, key: ProductKey) -> None:
        self.key = key
        self._catalog = Catalog(folder, key)
        self._manifests: Cache[Digest, Manifest] = Cache(_MANIFESTS)

    def begin(self, *, progress: Progress | None = None) -> Intake:
        """Return the intake of a new release, to be used as a context manager.

        `progress` is told members and bytes now and then. Entering raises BusyError while another intake of this
        product runs.
        """
        self._check()
        return Intake(self._catalog, progress=progress)

    def roots(self) -> list[Digest]:
        """Return the roots of all releases, in the order they were taken in."""
        self._check()
        self._catalog.refresh()
        return [segment.root for segment in self._catalog.segments]

    def manifest(self, root: Digest) -> Manifest:
        """Return the manifest of a release; raises ReleaseNotFoundError."""
        self._check()
        manifest = self._manifests.get(root)
        if manifest is None:
            manifest = Manifest(self._catalog, self._catalog.segment_of(root))
            self._manifests.put(root, manifest, cost=1)
        return manifest

    def read_window(self, entry: Entry, span: Span, *, column: int = 0, max_bytes: int = MAX_BYTES) -> Window:
        """Return some lines of a file, checked by digest, opening only the blocks they lie in.

        `column` is the byte of the first line to begin at. A line is shown up to 4,096 bytes at a time, and the
        window up to `max_bytes`; it says where to read on. Raises LinesNotFoundError behind the end of the file,
        DamagedError when a byte of the store was changed.
        """
        self._check()
        return open_window(
            entry, lambda place: self._catalog.chunk(entry, place), span, column=column, max_bytes=max_bytes
        )

    def read_blob(self, entry: Entry) -> Iterator[bytes]:
        """Yield a file's content in pieces of up to 256 KiB, each checked by digest before it is given."""
        for place in range(max(1, len(entry.chunks))):
            self._check()
            yield self._catalog.chunk(entry, place)

    def document(self, digest: bytes) -> bytes:
        """Return the whole content of a file by its SHA-256, checked; raises EntryNotFoundError when it is not here."""
        self._check()
        return self._catalog.document(digest)

    def verify(self, root: Digest, *, progress: Progress | None = None) -> Report:
        """Decrypt all of a release and check every digest and its root; the report names what is damaged.

        `progress` is told files and bytes now and then.
        """
        self._check()
        return verify_release(self._catalog, self.manifest(root), progress=progress)

    def _check(self) -> None:
        try:
            self.key.check_alive()
        except KeyDestroyedError:
            self._catalog.forget()
            self._manifests.clear()
            raise


class Store:
    """The folder of all products' packs, and the ring of their keys."""

    def __init__(self, root: Path, ring: KeyRing) -> None:
        self._root = root
        self._ring = ring
        self._products: dict[Uid, ProductStore] = {}
        self._lock = Lock()

    def product(self, uid: Uid) -> ProductStore:
        """Return a product's releases; raises KeyNotFoundError or KeyDestroyedError as the key ring does."""
        with self._lock:
            found = self._products.get(uid)
            if found is None or not self._ring.exists(uid):
                self._products.pop(uid, None)
                found = self._products[uid] = ProductStore(self._root / str(uid), self._ring.open(uid))
            return found
