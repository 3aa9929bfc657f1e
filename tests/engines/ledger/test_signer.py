# SPDX-License-Identifier: Apache-2.0
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from glasshouse.engines.ledger import merkle
from glasshouse.engines.ledger.checkpoints import Checkpoint, open_checkpoint
from glasshouse.engines.ledger.errors import (
    DamagedError,
    ForkError,
    MalformedError,
    ProofError,
    StaleRequestError,
    StateError,
)
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer, SigningRequest
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.merkle import leaf_hash

ORIGIN = "lab.example/ledger"
LEAVES = [leaf_hash(b"%d" % number) for number in range(200)]
FORK = [*LEAVES[:5], leaf_hash(b"another"), *LEAVES[6:]]


def _request(old: int, new: int, leaves: list[bytes] = LEAVES, origin: str = ORIGIN) -> SigningRequest:
    subtree = merkle.subtree_hasher(leaves)
    checkpoint = Checkpoint(origin, new, subtree(0, new))
    return SigningRequest(old, tuple(merkle.consistency_proof(old, new, subtree)), checkpoint)


@pytest.fixture
def signer(log_key: SigningKey, tmp_path: Path) -> Signer:
    return Signer.found(log_key, ORIGIN, tmp_path / "signer" / "state")


def test_a_fork_is_never_signed(signer: Signer) -> None:
    signer.sign(_request(0, 10))
    kept = signer.last()
    with pytest.raises(ForkError):
        signer.sign(_request(10, 10, FORK))
    with pytest.raises(ForkError):
        signer.sign(_request(0, 9))
    with pytest.raises(ProofError):
        signer.sign(_request(10, 20, FORK))
    with pytest.raises(ProofError):
        signer.sign(replace(_request(10, 20), proof=()))
    with pytest.raises(StaleRequestError):
        signer.sign(_request(0, 20, FORK))
    assert signer.last() == kept
    assert issubclass(ForkError, ConflictError)


def test_what_extends_the_last_tree_is_signed_and_kept(signer: Signer, log_key: SigningKey) -> None:
    old = 0
    for new in (1, 2, 7, 64, 65, 200):
        note = signer.sign(_request(old, new))
        assert open_checkpoint(note, log_key.verifier) == _request(old, new).checkpoint
        assert signer.last() == note
        old = new


def test_an_answer_that_was_lost_can_be_asked_for_again(signer: Signer) -> None:
    signer.sign(_request(0, 10))
    first = signer.sign(_request(10, 20))
    assert signer.sign(_request(10, 20)) == first
    assert signer.sign(_request(20, 20)) == first


def test_the_size_to_prove_from_is_told(signer: Signer) -> None:
    signer.sign(_request(0, 10))
    with pytest.raises(StaleRequestError) as refused:
        signer.sign(_request(5, 20))
    assert refused.value.size == 10
    signer.sign(_request(refused.value.size, 20))


def test_another_origin_or_extension_lines_are_not_signed(signer: Signer) -> None:
    with pytest.raises(MalformedError):
        signer.sign(_request(0, 10, origin="elsewhere.example"))
    request = _request(0, 10)
    with pytest.raises(MalformedError):
        signer.sign(replace(request, checkpoint=replace(request.checkpoint, extensions=("more",))))


