# SPDX-License-Identifier: Apache-2.0
"""The ledger as parties get it: its newest checkpoint, and proofs of one's own entries."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest
from ninja import Router, Schema

from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import queries
from glasshouse.edges.api.auth import reading
from glasshouse.edges.api.errors import NoCheckpointError
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["ledger"])


class Checkpoint(Schema):
    """A signed tree head, cosignatures included, as `c2sp.org/tlog-checkpoint` writes it."""

    size: int
    note: str
    at: datetime


class Proof(Schema):
    """A proof as `c2sp.org/tlog-proof` writes it; it carries the commitment and opens nothing."""

    event: str
    proof: str


@router.get("/ledger/checkpoint", auth=reading(Scope.LEDGER), response=answering(Checkpoint), url_name="checkpoint")
def checkpoint(request: HttpRequest) -> Checkpoint:
    """Return the newest tree head that parties were given."""
    kept = queries.party_checkpoint(viewer_of(request))
    if kept is None:
        raise NoCheckpointError("No tree head was given out yet.", hint="The worker and the signer must be running.")
    return Checkpoint(size=kept.size, note=kept.note, at=kept.at)


@router.get("/record/{event}/proof", auth=reading(Scope.LEDGER), response=answering(Proof), url_name="proof")
def proof(request: HttpRequest, event: str) -> Proof:
    """Prove that one of the caller's own entries stands in the signed tree."""
    return Proof(event=event, proof=queries.tlog_proof_of(viewer_of(request), Uid.parse(event)).decode())
