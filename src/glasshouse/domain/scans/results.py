# SPDX-License-Identifier: Apache-2.0
"""What tools said of single files, sealed under the product's key: the same is never worked out twice.

<home>/scans/<product>/results-<random>.pack   durable and whole; kind "scan"; a block for each file
<home>/scans/<product>/results-<random>.part   being made; whoever holds the lock may remove it
<home>/scans/<product>/lock                     held by the one that scans

All of it can be worked out again from the release and the tools: a backup leaves it out.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.scans.descriptions import FileSaid, Named
from glasshouse.domain.scans.errors import ScanBusyError
from glasshouse.domain.scans.models import FileResult
from glasshouse.domain.scans.planning import Wanted
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.tools.values import Installed
from glasshouse.engines.formats import sarif
from glasshouse.engines.store import Sealer
from glasshouse.engines.store.errors import BrokenSealError, DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "scan"
PURPOSE: Final = "scans"
_ASKED: Final = 500
_PART: Final = 2_000


def folder(product: Uid) -> Path:
    """Return where a product's results lie."""
    return shelves.folder(shelves.Shelf.SCANS, product)


@contextmanager
def sole_writer(product: Uid) -> Iterator[None]:
    """Hold the product's lock, what a killed scan left removed; raises ScanBusyError while another holds it."""
    busy = ScanBusyError("This product is being scanned already.", hint="Try again when that is done.")
    with shelves.sole_writer(folder(product) / "lock", busy):
        for path in folder(product).glob("results-*.part"):
            path.unlink()
        yield


def key_of(product: Uid, installed: Installed, one: Wanted, rules: Sequence[Named] = ()) -> bytes:
    """Return what stands for all that a result depends on, meaningless without the product's key.

    The path is in it: it stands in results, and tools look at names. So is our own reading of what tools say, with
    rules of ours; `rules` are a pack that was brought.
    """
    parts = [adapters(), installed.tool.name.encode(), str(installed.digest).encode()]
    parts += [f"{name} {version}".encode() for name, version in installing.packages(installed.tool).items()]
    parts += [part for path, digest in (one.file, *one.closure) for part in (path.raw, digest.raw)]
    if rules:
        parts += [b"rules", *(part for path, digest in rules for part in (path.raw, digest.raw))]
    parts += [b"flags", *(flag.encode("utf-8", "surrogateescape") for flag in (one.basis.value, *one.flags))]
    told = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return vault.sealer(product, PURPOSE).tag(b"result\0" + hashlib.sha256(told).digest())


def known(product: Uid, keys: Sequence[bytes], party: Sealer | None = None) -> dict[bytes, FileSaid]:
    """Return what is known already; a pack that is gone or damaged knows nothing, and its rows are removed.

    What is known by rules that somebody brought rests under the key of `party` besides.
    """
    rows: list[FileResult] = []
    for start in range(0, len(keys), _ASKED):
        rows += FileResult.objects.filter(product=product.text, key__in=keys[start : start + _ASKED])
    found: dict[bytes, FileSaid] = {}
    for pack in sorted({row.pack for row in rows}):
        reader = PackReader(folder(product) / pack, vault.ring().open(product), KIND)
        try:
            for row in rows:
                if row.pack == pack:
                    block = reader.block(row.block)
                    said = party.open(block, context=bytes(row.key)) if party else block
                    found[bytes(row.key)] = FileSaid.from_bytes(said)
        except (BrokenSealError, DamagedError):
            lost = {bytes(row.key) for row in rows if row.pack == pack}
            found = {key: said for key, said in found.items() if key not in lost}
            with journal.transaction():
                FileResult.objects.filter(product=product.text, pack=pack).delete()
    return found


def keep(product: Uid, tool: sarif.Tool, said: Mapping[bytes, FileSaid], party: Sealer | None = None) -> None:
    """Let results rest, durable when this returns; under the key of `party` besides, where it has one."""
    if not said:
        return
    name = f"results-{secrets.token_hex(16)}"
    partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("part", "pack"))
    told = ((key, one.to_bytes(tool)) for key, one in said.items())
    blocks = (party.seal(block, context=key) if party else block for key, block in told)
    shelves.write(product, KIND, blocks, partial=partial, whole=whole)
    rows = [FileResult(product=product.text, key=key, pack=whole.name, block=block) for block, key in enumerate(said)]
    for start in range(0, len(rows), _PART):
        with journal.transaction():
            FileResult.objects.bulk_create(rows[start : start + _PART], ignore_conflicts=True)


@cache
def adapters() -> bytes:
    """Return a digest of our code and rules for tools: another rule or another reading is another result."""
    digest = hashlib.sha256()

    def add(place: "resources.abc.Traversable") -> None:
        for one in sorted(place.iterdir(), key=lambda each: each.name):
            if one.is_dir() and one.name != "__pycache__":
                add(one)
            elif one.is_file():
                digest.update(one.name.encode() + b"\0" + one.read_bytes())

    add(resources.files("glasshouse.domain.scans.tools"))
    return digest.digest()
