# SPDX-License-Identifier: Apache-2.0
"""What a workstation signs, and whether it did: pure functions over bytes, the browser's half is workstation.js.

The key is an ECDSA key on P-256 that the kiosk's browser made and does not give out. Its words are lines of text; a
signature is the 64 bytes of r and s, as Web Cryptography writes them.
"""

import hashlib
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.signing import BadSignature, Signer

from glasshouse.domain.sites.errors import ChallengeError, KeyMalformedError, KeyWordError
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

LINK_BYTES: Final = 32
_HALF: Final = 32
_MOST_SPKI: Final = 200
_CHALLENGE_SECONDS: Final = 60
_SALT: Final = "glasshouse/workstation/challenge/v1"


def challenge(session: str, *, now: datetime) -> str:
    """Return what a machine must sign to speak for a session within the next minute."""
    return Signer(salt=_SALT).sign(f"{session}.{clock.to_text(now)}").partition(".")[2]


def check_challenge(text: str, session: str, *, now: datetime) -> None:
    """Raise unless this challenge was made for this session less than a minute ago."""
    try:
        made_at = clock.parse(Signer(salt=_SALT).unsign(f"{session}.{text}").partition(".")[2])
    except (BadSignature, InvalidError) as error:
        raise ChallengeError("The challenge is of another session.", hint="Load the page again.") from error
    if not 0 <= (now - made_at).total_seconds() < _CHALLENGE_SECONDS:
        raise ChallengeError("The challenge is older than a minute.", hint="Load the page again.")


def enrolment(origin: str, workstation: Uid, asked: str, spki: bytes, link: bytes) -> bytes:
    """Return what a new key signs: where it is enrolled, as which machine, its public half and its first link."""
    lines = ("glasshouse/workstation/enrolment/v1", origin, workstation, asked, fingerprint(spki), link.hex())
    return _text(*lines)


def assertion(origin: str, workstation: Uid, asked: str, shown: bytes, following: bytes) -> bytes:
    """Return what a machine signs: the challenge, the link it shows and the one it will show next."""
    return _text("glasshouse/workstation/assertion/v1", origin, workstation, asked, shown.hex(), following.hex())


def fingerprint(spki: bytes) -> str:
    """Return the SHA-256 of a public key."""
    return hashlib.sha256(spki).hexdigest()


def check_key(spki: bytes) -> None:
    """Raise unless these bytes are a public key on P-256 in the form SubjectPublicKeyInfo."""
    _key(spki)


def check_signed(spki: bytes, message: bytes, signature: bytes) -> None:
    """Raise unless the key signed these bytes."""
    if len(signature) != 2 * _HALF:
        raise KeyWordError("The workstation's signature is malformed.")
    halves = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    try:
        _key(spki).verify(encode_dss_signature(*halves), message, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise KeyWordError("The workstation's signature does not hold.", hint="Ask the custodian.") from error


def check_link(link: bytes) -> None:
    """Raise unless this may stand in a chain."""
    if len(link) != LINK_BYTES:
        raise KeyWordError("A link has 32 bytes.")


def _key(spki: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(spki) if len(spki) <= _MOST_SPKI else None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyMalformedError("This is no public key.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyMalformedError("A workstation's key is on the curve P-256.")
    return key


def _text(*lines: object) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
