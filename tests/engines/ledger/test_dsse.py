# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger import dsse
from glasshouse.engines.ledger.dsse import Envelope
from glasshouse.engines.ledger.errors import MalformedError, SignatureError

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def example(vectors: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((vectors / "dsse" / "dsse-example.json").read_bytes())
    return case


def test_the_published_envelope_verifies_and_no_changed_one_does(example: dict[str, Any]) -> None:
    key = EllipticCurvePublicNumbers(int(example["x"]), int(example["y"]), SECP256R1()).public_key()
    raw = json.dumps(example["envelope"]).encode()
    envelope = Envelope.parse(raw)
    assert dsse.pae(envelope.payload_type, envelope.payload) == example["pae"].encode()
    assert envelope.verify(key) == example["payload_utf8"].encode()
    (signature,) = envelope.signatures
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureError):
            Envelope(envelope.payload_type, envelope.payload, (bytes(changed),)).verify(key)
    for broken in (signature[:-1], signature + b"\0", b"", bytes(64)):
        with pytest.raises(SignatureError):
            Envelope(envelope.payload_type, envelope.payload, (broken,)).verify(key)
    for spoiled in (
        Envelope("text/plain", envelope.payload, (signature,)),
        Envelope(envelope.payload_type, b"", (signature,)),
    ):
        with pytest.raises(SignatureError):
            spoiled.verify(key)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_what_is_signed_returns_from_its_bytes(payload_type: str, payload: bytes) -> None:
    envelope = dsse.sign(payload_type, payload, KEY)
    assert Envelope.parse(envelope.serialise()) == envelope
    assert envelope.verify(KEY.public_key()) == payload
    with pytest.raises(SignatureError):
        envelope.verify(Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"payload":"","payloadType":"t","signatures":[]}',
        b'{"payload":"","payloadType":"t","signatures":{}}',
        b'{"payload":"","payloadType":"t"}',
        b'{"payload":"","payloadType":1,"signatures":[{"sig":""}]}',
        b'{"payload":"A","payloadType":"t","signatures":[{"sig":""}]}',
        b'{"payload":"AB==","payloadType":"t","signatures":[{"sig":""}]}',
        b'{"payload":"","payload":"AA==","payloadType":"t","signatures":[{"sig":""}]}',
        b'{"payload":"","payloadType":"\\ud800","signatures":[{"sig":""}]}',
        b'{"payload":"","payloadType":"t","signatures":[{"sig":null}]}',
        b"\xff",
    ],
)
def test_what_is_not_an_envelope_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        Envelope.parse(raw)
