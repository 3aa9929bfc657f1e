# SPDX-License-Identifier: Apache-2.0
"""Checkpoints (c2sp.org/tlog-checkpoint): a tree's origin, size and root as the text of a signed note."""

from dataclasses import dataclass
from typing import Self

from glasshouse.engines.ledger.encoding import MAX_NUMBER, parse_hash, parse_number, to_base64
from glasshouse.engines.ledger.errors import MalformedError, SignatureError
from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey, VerifierKey, open_note
from glasshouse.kernel.merkle import EMPTY_ROOT, HASH_SIZE

_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of its tree; `extensions` are opaque lines, and ours has none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be the text of a checkpoint."""
        lines = (self.origin, *self.extensions)
        if any(not line or any(char < " " for char in line) for line in lines):
            raise MalformedError("an origin or an extension is one line that is not empty")
        if not 0 <= self.size <= MAX_NUMBER or len(self.root) != HASH_SIZE:
            raise MalformedError("a checkpoint has a size below 2^63 and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedError("the root of the empty tree is the hash of nothing")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text; exactly what `text` writes is accepted."""
        lines = text.split("\n")
        if len(lines) <= _LINES or lines.pop() != "":
            raise MalformedError("a checkpoint has an origin, a size and a root, each on its line")
        return cls(lines[0], parse_number(lines[1]), parse_hash(lines[2]), tuple(lines[_LINES:]))

    @property
    def text(self) -> str:
        """Return the text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))

    def sign(self, key: SigningKey) -> Note:
        """Return the checkpoint as a note signed by the log, whose key MUST bear the origin as its name."""
        if key.name != self.origin:
            raise MalformedError("a log's key bears the log's origin as its name")
        return Note(self.text, (key.sign(self.text),))


def cosign(note: Note, key: SigningKey, timestamp: int) -> Note:
    """Return the note with one more cosignature, at a time in seconds since the epoch."""
    Checkpoint.parse(note.text)
    return note.with_signatures([key.cosign(note.text, timestamp)])


def open_checkpoint(note: Note, log: VerifierKey) -> Checkpoint:
    """Verify a note by one log's key and return its checkpoint; the origin MUST be the key's name."""
    if log.kind is not KeyKind.ED25519:
        raise SignatureError("a log's key is of type 1")
    checkpoint = Checkpoint.parse(open_note(note, [log]).text)
    if checkpoint.origin != log.name:
        raise SignatureError("the checkpoint is of another log than its key")
    return checkpoint
