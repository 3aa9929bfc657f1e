# SPDX-License-Identifier: Apache-2.0
import io
import json
import struct
import tracemalloc
import warnings
import zipfile
from typing import Any

import glasshouse_verify as v
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifier.synthetic import (
    NOW,
    PERSON,
    RELEASE,
    START,
    VISIT,
    Authenticator,
    Lab,
    Story,
    clock,
    sha,
    story,
    zipped,
)

START_TEXT = clock(START)
README = b"How to verify this receipt.\n"
WHOLE = story()
TRUST = v.Trust.parse(WHOLE.trust)


def judge(data: bytes) -> v.Verdict:
    return v.verify_receipt(data, TRUST, now=NOW)


def body_of(visit: Story) -> bytes:
    return rfc8785.dumps(visit.receipt)


def archive_of(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name given twice is what one of these tests is about
        for name, content in members:
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr, member.compress_type = 3, 0o100644 << 16, method
            archive.writestr(member, content)
    return out.getvalue()


def three(visit: Story) -> list[tuple[str, bytes]]:
    return [("README.txt", README), ("checkpoint", visit.checkpoint), ("receipt.json", body_of(visit))]


def test_the_container_is_the_one_that_pythons_zip_library_writes(visit: Story) -> None:
    assert visit.zip == v.container([README, visit.checkpoint, body_of(visit)])
    assert archive_of(three(visit)) == visit.zip


@pytest.mark.parametrize(
    "members",
    [
        [("../README.txt", README)],
        [("README.txt", README), ("README.txt", README)],
        [("/etc/passwd", b"x")],
        [("receipt.json", b"{}"), ("checkpoint", b""), ("README.txt", b"")],
        [("README.txt", b""), ("checkpoint", b""), ("receipt.json", b"{}"), ("more", b"")],
        [("README.txt", b""), ("checkpoint", b""), ("RECEIPT.json", b"{}")],
        [],
    ],
)
def test_other_names_or_orders_are_refused(members: list[tuple[str, bytes]]) -> None:
    assert judge(archive_of(members)).exit_code == 1


def test_a_compressed_receipt_is_refused_and_never_inflated(visit: Story) -> None:
    bomb = [("README.txt", bytes(50_000_000)), *three(visit)[1:]]
    data = archive_of(bomb, zipfile.ZIP_DEFLATED)
    assert len(data) < 1_000_000
    tracemalloc.start()
    assert judge(data).exit_code == 1
    assert tracemalloc.get_traced_memory()[1] < 8 * len(data)
    tracemalloc.stop()


@pytest.mark.parametrize("tail", [b"\0", b"PK", b"#!/bin/sh\n"])
def test_bytes_before_or_after_the_zip_are_refused(visit: Story, tail: bytes) -> None:
    assert judge(visit.zip + tail).exit_code == 1
    assert judge(tail + visit.zip).exit_code == 1


def test_a_comment_is_refused(visit: Story) -> None:
    data = visit.zip[:-2] + struct.pack("<H", 3) + b"hey"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.comment == b"hey"
    assert judge(data).exit_code == 1


def test_a_forged_size_is_refused(visit: Story) -> None:
    for size in (0, 1, 2**31, 2**32 - 1):
        data = bytearray(visit.zip)
        struct.pack_into("<I", data, 22, size)
        assert judge(bytes(data)).exit_code == 1


def test_a_truncated_receipt_is_refused(visit: Story) -> None:
    whole = visit.zip
    for length in [*range(0, len(whole) - 300, 17), *range(len(whole) - 300, len(whole))]:
        assert judge(whole[:length]).exit_code == 1


def test_a_file_above_the_limit_is_refused(visit: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v, "MAX_FILE", len(visit.zip) - 1)
    assert "larger than" in judge(visit.zip).lines[0].text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 1_000_000,
        b"[" * 1_000_000 + b"]" * 1_000_000,
        b'{"a":' * 1_000_000,
        b"9" * 5_000,
        b'{"format":' + b"9" * 1_000_000 + b"}",
        b'{"format":9007199254740993}',
        b'{"format":NaN}',
        b'{"format":Infinity}',
        b'{"format":-Infinity}',
        b'{"format":1e999}',
        b'{"format":"\\ud800"}',
        b'{"format":"\x00"}',
    ],
)
def test_a_body_that_is_no_receipt_is_refused(visit: Story, body: bytes) -> None:
    assert judge(v.container([README, visit.checkpoint, body])).exit_code == 1


def test_a_name_given_twice_is_refused(visit: Story) -> None:
    body = body_of(visit)
    twice = body.replace(b'{"close":', b'{"close":null,"close":', 1)
    assert json.loads(twice) == json.loads(body)
    assert judge(v.container([README, visit.checkpoint, twice])).exit_code == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"format":', b'"format": '),
        (b'"format":', b'"form\\u0061t":'),
        (b'"size":', b'"size":0'),
        (b'"index":0,', b'"index":-0,'),
        (b'"index":0,', b'"index":0.0,'),
        (b'"index":0,', b'"index":0e0,'),
    ],
)
def test_another_spelling_of_the_same_json_is_refused(visit: Story, old: bytes, new: bytes) -> None:
    body = body_of(visit)
    assert old in body
    assert judge(v.container([README, visit.checkpoint, body.replace(old, new, 1)])).exit_code == 1


