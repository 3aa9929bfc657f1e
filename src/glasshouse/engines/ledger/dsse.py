# SPDX-License-Identifier: Apache-2.0
"""Signed statements in DSSE envelopes (secure-systems-lab/dsse): read strictly, verified with a known key."""

import json
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from securesystemslib.dsse import Envelope as Encoding

from glasshouse.engines.ledger.encoding import parse_base64, to_base64
from glasshouse.engines.ledger.errors import MalformedError, SignatureError

MAX_BYTES = 10_000_000
MAX_SIGNATURES = 16
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: type and payload, each after its length."""
    return Encoding(payload, payload_type, {}).pae()


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and signatures over it; the payload MUST NOT be used before `verify` has returned it."""

    payload_type: str
    payload: bytes
    signatures: tuple[bytes, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read an envelope's JSON. Key ids are unauthenticated hints and are not used."""
        if len(raw) > MAX_BYTES:
            raise MalformedError(f"an envelope has at most {MAX_BYTES} bytes")
        try:
            document = json.loads(raw, object_pairs_hook=_object)
            payload_type, payload = document["payloadType"], document["payload"]
            signatures = [signature["sig"] for signature in document["signatures"]]
            payload_type.encode()  # a lone surrogate has no bytes to sign
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedError("not a DSSE envelope") from error
        texts = (payload_type, payload, *signatures)
        if not 1 <= len(signatures) <= MAX_SIGNATURES or not all(isinstance(text, str) for text in texts):
            raise MalformedError(f"an envelope has a type, a payload and up to {MAX_SIGNATURES} signatures")
        return cls(payload_type, parse_base64(payload), tuple(map(parse_base64, signatures)))

    def serialise(self) -> bytes:
        """Write the envelope's JSON."""
        document = {
            "payload": to_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"sig": to_base64(signature)} for signature in self.signatures],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    def verify(self, key: PublicKey) -> bytes:
        """Return the payload if this key has signed it with its type."""
        message = pae(self.payload_type, self.payload)
        if not any(_is_valid(key, signature, message) for signature in self.signatures):
            raise SignatureError("no signature of the envelope is this key's")
        return self.payload


def sign(payload_type: str, payload: bytes, key: Ed25519PrivateKey) -> Envelope:
    """Sign a payload with its type."""
    return Envelope(payload_type, payload, (key.sign(pae(payload_type, payload)),))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in an object")
    return found


def _is_valid(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
            return True
        size = (key.curve.key_size + 7) // 8
        if len(signature) != 2 * size:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
