# SPDX-License-Identifier: Apache-2.0
"""The lab's store and keys, opened once a process."""

import functools
from contextlib import suppress

from django.conf import settings

from glasshouse.domain.journal.values import Tagger
from glasshouse.engines.store import KeyRing, MasterKey, ProductKey, ProductStore, Sealer, Store
from glasshouse.engines.store.errors import KeyExistsError, KeyNotFoundError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

OPAQUE_BYTES = 16


@functools.cache
def _ring() -> KeyRing:
    lab = settings.GLASSHOUSE
    if lab.master_passphrase:
        master = MasterKey.from_passphrase(lab.master_passphrase, lab.home / "master.salt")
    else:
        master = MasterKey.load(lab.master_key)
    return KeyRing(lab.home / "keys", master)


@functools.cache
def _store() -> Store:
    return Store(settings.GLASSHOUSE.packs, _ring())


def close() -> None:
    """Forget keys and caches: a key was destroyed, or a test changes labs."""
    _sealer.cache_clear()
    _ring.cache_clear()
    forget()


def forget() -> None:
    """Let go of what was read of any product; keys stay open."""
    _product.cache_clear()
    _store.cache_clear()


def ring() -> KeyRing:
    """Return the product keys; raises when the master key is missing or readable by others."""
    return _ring()


@functools.lru_cache(maxsize=64)
def _product(uid: Uid) -> ProductStore:
    return _store().product(uid)


@functools.lru_cache(maxsize=256)
def _sealer(uid: Uid, purpose: str) -> Sealer:
    key: ProductKey = _ring().open(uid)
    return key.sealer(purpose)


def product_store(product: Uid) -> ProductStore:
    """Return a product's packs and manifests; raises when its key was destroyed."""
    return _product(product)


def sealer(product: Uid, purpose: str) -> Sealer:
    """Return the sealer for one purpose of one product; raises when its key was destroyed."""
    return _sealer(product, purpose)


def party_sealer(party: Uid, purpose: str) -> Sealer:
    """Return the sealer for one purpose of an organisation, or of an engagement for both its parties.

    Its key is made when it is first asked for and rests as products' keys do, wrapped by the master key: a copy of the
    database opens nothing.
    """
    try:
        return _sealer(party, purpose)
    except KeyNotFoundError:
        with suppress(KeyExistsError):  # another process was first
            _ring().create(party)
    return _sealer(party, purpose)


def journal_sealer(product: Uid) -> Tagger:
    """Return what the journal seals source-derived fields with."""
    return _sealer(product, "journal")


def path_id(product: Uid, path: bytes) -> bytes:
    """Return the opaque id of a path: stable for the product, and meaningless without its key."""
    return _sealer(product, "path-ids").tag(path)[:OPAQUE_BYTES]


def blob_id(product: Uid, digest: Digest) -> bytes:
    """Return the opaque id of a blob: stable for the product, and meaningless without its key."""
    return _sealer(product, "blob-ids").tag(digest.raw)[:OPAQUE_BYTES]
