# SPDX-License-Identifier: Apache-2.0
"""A passkey's word on a statement: what it must be, wherever somebody signs something here."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey

from glasshouse.domain.people.errors import PasskeyWordError

_USER_PRESENT, _USER_VERIFIED, _KEY_INCLUDED, _EXTENDED = 0x01, 0x04, 0x40, 0x80
_PLAIN_DATA = 37


@dataclass(frozen=True, slots=True)
class Assertion:
    """A passkey's answer to a challenge, as the browser hands it over."""

    credential: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    def kept(self, fingerprint: str) -> dict[str, str]:
        """Return the answer as it is kept and verified later, under the fingerprint of its key."""
        return {
            "authenticator_data": base64.b64encode(self.authenticator_data).decode("ascii"),
            "client_data": base64.b64encode(self.client_data).decode("ascii"),
            "credential": fingerprint,
            "signature": base64.b64encode(self.signature).decode("ascii"),
        }


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
            raise PasskeyWordError("The passkey that was enrolled is malformed.")
        CoseKey.parse(key).verify(message, assertion.signature)
    except (InvalidSignature, UnsupportedAlgorithm, NotImplementedError, LookupError, ValueError) as error:
        raise PasskeyWordError("The passkey's signature does not hold.") from error


def _check_client(raw: bytes, challenge: bytes, url: str) -> None:
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise PasskeyWordError("The passkey's answer is malformed.") from error
    if not isinstance(told, dict):
        raise PasskeyWordError("The passkey's answer is malformed.")
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii")
    if told.get("type") != "webauthn.get" or told.get("challenge") != expected or told.get("origin") != url:
        raise PasskeyWordError("The passkey answered another question.")
    if told.get("crossOrigin", False) is not False:
        raise PasskeyWordError("The passkey answered inside a frame of another site.")


def _check_data(data: bytes, host: str) -> None:
    # 6.1: the hash of the relying party, flags, a counter; extensions only where a flag says so.
    if len(data) < _PLAIN_DATA or data[:32] != hashlib.sha256(host.encode()).digest():
        raise PasskeyWordError("The passkey answered for another site.")
    flags = data[32]
    if flags & _KEY_INCLUDED or bool(flags & _EXTENDED) != (len(data) > _PLAIN_DATA):
        raise PasskeyWordError("The passkey's answer is malformed.")
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise PasskeyWordError("The passkey did not check who holds it.")
