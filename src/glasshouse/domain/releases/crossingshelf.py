# SPDX-License-Identifier: Apache-2.0
"""A vendor's own symbol indexes at rest, sealed under their product's key; they come with no release and are backed up.

<home>/scip/<product>/crossing-<random>.pack   durable and whole; kind "scip". One that no row names is removed
<home>/scip/<product>/crossing-<random>.tmp    being made; whoever holds the lock may remove it
<home>/scip/<product>/lock                     held by the one writer
"""

import functools
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.releases.errors import SymbolsBusyError, SymbolsDamagedError
from glasshouse.engines.codeindex.symbols.crossing import Crossing
from glasshouse.engines.codeindex.symbols.errors import TableDamagedError
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "scip"
_DAMAGE: Final = (DamagedError, TableDamagedError)


def folder(product: Uid) -> Path:
    """Return where a product's indexes lie."""
    return shelves.folder(shelves.Shelf.SCIP, product)


def opened(product: Uid, name: str) -> Crossing:
    """Return an index, its head read and checked; raises KeyDestroyedError."""
    vault.ring().open(product)  # what is remembered must not outlive the key
    return _opened(product, name)


@functools.lru_cache(maxsize=16)
def _opened(product: Uid, name: str) -> Crossing:
    pack = PackReader(folder(product) / name, vault.ring().open(product), KIND)
    return Crossing(functools.lru_cache(maxsize=64)(pack.block), pack.blocks)


@contextmanager
def reading() -> Iterator[None]:
    """Say of damage found inside what a person can do about it."""
    try:
        yield
    except _DAMAGE as error:
        raise SymbolsDamagedError(
            "A symbol index of this product was changed on the disk.",
            hint="The operator imports it again, or restores its file from a backup.",
        ) from error


def is_whole(product: Uid, name: str) -> bool:
    """Say whether every block of an index is what was written."""
    try:
        pack = PackReader(folder(product) / name, vault.ring().open(product), KIND)
        Crossing(pack.block, pack.blocks).check()
    except _DAMAGE:
        return False
    return True


def forget() -> None:
    """Let go of every name: a product was destroyed."""
    _opened.cache_clear()


def write(product: Uid, blocks: Iterable[bytes]) -> str:
    """Let an index rest, durable when this returns, and return its name; nothing is left where `blocks` raises."""
    name = f"crossing-{secrets.token_hex(16)}"
    partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("tmp", "pack"))
    shelves.write(product, KIND, blocks, partial=partial, whole=whole)
    return whole.name


def discard(product: Uid, name: str) -> None:
    """Remove an index that could not be recorded."""
    (folder(product) / name).unlink(missing_ok=True)


def remove_others(product: Uid, kept: Collection[str]) -> None:
    """Remove what no row names: a writer was killed before it could be recorded."""
    for path in folder(product).glob("crossing-*"):
        if path.name not in kept:
            with suppress(FileNotFoundError):
                path.unlink()


@contextmanager
def sole_writer(product: Uid) -> Iterator[None]:
    """Hold the product's lock; raises SymbolsBusyError while another holds it."""
    busy = SymbolsBusyError("A symbol index of this product is being imported already.")
    with shelves.sole_writer(folder(product) / "lock", busy):
        yield