def test_a_signer_without_its_state_signs_nothing(log_key: SigningKey, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with pytest.raises(StateError):
        Signer(log_key, ORIGIN, state).sign(_request(0, 10))
    signer = Signer.found(log_key, ORIGIN, state)
    signer.sign(_request(0, 10))
    state.unlink()
    with pytest.raises(StateError):
        signer.sign(_request(0, 10, FORK))


def test_a_state_is_founded_once(signer: Signer, log_key: SigningKey, tmp_path: Path) -> None:
    signer.sign(_request(0, 10))
    with pytest.raises(ForkError):
        Signer.found(log_key, ORIGIN, tmp_path / "signer" / "state")
    assert Signer(log_key, ORIGIN, tmp_path / "signer" / "state").last() == signer.last()


def test_a_changed_state_stops_the_signer(signer: Signer, tmp_path: Path) -> None:
    signer.sign(_request(0, 10))
    state = tmp_path / "signer" / "state"
    whole = state.read_bytes()
    for spoiled in (whole.replace(b"\n10\n", b"\n9\n"), whole[:-1], b"", whole.replace(b"lab", b"lap")):
        state.write_bytes(spoiled)
        with pytest.raises(DamagedError):
            signer.sign(_request(10, 20))
    state.write_bytes(whole)
    signer.sign(_request(10, 20))


@pytest.mark.usefixtures("signer")
def test_a_state_of_another_key_is_not_taken_over(tmp_path: Path) -> None:
    stranger = Signer(SigningKey.generate(ORIGIN), ORIGIN, tmp_path / "signer" / "state")
    with pytest.raises(DamagedError):
        stranger.sign(_request(0, 10))


def test_a_continuation_log_has_its_own_origin_and_state(signer: Signer, log_key: SigningKey, tmp_path: Path) -> None:
    signer.sign(_request(0, 10))
    origin = f"{ORIGIN}/2"
    continued = Signer.found(log_key, origin, tmp_path / "signer" / "state-2")
    note = continued.sign(_request(0, 3, FORK, origin))
    assert {signature.name for signature in note.signatures} == {origin}
    assert Checkpoint.parse(signer.last().text).size == 10


def test_a_request_returns_from_its_bytes_and_has_one_spelling() -> None:
    for request in (_request(0, 10), _request(7, 10), _request(10, 10)):
        raw = request.serialise()
        assert SigningRequest.parse(raw) == request
        for place in range(len(raw)):
            for spoiled in (raw[:place], raw[:place] + b"\0" + raw[place:], raw[:place] + b"\n" + raw[place:]):
                try:
                    parsed = SigningRequest.parse(spoiled)
                except MalformedError:
                    continue
                assert parsed.serialise() == spoiled
                assert parsed != request


CHILD = """
import sys
from pathlib import Path
from glasshouse.engines.ledger import merkle
from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.errors import ConflictError, ProofError
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer, SigningRequest
from glasshouse.kernel.merkle import leaf_hash

leaves = [leaf_hash(b"%s %d" % (sys.argv[4].encode(), number)) for number in range(4000)]
subtree = merkle.subtree_hasher(leaves)
signer = Signer(SigningKey.parse(sys.argv[2]), sys.argv[3], Path(sys.argv[1]))
old = Checkpoint.parse(signer.last().text).size
while old < len(leaves):
    new = old + 1
    proof = tuple(merkle.consistency_proof(old, new, subtree))
    try:
        signer.sign(SigningRequest(old, proof, Checkpoint(sys.argv[3], new, subtree(0, new))))
    except (ConflictError, ProofError):
        new = Checkpoint.parse(signer.last().text).size
    else:
        print(new, flush=True)
    old = new
"""


def _child(state: Path, key: SigningKey, environment: dict[str, str], tree: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, str(state), key.to_text(), ORIGIN, tree]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _killed(child: "subprocess.Popen[str]") -> list[int]:
    """Kill a child and return the sizes that it had acknowledged."""
    assert child.stdout is not None
    child.send_signal(signal.SIGKILL)
    printed = child.stdout.read()
    child.stdout.close()
    child.wait()
    return [int(line) for line in printed.splitlines(keepends=True) if line.endswith("\n")]


def _wait_for(signer: Signer, size: int) -> None:
    while Checkpoint.parse(signer.last().text).size < size:
        time.sleep(0.01)


def test_ten_kills_while_signing_never_take_a_signature_back(
    log_key: SigningKey, tmp_path: Path, environment: dict[str, str]
) -> None:
    state = tmp_path / "state"
    signer = Signer.found(log_key, ORIGIN, state)
    last = 0
    for kill in range(10):
        child = _child(state, log_key, environment)
        _wait_for(signer, last + 3)
        time.sleep(0.003 * kill)
        signed = _killed(child)
        assert signed[0] == last + 1
        assert signed == sorted(set(signed))
        last = open_checkpoint(signer.last(), log_key.verifier).size
        assert last >= signed[-1]


def test_two_callers_with_different_trees_never_both_get_signatures(
    log_key: SigningKey, tmp_path: Path, environment: dict[str, str]
) -> None:
    signer = Signer.found(log_key, ORIGIN, tmp_path / "state")
    both = [_child(tmp_path / "state", log_key, environment, tree) for tree in ("one", "other")]
    _wait_for(signer, 50)
    one, other = map(_killed, both)
    assert bool(one) != bool(other)
    assert (one or other) == list(range(1, len(one or other) + 1))