def test_members_in_another_order_are_refused(visit: Story) -> None:
    body = json.dumps(dict(reversed(visit.receipt.items())), separators=(",", ":"), ensure_ascii=False).encode()
    assert json.loads(body) == visit.receipt
    assert judge(v.container([README, visit.checkpoint, body])).exit_code == 1


def test_what_a_hostile_lab_writes_cannot_reach_the_terminal() -> None:
    assert v.safe("a\x1b[2Jb\u202ec\u2028d\n\x85") == "a\\u{1b}[2Jb\\u{202e}c\\u{2028}d\\u{a}\\u{85}"
    assert v.safe("été/файл 1") == "été/файл 1"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_PLACES = [
    *((name,) for name in WHOLE.receipt),
    *(("events", 1, name) for name in v.Event.SHAPE),
    *(("events", 1, "openings", 0, name) for name in ("index", "name", "salt", "value")),
    *(("events", 1, "promise", name) for name in ("key", "signature")),
    *(("close", name) for name in WHOLE.receipt["close"]),
    *(("manifest_proofs", 0, name) for name in ("index", "leaf", "proof", "root")),
    *(("manifest_proofs", 0, "leaf", name) for name in ("entry", "salt")),
    *(("releases", 0, name) for name in ("product", "root", "size", "version")),
]


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(_PLACES), value=_JSON)
def test_any_json_anywhere_is_judged_and_never_raises(place: tuple[str | int, ...], value: object) -> None:
    receipt = json.loads(json.dumps(WHOLE.receipt))
    inner = receipt
    for step in place[:-1]:
        inner = inner[step]
    if inner[place[-1]] == value:
        return
    inner[place[-1]] = value
    try:
        data = zipped(receipt, WHOLE.checkpoint)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        return
    # `close: null` and `events: []` are honest receipts of less; nothing else may pass, and nothing may claim as much.
    assert judge(data).exit_code in {1, 4} or place[-1] in {"promise", "manifest_proofs"}


_FIELDS = {
    "readingroom.lines-shown": ("head", "actor", "release", "file", "shown"),
    "readingroom.folder-shown": ("head", "actor", "release", "shown"),
    "people.passkey-enrolled": ("head", "passkey"),
    "ledger.web-key-delegated": ("head", "key"),
}
_WORDS = st.sampled_from([VISIT, PERSON, START_TEXT, *_FIELDS, "ed25519", "ES256", "", "0" * 64, "A" * 43 + "="])
_NAMES = st.sampled_from(
    [
        "at",
        "kind",
        "subject",
        "uid",
        "product",
        "root",
        "size",
        "version",
        "path",
        "digest",
        "first",
        "last",
        "lines",
        "charged",
        "algorithm",
        "from",
        "public",
        "until",
        "cose",
        "fingerprint",
        "rp",
    ]
)
_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | _WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=8),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(list(_FIELDS)), data=st.data())
def test_a_lab_that_commits_to_nonsense_is_judged_and_nothing_raises(kind: str, data: st.DataObject) -> None:
    lab = Lab(Authenticator.eddsa())
    lab.delegate()
    lab.enrol()
    lab.record("readingroom.visit-opened", VISIT)
    lab.view(RELEASE, "README", 1, 1)
    close = lab.close(lab.statement())
    name = data.draw(st.sampled_from(_FIELDS[kind]))
    good = {
        "release": RELEASE.named(),
        "file": {"path": "README", "digest": sha(RELEASE.files["README"]).hex()},
        "shown": {"first": 1, "last": 1, "charged": 1, "lines": "0" * 64},
        "passkey": lab.enrolments[0].openings["passkey"]["value"],
        "key": lab.delegations[0].openings["key"]["value"],
    }
    fields: dict[str, Any] = {each: good[each] for each in _FIELDS[kind] if each in good}
    if name in good:
        fields[name] = data.draw(st.just(good[name]).map(dict)) | data.draw(st.dictionaries(_NAMES, _ODD, max_size=2))
    else:
        fields[name] = data.draw(_ODD)
    chained = kind.startswith("readingroom")
    made = lab.record(kind, VISIT if chained else "", chained=chained, **fields)
    receipt = odd_receipt(lab, close) if chained else lab.receipt(close, [RELEASE])
    if not chained:
        receipt["delegations" if kind.startswith("ledger") else "enrolments"].append(lab.opened(made, "actor"))
    v.verify_receipt(zipped(receipt, lab.checkpoint()), v.Trust.parse(lab.trust()), now=NOW)


def odd_receipt(lab: Lab, close: dict[str, Any]) -> dict[str, Any]:
    """Make the receipt of a lab whose last entry may be nonsense, as far as that can be made at all."""
    last = lab.chain.pop()
    receipt = lab.receipt(close, [RELEASE])
    lab.chain.append(last)
    receipt["events"].append(lab.opened(last))
    return receipt


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_judged_and_never_raise(data: bytes) -> None:
    for check in (v.verify_receipt, v.verify_checkpoint):
        assert check(data, TRUST, now=NOW).exit_code == 1
    assert v.verify_tlog_proof(data, TRUST, now=NOW, commitment=bytes(32)).exit_code == 1
    assert v.verify_dsse(data, TRUST).exit_code == 1
