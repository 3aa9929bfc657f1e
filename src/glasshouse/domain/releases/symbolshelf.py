# SPDX-License-Identifier: Apache-2.0
"""Tables of symbols at rest, sealed under their product's key and shared by all its releases.

<home>/index/<product>/symbols-<random>.pack   durable and whole, or not there; a table's blocks, kind "symbols"
<home>/index/<product>/symbols-<random>.part   being made; whoever holds the lock may remove it
<home>/index/<product>/symbols.lock            held by the one writer
"""

import functools
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.releases.errors import SymbolsBusyError, SymbolsDamagedError
from glasshouse.engines.codeindex.symbols.errors import TableDamagedError
from glasshouse.engines.codeindex.symbols.tables import Table
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "symbols"
_DAMAGE: Final = (DamagedError, TableDamagedError)


def folder(product: Uid) -> Path:
    """Return where a product's tables lie."""
    return shelves.folder(shelves.Shelf.INDEX, product)


def names(product: Uid) -> tuple[str, ...]:
    """Return the names of a product's tables; none while there are none."""
    return tuple(sorted(path.name for path in folder(product).glob("symbols-*.pack")))


def table(product: Uid, name: str) -> Table:
    """Return a table, its head read and checked. Raises KeyDestroyedError, SymbolsDamagedError."""
    return _opened(product, (name,))[0]


def tables(product: Uid) -> list[Table]:
    """Return all tables of a product; sees those that other processes add, and raises as `table` does."""
    return _opened(product, names(product))


def _opened(product: Uid, wanted: Sequence[str]) -> list[Table]:
    vault.ring().open(product)  # what is remembered must not outlive the key
    with reading():
        return [_table(product, name) for name in wanted]


@functools.lru_cache(maxsize=256)
def _table(product: Uid, name: str) -> Table:
    pack = PackReader(folder(product) / name, vault.ring().open(product), KIND)
    return Table(pack.block, pack.blocks)


@contextmanager
def reading() -> Iterator[None]:
    """Say of damage found inside what a person can do about it."""
    try:
        yield
    except _DAMAGE as error:
        raise SymbolsDamagedError(
            "The symbols of this product were changed on the disk.",
            hint="The next job for its symbols makes them anew.",
        ) from error


def forget() -> None:
    """Let go of every name: a product was destroyed."""
    _table.cache_clear()


def write(product: Uid, blocks: Iterable[bytes]) -> str:
    """Let a table rest, durable when this returns, and return its name."""
    name = f"symbols-{secrets.token_hex(16)}"
    partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("part", "pack"))
    shelves.write(product, KIND, blocks, partial=partial, whole=whole)
    return whole.name


def remove(product: Uid, name: str) -> None:
    """Remove a table."""
    with suppress(FileNotFoundError):
        (folder(product) / name).unlink()


def remove_damaged(product: Uid) -> int:
    """Read every block of every table and remove the tables that are not what was written; return how many."""
    removed = 0
    for name in names(product):
        pack = PackReader(folder(product) / name, vault.ring().open(product), KIND)
        try:
            opened = Table(pack.block, pack.blocks)
            for number in range(pack.blocks - 1):
                opened.check(number)
        except _DAMAGE:
            remove(product, name)
            removed += 1
    return removed


@contextmanager
def sole_writer(product: Uid) -> Iterator[None]:
    """Hold the product's lock, what a killed writer left removed; raises SymbolsBusyError while another holds it."""
    busy = SymbolsBusyError("The symbols of this product are being looked for already.")
    with shelves.sole_writer(folder(product) / "symbols.lock", busy):
        for path in folder(product).glob("symbols-*.part"):
            path.unlink()
        yield
