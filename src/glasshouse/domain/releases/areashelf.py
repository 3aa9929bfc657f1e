# SPDX-License-Identifier: Apache-2.0
"""Which documents define a name that a rule of the risky areas knows: worked out once for a table of symbols, sealed.

Going through the names of a large release takes seconds, in which the web would answer nobody else.

<home>/index/<product>/areas-<version of the rules>-<table>.pack   durable and whole; a row of bits for each rule
<home>/index/<product>/areas-<version of the rules>-<table>.part   being made by the writer of the tables
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from glasshouse.domain.releases import areas, shelves, symbolshelf, vault
from glasshouse.engines.codeindex.symbols.tables import Mask
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "areas"


def definers(product: Uid, name: str) -> Sequence[Mask]:
    """Return, for each rule, which documents of a table define a name that it knows.

    What `keep` did not work out yet, or what was damaged since, is worked out here. Raises as `symbolshelf.table` does.
    """
    kept = _kept(product, name)
    return _worked_out(product, name) if kept is None else kept


def keep(product: Uid) -> None:
    """Work out what is missing and remove what is of other tables or rules; the caller is the writer of the tables."""
    wanted = {_place(product, name): name for name in symbolshelf.names(product)}
    for path in symbolshelf.folder(product).glob("areas-*"):
        if path not in wanted or _kept(product, wanted[path]) is None:
            path.unlink()
    for path, name in wanted.items():
        if not path.exists():
            bits = np.packbits(np.array(_worked_out(product, name)), axis=1).tobytes()
            blocks = [name.encode("ascii"), bits]
            shelves.write(product, KIND, blocks, partial=path.with_suffix(".part"), whole=path)


def _kept(product: Uid, name: str) -> Sequence[Mask] | None:
    """Return what rests for a table, None where nothing does, or not what was written for it."""
    pack = PackReader(_place(product, name), vault.ring().open(product), KIND)
    try:
        if pack.block(0) != name.encode("ascii"):  # another table's, renamed
            return None
        bits = np.frombuffer(pack.block(1), np.uint8)
    except DamagedError:
        return None
    rows = bits.reshape(len(areas.rules().every), -1)
    return list(np.unpackbits(rows, axis=1, count=symbolshelf.table(product, name).documents).view(np.bool_))


def _worked_out(product: Uid, name: str) -> Sequence[Mask]:
    return symbolshelf.table(product, name).definers(areas.defined, len(areas.rules().every))


def _place(product: Uid, table: str) -> Path:
    return symbolshelf.folder(product) / f"areas-{areas.rules().version}-{table}"
