# SPDX-License-Identifier: Apache-2.0
"""Proofs about single entries, in the forms of C2SP that any verifier reads."""

from collections.abc import Sequence
from http import HTTPStatus

from django.conf import settings

from glasshouse.domain.journal import queries
from glasshouse.domain.journal.errors import NotInTreeYetError
from glasshouse.engines.ledger.checkpoints import Checkpoint, open_checkpoint
from glasshouse.engines.ledger.notes import Note, VerifierKey
from glasshouse.engines.ledger.proofs import TlogProof
from glasshouse.engines.ledger.witnessing import AddCheckpoint, read_answer
from glasshouse.kernel.ids import Uid


def inclusion(event: Uid) -> bytes:
    """Return a `.tlog-proof` of an entry under the newest signed head; its `extra` is the commitment."""
    row = queries.event(event)
    head, raw = _head()
    index = queries.leaf_index(row)
    if index is None or index >= head.size:
        raise NotInTreeYetError("This entry is not in the signed tree yet.", hint="Ask again in a second.")
    proof = tuple(queries.the_log().inclusion_proof(index, head.size))
    return TlogProof(index, proof, Note.parse(raw), bytes(row.commitment)).serialise()


def merged(request: bytes, cosignatures: bytes, witnesses: Sequence[VerifierKey]) -> Note:
    """Return the checkpoint of a request that was carried to a witness by hand, with the signatures it came back with.

    The checkpoint must be the log's own, and each signature one of a witness that the lab knows.
    """
    asked = AddCheckpoint.parse(request)
    vkey = VerifierKey.parse((settings.GLASSHOUSE.ledger / "log.vkey").read_text("utf-8").strip())
    open_checkpoint(asked.checkpoint, vkey)
    return read_answer(HTTPStatus.OK, cosignatures, asked, witnesses)


def consistency(old_size: int) -> bytes:
    """Return the newest signed head with the proof that it extends the tree of an older size (tlog-witness form)."""
    head, raw = _head()
    if old_size > head.size:
        raise NotInTreeYetError(f"The signed tree has {head.size:,} entries, fewer than {old_size:,}.")
    proof = tuple(queries.the_log().consistency_proof(old_size, head.size)) if old_size else ()
    return AddCheckpoint(old_size, proof, Note.parse(raw)).serialise()


def extension(old_size: int, kept: queries.KeptCheckpoint) -> bytes:
    """Return a checkpoint that was given out, with the proof that it extends the tree of an older size."""
    proof = tuple(queries.the_log().consistency_proof(old_size, kept.size))
    return AddCheckpoint(old_size, proof, Note.parse(kept.note.encode())).serialise()


def _head() -> tuple[Checkpoint, bytes]:
    head = queries.signed_head()
    if head is None:
        raise NotInTreeYetError("No tree head is signed yet.", hint="The worker and the signer must be running.")
    return head
