# SPDX-License-Identifier: Apache-2.0
"""Asking a signer over its socket: each answer arrives as what it is."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glasshouse.engines.ledger import merkle, signing
from glasshouse.engines.ledger.checkpoints import Checkpoint, open_checkpoint
from glasshouse.engines.ledger.errors import ForkError, SignerSilentError, StaleRequestError
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer, SigningRequest
from glasshouse.kernel.merkle import leaf_hash

ORIGIN = "lab.example/ledger"
LEAVES = [leaf_hash(b"%d" % number) for number in range(20)]


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> SigningRequest:
    subtree = merkle.subtree_hasher(leaves)
    return SigningRequest(
        old, tuple(merkle.consistency_proof(old, new, subtree)), Checkpoint(ORIGIN, new, subtree(0, new))
    )


@pytest.fixture
def signer(log_key: SigningKey, tmp_path: Path) -> Signer:
    return Signer.found(log_key, ORIGIN, tmp_path / "signer" / "state")


@pytest.fixture
def place(signer: Signer, tmp_path: Path) -> Iterator[Path]:
    """The socket of a signer that answers until the test ends."""
    path = tmp_path / "signer.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            while True:
                connection, _ = listening.accept()
                with connection:
                    if connection.recv(1, socket.MSG_PEEK) == b"":
                        return
                    signing.answer(connection, signer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield path
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as last:
            last.connect(str(path))
        thread.join()


def test_a_signature_a_stale_word_and_a_refusal_arrive(place: Path, signer: Signer, log_key: SigningKey) -> None:
    del signer
    note = signing.ask(place, request(0, 7))
    assert open_checkpoint(note, SigningKey(ORIGIN, log_key.kind, log_key.private).verifier).size == 7
    with pytest.raises(StaleRequestError) as stale:
        signing.ask(place, request(3, 9))
    assert stale.value.size == 7
    with pytest.raises(ForkError, match="would take entries back"):
        signing.ask(place, request(0, 5))


@pytest.mark.parametrize("junk", [b"\0", b"\xff\xff\xff\xff", b"\0\0\0\4junk", b"\0\0\1\0cut short"])
def test_after_junk_the_signer_goes_on(place: Path, junk: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(place))
        connection.sendall(junk)
    assert signing.ask(place, request(0, 3)).text.startswith(ORIGIN)


def test_a_state_that_cannot_be_kept_is_said_so_and_nothing_is_signed(place: Path, signer: Signer) -> None:
    state = signer.last()
    (place.parent / "signer" / "state.tmp").mkdir()  # what is to be written cannot be
    with pytest.raises(SignerSilentError, match="cannot keep its state: Is a directory"):
        signing.ask(place, request(0, 3))
    assert signer.last() == state


def test_a_signer_that_is_not_there_is_silent(tmp_path: Path) -> None:
    with pytest.raises(SignerSilentError) as silent:
        signing.ask(tmp_path / "signer.sock", request(0, 3))
    assert "glasshouse sign" in silent.value.hint


@contextmanager
def broken_off(path: Path, *signers: Signer | None, said: bytes = b"") -> Iterator[None]:
    """Listen at a path as signers that take turns: each signs; None is gone before its word is out, or half of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            for one in signers:
                connection, _ = listening.accept()
                with connection:
                    if one is not None:
                        signing.answer(connection, one)
                    else:
                        connection.recv(1)
                        connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.mark.parametrize("said", [b"", b"\0\0", b"\0\0\1\0signed\n"])
def test_a_signer_that_ends_before_its_word_is_out_is_asked_again(signer: Signer, tmp_path: Path, said: bytes) -> None:
    with broken_off(tmp_path / "signer.sock", None, signer, said=said):
        note = signing.ask(tmp_path / "signer.sock", request(0, 7))
    assert note == signer.last()


def test_what_was_signed_before_the_word_was_lost_is_given_out_again(signer: Signer, tmp_path: Path) -> None:
    kept = signer.sign(request(0, 7))
    with broken_off(tmp_path / "signer.sock", None, signer):
        assert signing.ask(tmp_path / "signer.sock", request(0, 7)) == kept


def test_a_signer_that_ends_twice_is_silent_and_no_fault_of_the_ledger(signer: Signer, tmp_path: Path) -> None:
    state = signer.last()
    with broken_off(tmp_path / "signer.sock", None, None), pytest.raises(SignerSilentError, match="had answered"):
        signing.ask(tmp_path / "signer.sock", request(0, 7))
    assert signer.last() == state
