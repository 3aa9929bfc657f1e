# SPDX-License-Identifier: Apache-2.0
"""How an event's fields rest: one sealed box for each class, and one more for what derives from source.

Stored form: for each box a tag byte (the class's letter, upper case where it derives from source), a four-byte
big-endian length, the ciphertext. The key of a box comes from the class's seed; a source box's key from the seed
and the product's key together, so that either loss closes it. A key seals one box once, so its nonce is zero.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from glasshouse.domain.journal.errors import JournalDamagedError
from glasshouse.domain.journal.models import SeedClass
from glasshouse.domain.journal.values import Fields, Json, Tagger

_NONCE = bytes(12)


def seal(fields: Fields, seed: bytes, letter: SeedClass, uid: str, *, source: Tagger | None = None) -> bytes:
    """Return one stored box; the event's uid is bound to it."""
    tag = letter.value.upper() if source else letter.value
    sealed = AESGCM(_key(seed, source)).encrypt(_NONCE, rfc8785.dumps(dict(fields)), (uid + tag).encode())
    return tag.encode() + len(sealed).to_bytes(4, "big") + sealed


def digest(stored: bytes, names: str, product: str) -> bytes:
    """Return what the commitment covers of a row besides its fields: the boxes, and what tells how to open them."""
    return hashlib.sha256(f"{product}\n{names}\n".encode() + stored).digest()


def split(stored: bytes) -> dict[str, bytes]:
    """Return the ciphertexts by tag; a malformed row is damage."""
    found: dict[str, bytes] = {}
    position = 0
    while position < len(stored):
        tag = stored[position : position + 1].decode("ascii", "replace")
        end = position + 5 + int.from_bytes(stored[position + 1 : position + 5], "big")
        if end > len(stored) or tag in found or tag.lower() not in SeedClass.values:
            raise JournalDamagedError("The sealed fields of an event are malformed.")
        found[tag] = stored[position + 5 : end]
        position = end
    return found


def open_box(tag: str, sealed: bytes, seed: bytes, uid: str, *, source: Tagger | None = None) -> Mapping[str, Json]:
    """Return the fields of one box; raise when it was changed since it was sealed."""
    try:
        plain = AESGCM(_key(seed, source)).decrypt(_NONCE, sealed, (uid + tag).encode())
    except InvalidTag as error:
        raise JournalDamagedError(f"The sealed fields of event {uid} were changed.") from error
    fields: dict[str, Json] = json.loads(plain)
    return fields


def _key(seed: bytes, source: Tagger | None) -> bytes:
    if source:
        return source.tag(b"glasshouse/box/v1\n" + seed)
    return hmac.digest(seed, b"glasshouse/box/v1\n", hashlib.sha256)
