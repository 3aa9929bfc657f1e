# SPDX-License-Identifier: Apache-2.0
import glasshouse_verify as v
import pytest
from fido2 import cbor
from fido2.cose import ES256, CoseKey, EdDSA
from fido2.webauthn import AuthenticatorData, CollectedClientData

from tests.verifier.synthetic import Authenticator, b64, cbor_int, cbor_map, sha


def enrolled(cose: bytes, algorithm: str = "ES256") -> v.Passkey:
    field = {"algorithm": algorithm, "cose": b64(cose), "fingerprint": sha(cose).hex(), "rp": "lab.example"}
    return v.Passkey.parse(field, "enrolment 1")


GOOD = Authenticator.es256().cose
X, Y = GOOD[10:42], GOOD[45:]


@pytest.mark.parametrize("make", [Authenticator.es256, Authenticator.eddsa, Authenticator.rs256])
def test_the_synthetic_authenticators_are_read_by_a_fido_library_too(make: type) -> None:
    one: Authenticator = make()
    decoded = cbor.decode(one.cose)
    assert isinstance(decoded, dict)
    key = CoseKey.parse(decoded)
    assert key.get(3) in {ES256.ALGORITHM, EdDSA.ALGORITHM, -257}
    assertion = one.assertion(sha(b"challenge"))
    raw = {name: v.from_base64(assertion[name], name) for name in ("authenticator_data", "client_data", "signature")}
    data, client = AuthenticatorData(raw["authenticator_data"]), CollectedClientData(raw["client_data"])
    assert data.is_user_verified()
    key.verify(data + client.hash, raw["signature"])
    assert enrolled(one.cose, one.algorithm).fingerprint == one.fingerprint


@pytest.mark.parametrize("bits", [1024])
def test_a_short_rsa_key_is_refused(bits: int) -> None:
    with pytest.raises(v.BrokenError):
        enrolled(Authenticator.rs256(bits).cose, "RS256")


def test_a_key_under_another_algorithms_name_is_refused() -> None:
    assert enrolled(GOOD).algorithm == "ES256"
    with pytest.raises(v.BrokenError):
        enrolled(GOOD, "EdDSA")


@pytest.mark.parametrize(
    "cose",
    [
        b"",
        b"\xa0",
        GOOD[:-1],
        GOOD + b"\0",
        b"\xbf" + GOOD[1:] + b"\xff",  # a map of indefinite length
        b"\xb8\x05" + GOOD[1:],  # a length that is longer than needed
        b"\xba\x00\x00\x00\x05" + GOOD[1:],
        GOOD[:1] + b"\x18\x01" + GOOD[2:],  # label 1 written in two bytes
        cbor_int(6, 5) + GOOD[1:] + cbor_int(1) + cbor_int(2),  # a label given twice
        cbor_map({1: 2, 3: -7, -1: 1, -2: X, -3: Y, -4: b"private"}),
        cbor_map({1: 2, 3: -7, -1: 1, -2: X}),
        cbor_map({1: 2, 3: -7, -1: 1, -2: X, -3: bytes(32)}),  # not on the curve
        cbor_map({1: 2, 3: -7, -1: 1, -2: X + b"\0", -3: Y}),
        cbor_map({1: 2, 3: -7, -1: 2, -2: X, -3: Y}),
        cbor_map({1: 2, 3: -8, -1: 1, -2: X, -3: Y}),
        cbor_map({1: 1, 3: -8, -1: 6, -2: X[:31]}),
        cbor_map({1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\x02"}),
        b"\xa1\x01\xf6",
        b"\xa1\x61a\x01",
        b"\xa1\x01\x9a\xff\xff\xff\xff",
        b"\x5b" + b"\xff" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\xa1" * 100_000,
    ],
)
def test_a_cose_key_that_is_not_exactly_a_public_key_is_refused(cose: bytes) -> None:
    with pytest.raises(v.BrokenError):
        enrolled(cose)


def test_no_byte_of_a_cose_key_can_change_unseen() -> None:
    field = {"algorithm": "ES256", "cose": b64(GOOD), "fingerprint": sha(GOOD).hex(), "rp": "lab.example"}
    for place in range(len(GOOD)):
        changed = GOOD[:place] + bytes([GOOD[place] ^ 1]) + GOOD[place + 1 :]
        with pytest.raises(v.BrokenError):
            v.Passkey.parse(field | {"cose": b64(changed)}, "enrolment 1")
