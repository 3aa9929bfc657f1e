# SPDX-License-Identifier: Apache-2.0
r"""What a leaf of the ledger commits to: an event's fields, each under its own salt, and its sealed boxes.

    salt  = HMAC-SHA256(seed of the field's class, "glasshouse/salt/v1\n" + name)
    field = SHA-256("glasshouse/field/v1\n" + salt + length of name (2 bytes) + name + RFC 8785 JSON of value)
    event = SHA-256("glasshouse/event/v1\n" + number of fields (2 bytes) + fields in the order of names + boxes' digest)

A field can be opened alone, by its name, salt and value: nothing of another field follows from them. Numbers are
big-endian. The promise is the web's signature over a commitment, made before a byte leaves.
"""

import hmac
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from glasshouse.engines.ledger.encoding import to_base64
from glasshouse.engines.ledger.errors import MalformedError, ProofError, SignatureError
from glasshouse.kernel.merkle import HASH_SIZE

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
SEED_SIZE = 32
MAX_FIELDS = 0xFFFF
MAX_INTEGER = 2**53 - 1
_LENGTH = struct.Struct(">H")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 form of a JSON value."""
    # The C encoder of the standard library writes the same bytes, three times faster, where no float occurs and
    # every key is ASCII: then code points sort as UTF-16 does. All else goes the long way.
    try:
        return _encode(value).encode() if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise MalformedError("a value that has no canonical JSON") from error


def _is_plain(value: Json) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if isinstance(value, int):
        return kind is int and -MAX_INTEGER <= value <= MAX_INTEGER
    if isinstance(value, dict):
        return kind is dict and all(
            type(key) is str and key.isascii() and (type(held) is str or _is_plain(held)) for key, held in value.items()
        )
    return kind is list and isinstance(value, list) and all(map(_is_plain, value))


def salt(seed: bytes, name: str) -> bytes:
    """Return the salt of a field from the seed of its class."""
    if len(seed) != SEED_SIZE:
        raise MalformedError(f"a seed has {SEED_SIZE} bytes")
    return hmac.digest(seed, _labels(name)[0], "sha256")


def field_commitment(field_salt: bytes, name: str, value: Json) -> bytes:
    """Return the commitment of one field."""
    if len(field_salt) != HASH_SIZE:
        raise MalformedError(f"a salt has {HASH_SIZE} bytes")
    return sha256(b"glasshouse/field/v1\n" + field_salt + _labels(name)[1] + canonical(value)).digest()


def event_commitment(fields: Sequence[bytes], box_digest: bytes) -> bytes:
    """Return an event's commitment, the leaf's data, from its fields' commitments in the order of their names."""
    if not 1 <= len(fields) <= MAX_FIELDS or {*map(len, fields), len(box_digest)} != {HASH_SIZE}:
        raise MalformedError(f"an event has fields, each committed to with {HASH_SIZE} bytes")
    return sha256(b"glasshouse/event/v1\n" + _LENGTH.pack(len(fields)) + b"".join(fields) + box_digest).digest()


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens the field at an index of an event's commitments."""

    index: int
    name: str
    salt: bytes
    value: Json

    def verify(self, fields: Sequence[bytes]) -> None:
        """Refuse unless the field at the index is the commitment of this name, salt and value."""
        if not 0 <= self.index < len(fields):
            raise ProofError(f"the event has no field {self.index}")
        if field_commitment(self.salt, self.name, self.value) != fields[self.index]:
            raise ProofError("the opening is not that of the field")


def promise_text(origin: str, engagement: str, number: int, commitment: bytes) -> bytes:
    """Return the bytes that the web's key signs for an engagement's event."""
    if len(commitment) != HASH_SIZE or number < 1 or any(char < " " for char in origin + engagement):
        raise MalformedError("a promise is about a numbered commitment of 32 bytes")
    return f"glasshouse/promise/v1\n{origin}\n{engagement}\n{number}\n{to_base64(commitment)}\n".encode()


def verify_promise(public: bytes, signature: bytes, text: bytes) -> None:
    """Refuse unless the key of these 32 bytes has signed the text of a promise."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("the promise is not signed by this key") from error


@lru_cache(maxsize=256)  # an audit asks for the same few names a million times
def _labels(name: str) -> tuple[bytes, bytes]:
    """Return what a field's salt is made from besides its seed, and how its name stands in its commitment."""
    if not name or not name.isascii() or len(name) > MAX_FIELDS:
        raise MalformedError("a field's name is ASCII and not empty")
    raw = name.encode("ascii")
    return b"glasshouse/salt/v1\n" + raw, _LENGTH.pack(len(raw)) + raw
