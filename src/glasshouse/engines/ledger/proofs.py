# SPDX-License-Identifier: Apache-2.0
"""Proofs that travel (c2sp.org/tlog-proof@v1): an index, an inclusion proof and a cosigned checkpoint in one text."""

from dataclasses import dataclass
from typing import Self

from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.encoding import parse_base64, parse_hash, parse_number, parse_text, to_base64
from glasshouse.engines.ledger.errors import MalformedError, ProofError
from glasshouse.engines.ledger.merkle import MAX_PROOF, verify_inclusion
from glasshouse.engines.ledger.notes import MAX_BYTES, Note
from glasshouse.engines.ledger.policies import Policy, Trusted
from glasshouse.kernel.merkle import leaf_hash

HEADER = "c2sp.org/tlog-proof@v1"
MAX_EXTRA = 100_000


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof of inclusion; nothing in it is trusted before `verify`, and `extra` never is."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a proof; exactly what `serialise` writes is accepted."""
        text = parse_text(raw, MAX_BYTES, "a proof")
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != HEADER:
            raise MalformedError(f"a proof begins with {HEADER} and holds a checkpoint after an empty line")
        del lines[0]
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = parse_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise MalformedError("a proof has an index line")
        index = parse_number(lines.pop(0).removeprefix("index "))
        if len(lines) > MAX_PROOF or len(extra or b"") > MAX_EXTRA:
            raise MalformedError(f"a proof has at most {MAX_PROOF} hashes and {MAX_EXTRA} bytes beside them")
        checkpoint = Note.parse(note.encode())
        Checkpoint.parse(checkpoint.text)
        return cls(index, tuple(parse_hash(line) for line in lines), checkpoint, extra)

    def serialise(self) -> bytes:
        """Write the proof."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += map(to_base64, self.hashes)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint.serialise()

    def verify(self, entry: bytes, policy: Policy) -> Trusted:
        """Refuse unless the policy trusts the checkpoint and the entry stands at the index of its tree."""
        trusted = policy.check(self.checkpoint)
        if self.index >= trusted.checkpoint.size:
            raise ProofError(f"no leaf {self.index} in a tree of {trusted.checkpoint.size}")
        verify_inclusion(leaf_hash(entry), self.index, trusted.checkpoint.size, trusted.checkpoint.root, self.hashes)
        return trusted
