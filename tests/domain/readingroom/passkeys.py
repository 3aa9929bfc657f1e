# SPDX-License-Identifier: Apache-2.0
"""A visitor's passkey: the same real signatures that the verifier's tests make, given to the lab."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from glasshouse.domain.people import commands as people
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.values import CloseStatement
from tests.lab import NOW
from tests.verifier.synthetic import Authenticator

RP = "localhost"
ORIGIN = "http://localhost:8000"


def enrol(viewer: Viewer, one: Authenticator) -> bytes:
    """Enrol a passkey for somebody and return its credential id."""
    credential = hashlib.sha256(one.cose + viewer.uid.text.encode()).digest()
    people.record_passkey_enrolled(viewer.uid, people.NewPasskey(credential, one.cose, one.algorithm, RP), now=NOW)
    return credential


def answer(
    one: Authenticator,
    credential: bytes,
    statement: CloseStatement,
    *,
    challenge: bytes | None = None,
    flags: int = 0x05,
    rp: str = RP,
    told: Mapping[str, object] | None = None,
) -> Assertion:
    """Answer a close's challenge as browser and authenticator would."""
    asked = statement.challenge if challenge is None else challenge
    client: dict[str, Any] = {"origin": ORIGIN, **(told or {})}
    made = one.assertion(asked, flags=flags, rp=rp, **client)
    return Assertion(
        credential,
        base64.b64decode(made["authenticator_data"]),
        base64.b64decode(made["client_data"]),
        base64.b64decode(made["signature"]),
    )
