# SPDX-License-Identifier: Apache-2.0
"""Decisions of the reading room as pure functions: what a passkey's word on a close must be."""

import base64
import hashlib
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey

from glasshouse.domain.readingroom.errors import CloseNotSignedError
from glasshouse.domain.readingroom.values import Assertion

_USER_PRESENT, _USER_VERIFIED, _KEY_INCLUDED, _EXTENDED = 0x01, 0x04, 0x40, 0x80
_PLAIN_DATA = 37


def close_challenge(statement: bytes) -> bytes:
    """Return what the passkey is asked to sign for a statement."""
    return hashlib.sha256(b"glasshouse/visit-close/v1\n" + statement).digest()


def check_assertion(assertion: Assertion, *, cose: bytes, challenge: bytes, url: str) -> None:
    """Verify a passkey's answer (W3C Web Authentication 3, 7.2); whatever passes here passes the offline verifier.

    `url` is the lab's own: its origin must have asked, its host is the relying party.
    """
    _check_client(assertion.client_data, challenge, url)
    _check_data(assertion.authenticator_data, urlsplit(url).hostname or "")
    message = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        key = cbor.decode(cose)
        if not isinstance(key, Mapping):
            raise CloseNotSignedError("The passkey that was enrolled is malformed.")
        CoseKey.parse(key).verify(message, assertion.signature)
    except (InvalidSignature, UnsupportedAlgorithm, NotImplementedError, LookupError, ValueError) as error:
        raise CloseNotSignedError("The passkey's signature does not hold.") from error


def _check_client(raw: bytes, challenge: bytes, url: str) -> None:
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise CloseNotSignedError("The passkey's answer is malformed.") from error
    if not isinstance(told, dict):
        raise CloseNotSignedError("The passkey's answer is malformed.")
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii")
    if told.get("type") != "webauthn.get" or told.get("challenge") != expected or told.get("origin") != url:
        raise CloseNotSignedError("The passkey answered another question.")
    if told.get("crossOrigin", False) is not False:
        raise CloseNotSignedError("The passkey answered inside a frame of another site.")


def _check_data(data: bytes, host: str) -> None:
    # 6.1: the hash of the relying party, flags, a counter; extensions only where a flag says so.
    if len(data) < _PLAIN_DATA or data[:32] != hashlib.sha256(host.encode()).digest():
        raise CloseNotSignedError("The passkey answered for another site.")
    flags = data[32]
    if flags & _KEY_INCLUDED or bool(flags & _EXTENDED) != (len(data) > _PLAIN_DATA):
        raise CloseNotSignedError("The passkey's answer is malformed.")
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise CloseNotSignedError("The passkey did not check who holds it.")
