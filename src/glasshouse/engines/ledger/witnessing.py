# SPDX-License-Identifier: Apache-2.0
"""What a log says to a witness and hears from it (add-checkpoint of c2sp.org/tlog-witness), as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.encoding import parse_extension, parse_number, parse_text, write_extension
from glasshouse.engines.ledger.errors import (
    ForkError,
    MalformedError,
    SignatureError,
    StaleRequestError,
    WitnessRefusedError,
)
from glasshouse.engines.ledger.notes import KeyKind, Note, Signature, VerifierKey, open_note

MAX_REQUEST = 1_000_000
MAX_ANSWER = 65_536
MAX_COSIGNATURES = 16


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request for a cosignature: the size the witness knows, the proof from there, the signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Note

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a request's body; whether its proof and signatures hold is the witness's question."""
        old_size, proof, rest = parse_extension(parse_text(raw, MAX_REQUEST, "a request to a witness"))
        note = Note.parse(rest.encode())
        if old_size > Checkpoint.parse(note.text).size or (old_size == 0 and proof):
            raise MalformedError("the old size is not above the checkpoint's, and from size zero the proof is empty")
        return cls(old_size, proof, note)

    def serialise(self) -> bytes:
        """Write the request's body."""
        return write_extension(self.old_size, self.proof).encode() + self.checkpoint.serialise()


def read_answer(status: int, body: bytes, request: AddCheckpoint, witness: Sequence[VerifierKey]) -> Note:
    """Return the checkpoint with the cosignatures that this witness's keys have made added to it.

    `StaleRequestError` carries the size that the witness knows, to prove from; a witness that knows another tree
    of the same size raises `ForkError`, and every other answer `WitnessRefusedError`. What is not an answer in the
    form of the specification raises `MalformedError`.
    """
    if status == HTTPStatus.CONFLICT:
        raise _conflict(body, request)
    if status != HTTPStatus.OK:
        raise WitnessRefusedError(f"the witness answered with status {int(status)}")
    if not witness or any(key.kind is not KeyKind.COSIGNATURE for key in witness):
        raise MalformedError("a witness has keys of type 4")
    lines = parse_text(body, MAX_ANSWER, "a witness's answer")[:-1].split("\n")
    if len(lines) > MAX_COSIGNATURES:
        raise MalformedError(f"a witness answers with at most {MAX_COSIGNATURES} signatures")
    answered = Note(request.checkpoint.text, tuple(map(Signature.parse, lines)))
    try:
        opened = open_note(answered, witness)
    except SignatureError as error:
        raise WitnessRefusedError(f"the witness's answer does not verify: {error.message}") from error
    return request.checkpoint.with_signatures(verified.signature for verified in opened.verified)


def _conflict(body: bytes, request: AddCheckpoint) -> ForkError | StaleRequestError:
    text = parse_text(body, MAX_ANSWER, "a witness's answer")
    size = parse_number(text[:-1])
    if size == Checkpoint.parse(request.checkpoint.text).size and size == request.old_size:
        return ForkError(f"the witness has cosigned another tree of {size} entries")
    return StaleRequestError(f"the witness has cosigned a tree of {size} entries", size=size)
