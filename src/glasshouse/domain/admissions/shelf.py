# SPDX-License-Identifier: Apache-2.0
"""What was brought, at rest under a key of the organisation that brought it.

<home>/brought/<organisation>/brought-<random>.pack   durable and whole; one that no row names is removed
<home>/brought/<organisation>/brought-<random>.tmp    being taken in; whoever holds the lock may remove it
<home>/brought/<organisation>/lock                    held by the one writer
"""

import hashlib
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from glasshouse.domain.admissions.errors import AdmissionsBusyError
from glasshouse.domain.releases import shelves, vault
from glasshouse.engines.store import Sealer
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

KIND: Final = "brought"
PURPOSE: Final = "admissions"
_BLOCK: Final = 4 * 2**20


def folder(party: Uid) -> Path:
    """Return where lies what an organisation brought."""
    home: Path = settings.GLASSHOUSE.home
    return home / "brought" / party.text


def sealer(party: Uid) -> Sealer:
    """Return what seals an organisation's words on what it brought, or those of both parties of an engagement."""
    return vault.party_sealer(party, PURPOSE)


@contextmanager
def sole_writer(party: Uid) -> Iterator[None]:
    """Hold the organisation's lock; raises AdmissionsBusyError while another holds it."""
    busy = AdmissionsBusyError("Something of your organisation is being taken in.", hint="Try again in a moment.")
    with shelves.sole_writer(folder(party) / "lock", busy):
        yield


def write(party: Uid, content: IO[bytes]) -> str:
    """Let content rest, durable when this returns, and return its name."""
    sealer(party)  # the key is made when it is first asked for
    name = f"brought-{secrets.token_hex(16)}"
    partial, whole = (folder(party) / f"{name}.{ending}" for ending in ("tmp", "pack"))
    content.seek(0)
    shelves.write(party, KIND, iter(lambda: content.read(_BLOCK), b""), partial=partial, whole=whole)
    return whole.name


def read(party: Uid, name: str) -> Iterator[bytes]:
    """Yield content in pieces as it was written; raises DamagedError."""
    reader = PackReader(folder(party) / name, vault.ring().open(party), KIND)
    for number in range(reader.blocks):
        yield reader.block(number)


def remove_others(party: Uid, kept: Collection[str]) -> None:
    """Remove what no row names."""
    for path in folder(party).glob("brought-*"):
        if path.name not in kept:
            with suppress(FileNotFoundError):
                path.unlink()


def measured(content: IO[bytes], most: int) -> tuple[Digest, int]:
    """Return digest and size of content, reading no more than one piece beyond `most` bytes."""
    whole, size = hashlib.sha256(), 0
    content.seek(0)
    while size <= most and (piece := content.read(_BLOCK)):
        whole.update(piece)
        size += len(piece)
    return Digest(whole.digest()), size
