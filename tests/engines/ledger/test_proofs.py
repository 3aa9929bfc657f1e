# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import pytest

from glasshouse.engines.ledger import merkle
from glasshouse.engines.ledger.checkpoints import Checkpoint, cosign
from glasshouse.engines.ledger.errors import MalformedError, ProofError
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.policies import Policy
from glasshouse.engines.ledger.proofs import TlogProof
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.merkle import leaf_hash

ENTRIES = [b"%032d" % number for number in range(777)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
INDEX = 513


@pytest.fixture
def proof(log_key: SigningKey, witness_keys: list[SigningKey]) -> TlogProof:
    subtree = merkle.subtree_hasher(LEAVES)
    note = Checkpoint(log_key.name, len(LEAVES), subtree(0, len(LEAVES))).sign(log_key)
    for key in witness_keys:
        note = cosign(note, key, 1_700_000_000)
    return TlogProof(INDEX, tuple(merkle.inclusion_proof(INDEX, len(LEAVES), subtree)), note)


@pytest.fixture
def policy(log_key: SigningKey, witness_keys: list[SigningKey]) -> Policy:
    names = " ".join(key.name for key in witness_keys)
    lines = [f"log {log_key.verifier}", *(f"witness {key.name} {key.verifier}" for key in witness_keys)]
    return Policy.parse("\n".join([*lines, f"group g all {names}", "quorum g", ""]).encode())


def test_every_changed_bit_of_a_proof_is_refused(proof: TlogProof, policy: Policy) -> None:
    raw = proof.serialise()
    assert TlogProof.parse(raw).verify(ENTRIES[INDEX], policy).checkpoint.size == len(ENTRIES)
    passed = []
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            TlogProof.parse(bytes(changed)).verify(ENTRIES[INDEX], policy)
        except InvalidError:
            continue
        passed.append((bit, bytes(changed)))
    assert passed == []


def test_every_shorter_proof_is_refused(proof: TlogProof, policy: Policy) -> None:
    raw = proof.serialise()
    for length in range(len(raw)):
        with pytest.raises(InvalidError):
            TlogProof.parse(raw[:length]).verify(ENTRIES[INDEX], policy)


def test_what_is_extra_travels_but_proves_nothing(proof: TlogProof, policy: Policy) -> None:
    for extra in (b"", b"an opening", bytes(1000)):
        with_extra = replace(proof, extra=extra)
        assert TlogProof.parse(with_extra.serialise()) == with_extra
        with_extra.verify(ENTRIES[INDEX], policy)
    assert TlogProof.parse(proof.serialise()).extra is None


def test_an_entry_is_proved_at_its_own_place_only(proof: TlogProof, policy: Policy) -> None:
    with pytest.raises(ProofError):
        proof.verify(ENTRIES[INDEX - 1], policy)
    for index in (INDEX - 1, INDEX + 1, len(ENTRIES), 0):
        with pytest.raises(ProofError):
            replace(proof, index=index).verify(ENTRIES[INDEX], policy)


def test_the_published_form_is_read_as_far_as_it_is_written_out(vectors: Path, proof: TlogProof) -> None:
    raw = (vectors / "c2sp-examples" / "tlog-proof-format-example.txt").read_bytes()
    with pytest.raises(MalformedError):
        TlogProof.parse(raw)  # its signatures are elided
    head, _, _ = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    # The example's extra data is no base64 (51 characters); the rest is taken as printed.
    whole = TlogProof.parse(b"\n".join([lines[0], *lines[2:]]) + b"\n\n" + proof.checkpoint.serialise())
    assert whole.index == 73894
    assert len(whole.hashes) == 5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1\n", b"@v2\n"),
        (b"index 513\n", b"index 0513\n"),
        (b"index 513\n", b"index  513\n"),
        (b"index 513\n", b"index -513\n"),
        (b"index 513\n", b""),
        (b"index 513\n", b"index 513\nindex 513\n"),
        (b"index 513\n", b"index 513\nextra AA==\n"),
        (b"index 513\n", b"extra AA\nindex 513\n"),
        (b"index 513\n", b"extra AB==\nindex 513\n"),
        (b"index 513\n", b"extra AA==\nextra AA==\nindex 513\n"),
        (b"index 513\n", b"index 513\r\n"),
        (b"index 513\n", b"index 513\n\n"),
        (b"index 513\n", b"index 513\n" + b"A" * 43 + b"=\n" * 64),
    ],
)
def test_a_proof_has_one_spelling(proof: TlogProof, old: bytes, new: bytes) -> None:
    raw = proof.serialise()
    assert old in raw
    with pytest.raises(MalformedError):
        TlogProof.parse(raw.replace(old, new))
