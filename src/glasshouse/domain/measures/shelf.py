# SPDX-License-Identifier: Apache-2.0
"""Facts of documents and measures of releases at rest, sealed under their product's key.

<home>/index/<product>/measures-<version>-<random>.pack      durable and whole; facts of documents, then which they are
<home>/index/<product>/measured-<version>-<release>.pack     durable and whole; one release, put together
<home>/index/<product>/measure*.part                         being made; whoever holds the lock may remove it
<home>/index/<product>/measures.lock                         held by the one writer

The version is that of how documents are read: what another one read is removed.
"""

import io
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from django.conf import settings

from glasshouse.domain.measures.errors import MeasuresBusyError
from glasshouse.domain.measures.values import Measured
from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.measures import wire
from glasshouse.engines.measures.clones import Copies
from glasshouse.engines.measures.reckoning import Measures, Protected, Shadowed
from glasshouse.engines.measures.values import VERSION, Facts, Gap, Kind
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

KIND: Final = "measures"
_BLOCK_BYTES: Final = 4 * 2**20
_LENGTH: Final = 4
_COLUMNS: Final = (
    ("at", np.int64),
    ("state", np.uint8),
    ("lines", np.int64),
    ("code", np.int64),
    ("cut", np.bool_),
    ("silenced", np.int64),
    ("duplicated", np.int64),
    ("calls", np.int64),
    ("group", np.int64),
    ("file", np.int64),
    ("first", np.int64),
    ("last", np.int64),
)


class Key(NamedTuple):
    """What facts depend on: the content, and how its name says to read it."""

    digest: bytes
    kind: Kind


def folder(product: Uid) -> Path:
    """Return where a product's measures lie."""
    home: Path = settings.GLASSHOUSE.home
    return home / "index" / product.text


@contextmanager
def sole_writer(product: Uid) -> Iterator[None]:
    """Hold the product's lock, what is of no use any more removed; raises MeasuresBusyError while another holds it."""
    busy = MeasuresBusyError("This product is being measured already.", hint="Try again when that is done.")
    with shelves.sole_writer(folder(product) / "measures.lock", busy):
        for path in folder(product).glob("measure[ds]-*"):
            if path.suffix == ".part" or not path.name.startswith((f"measures-{VERSION}-", f"measured-{VERSION}-")):
                path.unlink()
        yield


def facts(product: Uid, wanted: frozenset[Key] | None = None) -> dict[Key, Facts | Gap]:
    """Return what is known of documents, of all or of those wanted; a damaged pack is removed, and knows nothing.

    The caller is the writer.
    """
    found: dict[Key, Facts | Gap] = {}
    for path in sorted(folder(product).glob(f"measures-{VERSION}-*.pack")):
        pack = PackReader(path, vault.ring().open(product), KIND)
        try:
            found |= _facts(pack, wanted)
        except DamagedError:
            path.unlink()
    return found


def _facts(pack: PackReader, wanted: frozenset[Key] | None) -> dict[Key, Facts | Gap]:
    found: dict[Key, Facts | Gap] = {}
    head = json.loads(pack.block(pack.blocks - 1))
    place = 0
    for block in range(pack.blocks - 1):
        content, at = pack.block(block), 0
        while at < len(content):
            size = int.from_bytes(content[at : at + _LENGTH], "big")
            digest, kind, gap = head[place]
            key = Key(bytes.fromhex(digest), Kind(kind))
            if wanted is None or key in wanted:
                told = content[at + _LENGTH : at + _LENGTH + size]
                found[key] = Gap(gap) if gap else wire.from_bytes(told)
            at += _LENGTH + size
            place += 1
    return found


def keys(product: Uid) -> set[Key]:
    """Return of which documents facts are known, every block read; a damaged pack is removed, as `facts` has it."""
    found: set[Key] = set()
    for path in sorted(folder(product).glob(f"measures-{VERSION}-*.pack")):
        pack = PackReader(path, vault.ring().open(product), KIND)
        try:
            *_, last = (pack.block(number) for number in range(pack.blocks))
        except DamagedError:
            path.unlink()
            continue
        head = json.loads(last)
        found |= {Key(bytes.fromhex(digest), Kind(kind)) for digest, kind, _ in head}
    return found


def keep(product: Uid, known: Mapping[Key, Facts | Gap]) -> None:
    """Let facts rest, durable when this returns."""
    if known:
        name = f"measures-{VERSION}-{secrets.token_hex(16)}"
        partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("part", "pack"))
        shelves.write(product, KIND, _blocks(known), partial=partial, whole=whole)


def _blocks(known: Mapping[Key, Facts | Gap]) -> Iterator[bytes]:
    head: list[tuple[str, str, str]] = []
    parts: list[bytes] = []
    size = 0
    for key, one in known.items():
        told = b"" if isinstance(one, Gap) else wire.to_bytes(one)
        head.append((key.digest.hex(), key.kind.value, one.value if isinstance(one, Gap) else ""))
        if parts and size + len(told) > _BLOCK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
        parts += [len(told).to_bytes(_LENGTH, "big"), told]
        size += len(told) + _LENGTH
    yield b"".join(parts)
    yield json.dumps(head).encode()


def keep_release(found: ReleaseRef, measured: Measured) -> None:
    """Let the measures of a release rest, durable when this returns."""
    whole = _place(found)
    shelves.write(found.product, KIND, _release(found, measured), partial=whole.with_suffix(".part"), whole=whole)


def is_kept(found: ReleaseRef) -> bool:
    """Say whether a release has measures."""
    return _place(found).exists()


def release(found: ReleaseRef) -> Measured | None:
    """Return the measures of a release; None where there are none, or not those that were written."""
    if not is_kept(found):
        return None
    pack = PackReader(_place(found), vault.ring().open(found.product), KIND)
    try:
        head = json.loads(pack.block(0))
        if head["release"] != found.uid.text or head["root"] != str(found.root):  # another release's, renamed
            return None
        columns = {
            name: np.load(io.BytesIO(pack.block(number)), allow_pickle=False)
            for number, (name, _) in enumerate(_COLUMNS, 1)
        }
    except DamagedError:
        return None
    at = columns.pop("at")
    copies = Copies(*(columns.pop(name) for name in ("group", "file", "first", "last")))
    measures = Measures(
        copies=copies,
        names=tuple(head["names"]),
        shadows=tuple(Shadowed(*one) for one in head["shadows"]),
        protected=tuple(Protected(*one) for one in head["protected"]),
        **columns,
    )
    return Measured(at, measures)


def _release(found: ReleaseRef, measured: Measured) -> Iterable[bytes]:
    one = measured.measures
    head = {
        "names": one.names,
        "protected": [[each.file, each.line, each.protection, each.is_on] for each in one.protected],
        "release": found.uid.text,
        "root": str(found.root),
        "shadows": [
            [each.file, each.line, each.name, each.callee, each.family, each.is_macro, each.dropped]
            for each in one.shadows
        ],
    }
    yield json.dumps(head).encode()
    for name, kind in _COLUMNS:
        owner = measured if name == "at" else one.copies if hasattr(one.copies, name) else one
        file = io.BytesIO()
        np.save(file, getattr(owner, name).astype(kind), allow_pickle=False)
        yield file.getvalue()


def _place(found: ReleaseRef) -> Path:
    return folder(found.product) / f"measured-{VERSION}-{found.uid.text}.pack"
