# SPDX-License-Identifier: Apache-2.0
"""Reports at rest, sealed under their product's key.

<home>/reports/<product>/report-<random>.pack   durable and whole; kind "report". One that no row names is removed
<home>/reports/<product>/report-<random>.tmp    being made; whoever holds the lock may remove it
<home>/reports/<product>/lock                   held by the one writer

A pack is: blocks of results, each a SARIF log of its own; the run without results, for its rules and what the tool
said of itself; the paths that sightings name; the sightings, by which the next report is compared; last the head, which
says how many of each there are.
"""

import io
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from glasshouse.domain.detections.errors import ReportDamagedError, ReportsBusyError
from glasshouse.domain.releases import shelves, vault
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity.tables import RECORD, Sightings
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "report"
A_BLOCK: Final = 64
"""Results of a block: opening one of them costs the reading of all."""
_SIGHTINGS: Final = 2_000
_PATHS: Final = 5_000
_HEAD: Final = frozenset({"blocks", "paths", "results", "sightings"})


def folder(product: Uid) -> Path:
    """Return where a product's reports lie."""
    return shelves.folder(shelves.Shelf.REPORTS, product)


def write(product: Uid, blocks: Iterable[bytes]) -> str:
    """Let a report rest, durable when this returns, and return its name; nothing is left where `blocks` raises."""
    name = f"report-{secrets.token_hex(16)}"
    partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("tmp", "pack"))
    shelves.write(product, KIND, blocks, partial=partial, whole=whole)
    return whole.name


def remove_others(product: Uid, kept: Collection[str]) -> None:
    """Remove what no row names: a writer was killed before it could be recorded."""
    for path in folder(product).glob("report-*"):
        if path.name not in kept:
            with suppress(FileNotFoundError):
                path.unlink()


@contextmanager
def sole_writer(product: Uid) -> Iterator[None]:
    """Hold the product's lock; raises ReportsBusyError while another holds it."""
    busy = ReportsBusyError("Results of this product are being taken in already.", hint="Try again when that is done.")
    with shelves.sole_writer(folder(product) / "lock", busy):
        yield


def result_block(run: sarif.Run, results: Sequence[sarif.Result]) -> bytes:
    """Return a block of results."""
    bare = sarif.Tool(
        sarif.Component(run.tool.driver.name), tuple(sarif.Component(one.name) for one in run.tool.extensions)
    )
    return _log(sarif.Run(bare, column_kind=run.column_kind), results)


def ending(run: sarif.Run, results: int, blocks: int, sightings: Sightings) -> Iterator[bytes]:
    """Yield what follows the blocks of results."""
    yield _log(run, ())
    paths = sightings.paths
    for start in range(0, len(paths), _PATHS):
        yield b"\0".join(paths[start : start + _PATHS])
    for start in range(0, len(sightings), _SIGHTINGS):
        yield sightings.records[start : start + _SIGHTINGS].tobytes()
    head = {"blocks": blocks, "paths": len(paths), "results": results, "sightings": len(sightings)}
    yield json.dumps(head).encode()


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that rests. Raises ReportDamagedError where it is not what was written."""

    product: Uid
    name: str

    def sightings(self, standings: int) -> Sightings:
        """Return the sightings of all standings, of which there are so many, in the order of their numbers."""
        with self._reading() as pack:
            head = _head(pack)
            if head["sightings"] != standings:
                raise pack.damaged("there are not as many sightings as standings")
            first = head["blocks"] + 1
            stop = first + -(-head["paths"] // _PATHS)
            paths = [path for block in range(first, stop) for path in pack.block(block).split(b"\0")]
            last = stop + -(-standings // _SIGHTINGS)
            records = [np.frombuffer(pack.block(block), RECORD) for block in range(stop, last)]
            return Sightings(np.concatenate([np.empty(0, RECORD), *records], dtype=RECORD), paths)

    def run(self) -> sarif.Run:
        """Return the run without its results."""
        with self._reading() as pack:
            return _read(pack.block(_head(pack)["blocks"])).runs[0]

    def results(self, numbers: Iterable[int]) -> dict[int, sarif.Result]:
        """Return some results by their numbers, each block read once."""
        wanted = sorted(set(numbers))
        found: dict[int, sarif.Result] = {}
        with self._reading() as pack:
            for block in sorted({number // A_BLOCK for number in wanted}):
                results = [result for _, result in _read(pack.block(block)).results()]
                found |= {number: results[number % A_BLOCK] for number in wanted if number // A_BLOCK == block}
        return found

    def check(self) -> None:
        """Read every block."""
        with self._reading() as pack:
            _head(pack)
            for block in range(pack.blocks):
                pack.block(block)

    @contextmanager
    def _reading(self) -> Iterator[PackReader]:
        try:
            yield PackReader(folder(self.product) / self.name, vault.ring().open(self.product), KIND)
        except DamagedError as error:
            raise ReportDamagedError(
                "A report of this product was changed on the disk.", hint="Restore its file from a backup."
            ) from error


def _head(pack: PackReader) -> dict[str, int]:
    told: dict[str, int] = json.loads(pack.block(pack.blocks - 1))
    if told.keys() != _HEAD:
        raise pack.damaged("the last block is no head")
    return told


def _log(run: sarif.Run, results: Iterable[sarif.Result]) -> bytes:
    file = io.BytesIO()
    sarif.write(file, [(run, results)])
    return file.getvalue()


def _read(block: bytes) -> sarif.Log:
    return sarif.read(io.BytesIO(block))
