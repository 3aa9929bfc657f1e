# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import pytest

from glasshouse.engines.ledger import merkle
from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.errors import ForkError, MalformedError, StaleRequestError, WitnessRefusedError
from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey, open_note
from glasshouse.engines.ledger.witnessing import AddCheckpoint, read_answer
from glasshouse.kernel.merkle import leaf_hash

SUBTREE = merkle.subtree_hasher([leaf_hash(b"%d" % number) for number in range(20)])
LOG = SigningKey.generate("lab.example/ledger")
WITNESS = SigningKey.generate("witness.example", KeyKind.COSIGNATURE)
STRANGER = SigningKey.generate("stranger.example", KeyKind.COSIGNATURE)
KEYS = [WITNESS.verifier]


@pytest.fixture
def request_() -> AddCheckpoint:
    note = Checkpoint(LOG.name, 20, SUBTREE(0, 20)).sign(LOG)
    return AddCheckpoint(7, tuple(merkle.consistency_proof(7, 20, SUBTREE)), note)


def _answer(*keys: SigningKey, text: str) -> bytes:
    return "".join(f"{key.cosign(text, 1_700_000_000)}\n" for key in keys).encode()


def test_a_hostile_answer_adds_no_signature(request_: AddCheckpoint) -> None:
    good = _answer(WITNESS, text=request_.checkpoint.text)
    for body in (
        b"",
        b"\n",
        good[:-1],
        good + b"\n",
        b"\n" + good,
        good + b"more\n",
        good * 17,
        b"\xff" + good,
        good + b"\0",
    ):
        with pytest.raises(MalformedError):
            read_answer(200, body, request_, KEYS)
    other = Checkpoint(LOG.name, 21, SUBTREE(0, 20)).text
    for body in (_answer(STRANGER, text=request_.checkpoint.text), _answer(WITNESS, text=other)):
        with pytest.raises(WitnessRefusedError):
            read_answer(200, body, request_, KEYS)


def test_a_cosignature_is_added_and_a_strangers_is_not(request_: AddCheckpoint) -> None:
    body = _answer(STRANGER, WITNESS, text=request_.checkpoint.text)
    note = read_answer(200, body, request_, KEYS)
    assert [signature.name for signature in note.signatures] == [LOG.name, WITNESS.name]
    assert len(open_note(note, [LOG.verifier, WITNESS.verifier]).verified) == 2
    assert read_answer(200, body, replace(request_, checkpoint=note), KEYS) == note


def test_every_changed_bit_of_an_answer_is_refused(request_: AddCheckpoint) -> None:
    body = _answer(WITNESS, text=request_.checkpoint.text)
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((MalformedError, WitnessRefusedError)):
            read_answer(200, bytes(changed), request_, KEYS)


def test_a_witness_that_knows_another_size_tells_it(request_: AddCheckpoint) -> None:
    for size in (0, 6, 20, 9_000):
        with pytest.raises(StaleRequestError) as refused:
            read_answer(409, b"%d\n" % size, request_, KEYS)
        assert refused.value.size == size
    for body in (b"", b"7", b"07\n", b"7\n\n", b"-7\n", b"7 \n", b"seven\n", b"9" * 30 + b"\n"):
        with pytest.raises(MalformedError):
            read_answer(409, body, request_, KEYS)


def test_a_witness_that_knows_another_tree_of_this_size_shows_a_fork(request_: AddCheckpoint) -> None:
    with pytest.raises(ForkError):
        read_answer(409, b"20\n", replace(request_, old_size=20, proof=()), KEYS)


@pytest.mark.parametrize("status", [100, 201, 204, 301, 400, 403, 404, 422, 500])
def test_every_other_status_is_a_refusal(request_: AddCheckpoint, status: int) -> None:
    with pytest.raises(WitnessRefusedError):
        read_answer(status, _answer(WITNESS, text=request_.checkpoint.text), request_, KEYS)


def test_an_answer_is_read_with_a_witness_key_only(request_: AddCheckpoint) -> None:
    body = _answer(WITNESS, text=request_.checkpoint.text)
    for keys in ([], [LOG.verifier]):
        with pytest.raises(MalformedError):
            read_answer(200, body, request_, keys)


def test_a_request_returns_from_its_bytes(request_: AddCheckpoint) -> None:
    for request in (request_, replace(request_, old_size=0, proof=()), replace(request_, old_size=20, proof=())):
        assert AddCheckpoint.parse(request.serialise()) == request


def test_a_request_has_one_spelling(request_: AddCheckpoint) -> None:
    raw = request_.serialise()
    for old, new in (
        (b"old 7\n", b"old 07\n"),
        (b"old 7\n", b"old 21\n"),
        (b"old 7\n", b"old 0\n"),
        (b"old 7\n", b"old  7\n"),
        (b"old 7\n", b"new 7\n"),
        (b"old 7\n", b""),
        (b"old 7\n", b"old 7\n\n"),
        (b"old 7\n", b"old 7\n" + (b"A" * 43 + b"=\n") * 64),
        (b"old 7\n", b"old 7\n" + b"A" * 42 + b"B=\n"),
        (b"\n20\n", b"\n020\n"),
    ):
        assert old in raw
        with pytest.raises(MalformedError):
            AddCheckpoint.parse(raw.replace(old, new, 1))


def test_the_published_request_is_read_exactly(vectors: Path) -> None:
    raw = (vectors / "c2sp-examples" / "witness-add-checkpoint-request.txt").read_bytes()
    request = AddCheckpoint.parse(raw)
    assert request.serialise() == raw
    assert (request.old_size, len(request.proof), len(request.checkpoint.signatures)) == (20852014, 4, 2)
    assert isinstance(request.checkpoint, Note)
