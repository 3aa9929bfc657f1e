# SPDX-License-Identifier: Apache-2.0
"""The signer: holds a log's key and the last checkpoint it signed, and signs proven extensions of that one only.

It trusts nobody with its memory: what it compares with is its own state file, never the caller's word.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from glasshouse.engines.ledger import tail
from glasshouse.engines.ledger.checkpoints import Checkpoint, open_checkpoint
from glasshouse.engines.ledger.encoding import parse_extension, parse_text, write_extension
from glasshouse.engines.ledger.errors import DamagedError, ForkError, MalformedError, StaleRequestError, StateError
from glasshouse.engines.ledger.merkle import verify_consistency
from glasshouse.engines.ledger.notes import Note, SigningKey
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.merkle import EMPTY_ROOT

MAX_REQUEST = 16_384


def state_name(origin: str) -> str:
    """Return the name of the file of one log's last signed state; each log of a lab has its own."""
    return f"state-{sha256(origin.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A tree to sign, and the proof that it extends the last signed one, whose size is `old_size`."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a request: the form of add-checkpoint in c2sp.org/tlog-witness, the checkpoint not signed yet."""
        old_size, proof, text = parse_extension(parse_text(raw, MAX_REQUEST, "a request to sign"))
        return cls(old_size, proof, Checkpoint.parse(text))

    def serialise(self) -> bytes:
        """Write the request."""
        return (write_extension(self.old_size, self.proof) + self.checkpoint.text).encode()


class Signer:
    """Signs for one origin, with state in one file; several processes on that file take turns.

    A log that goes on elsewhere, as after a restore, has another origin: `found` a signer for it, with the same key
    if so wished. The origin is the name in every signature, whatever the key was called before.
    """

    def __init__(self, key: SigningKey, origin: str, state_file: Path) -> None:
        self._key = SigningKey(origin, key.kind, key.private)
        self._state_file = state_file

    @classmethod
    def found(cls, key: SigningKey, origin: str, state_file: Path) -> Self:
        """Begin a log: sign its empty tree. A state that exists already is never replaced."""
        signer = cls(key, origin, state_file)
        state_file.parent.mkdir(parents=True, exist_ok=True)
        with signer._turn():
            if state_file.exists():
                raise ForkError("this signer has signed before", hint="Choose another origin and another state file.")
            signer._keep(Checkpoint(origin, 0, EMPTY_ROOT).sign(signer._key))
        return signer

    def last(self) -> Note:
        """Return the last signed checkpoint, as it is kept."""
        try:
            return Note.parse(self._state_file.read_bytes())
        except FileNotFoundError as error:
            raise StateError(
                "the signer's state is missing, and without it a fork could be signed",
                hint="Put the state file back, or open a continuation log.",
            ) from error

    def sign(self, request: SigningRequest) -> Note:
        """Return the signed checkpoint, its state durable before it leaves; refuse all but a proven extension.

        Asked again for the tree it signed last, it returns the same note, so that an answer lost on its way can be
        fetched again. `StaleRequestError` tells the size to prove from.
        """
        wanted = request.checkpoint
        if wanted.origin != self._key.name or wanted.extensions:
            raise MalformedError(f"this signer signs for {self._key.name}, without extension lines")
        with self._turn():
            note, signed = self._state()
            if wanted.size < signed.size:
                raise ForkError(f"a tree of {signed.size} is signed; one of {wanted.size} would take entries back")
            if wanted.size == signed.size:
                if wanted.root != signed.root:
                    raise ForkError(f"another tree of {signed.size} is signed already")
                return note
            if request.old_size != signed.size:
                raise StaleRequestError(f"the last signed tree has {signed.size} entries", size=signed.size)
            verify_consistency(signed.size, signed.root, wanted.size, wanted.root, request.proof)
            note = wanted.sign(self._key)
            self._keep(note)
            return note

    def _state(self) -> tuple[Note, Checkpoint]:
        try:
            note = self.last()
            return note, open_checkpoint(note, self._key.verifier)
        except InvalidError as error:
            raise DamagedError(f"the signer's state is not a checkpoint of its own: {error.message}") from error

    def _keep(self, note: Note) -> None:
        temporary = self._state_file.with_name(f"{self._state_file.name}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            tail.write_all(descriptor, note.serialise())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(self._state_file)
        tail.sync_file(self._state_file.parent)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        lock = self._state_file.with_name(f"{self._state_file.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
