# SPDX-License-Identifier: Apache-2.0
import hmac
import math
import struct
from hashlib import sha256

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger import commitments
from glasshouse.engines.ledger.commitments import Json, Opening
from glasshouse.engines.ledger.errors import MalformedError, ProofError, SignatureError

SEED = sha256(b"seed").digest()
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        {"key": "\udfff"},
        {1: "a number as a key"},
        {"key": b"bytes"},
        {"key": {None: 1}},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_not_committed_to(value: Json) -> None:
    with pytest.raises(MalformedError):
        commitments.canonical(value)


def test_nesting_without_end_is_refused() -> None:
    value: list[Json] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(MalformedError):
        commitments.canonical(value)


@given(VALUES)
def test_the_quick_way_writes_what_the_library_writes(value: Json) -> None:
    assert commitments.canonical(value) == rfc8785.dumps(value)


@given(st.text(st.characters(max_codepoint=0x2100)))
def test_every_control_character_is_written_as_the_library_writes_it(text: str) -> None:
    assert commitments.canonical({"text": text}) == rfc8785.dumps({"text": text})


def test_keys_beyond_the_basic_plane_are_ordered_as_utf_16() -> None:
    value = {"\U0001f600": 1, "\ufb33": 2, "a": 3}
    assert commitments.canonical(value) == '{"a":3,"\U0001f600":1,"\ufb33":2}'.encode()


def test_a_commitment_is_what_the_formula_says() -> None:
    salt = hmac.new(SEED, b"glasshouse/salt/v1\nhead", "sha256").digest()
    assert commitments.salt(SEED, "head") == salt
    field = sha256(b"glasshouse/field/v1\n" + salt + b"\x00\x04head" + b'{"a":1,"b":[]}').digest()
    assert commitments.field_commitment(salt, "head", {"b": [], "a": 1}) == field
    boxes = sha256(b"boxes").digest()
    event = sha256(b"glasshouse/event/v1\n" + struct.pack(">H", 2) + field + salt + boxes).digest()
    assert commitments.event_commitment([field, salt], boxes) == event


@given(VALUES, VALUES, st.sampled_from(["head", "actor"]), st.sampled_from(["head", "actor"]))
def test_an_opening_opens_one_field_and_no_other(value: Json, other: Json, name: str, other_name: str) -> None:
    salt = commitments.salt(SEED, name)
    fields = [bytes(32), commitments.field_commitment(salt, name, value)]
    Opening(1, name, salt, value).verify(fields)
    changed = [Opening(0, name, salt, value), Opening(2, name, salt, value), Opening(-1, name, salt, value)]
    changed.append(Opening(1, name, bytes(32), value))
    if commitments.canonical(other) != commitments.canonical(value):
        changed.append(Opening(1, name, salt, other))
    if other_name != name:
        changed.append(Opening(1, other_name, salt, value))
    for opening in changed:
        with pytest.raises(ProofError):
            opening.verify(fields)


def test_sizes_that_could_be_read_in_two_ways_are_refused() -> None:
    hashed = bytes(32)
    for seed in (b"", bytes(31), bytes(33)):
        with pytest.raises(MalformedError):
            commitments.salt(seed, "head")
        with pytest.raises(MalformedError):
            commitments.field_commitment(seed, "head", 1)
    for name in ("", "é", "a" * 65_536):
        with pytest.raises(MalformedError):
            commitments.salt(hashed, name)
    for fields, boxes in (([], hashed), ([bytes(31)], hashed), ([hashed], bytes(31)), ([hashed] * 65_536, hashed)):
        with pytest.raises(MalformedError):
            commitments.event_commitment(fields, boxes)


def test_a_promise_holds_for_its_own_words_only() -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    text = commitments.promise_text("lab.example", "0" * 26, 7, bytes(32))
    assert text == b"glasshouse/promise/v1\nlab.example\n" + b"0" * 26 + b"\n7\n" + b"A" * 43 + b"=\n"
    signature = key.sign(text)
    commitments.verify_promise(public, signature, text)
    other = commitments.promise_text("lab.example", "0" * 26, 8, bytes(32))
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    for attempt in (
        (public, signature, other),
        (stranger, signature, text),
        (b"", signature, text),
        (public, b"", text),
    ):
        with pytest.raises(SignatureError):
            commitments.verify_promise(*attempt)


@pytest.mark.parametrize(
    ("origin", "engagement", "number", "commitment"),
    [
        ("lab\nexample", "e", 1, bytes(32)),
        ("lab", "e\n2", 1, bytes(32)),
        ("lab", "e", 0, bytes(32)),
        ("lab", "e", 1, b""),
    ],
)
def test_a_promise_cannot_be_read_as_another(origin: str, engagement: str, number: int, commitment: bytes) -> None:
    with pytest.raises(MalformedError):
        commitments.promise_text(origin, engagement, number, commitment)
