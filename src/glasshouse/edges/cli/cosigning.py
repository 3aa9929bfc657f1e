# SPDX-License-Identifier: Apache-2.0
"""Taking back what a witness signed that is reached by files."""

from dataclasses import dataclass

from django.conf import settings

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import proving, queries
from glasshouse.domain.journal.values import Audience
from glasshouse.engines.ledger.notes import Note, VerifierKey
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError


class NoWitnessError(ConflictError):
    """The lab knows no witness whose signature it could check."""

    code = "cli.no-witness"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint with its witnesses."""

    size: int
    witnesses: list[str]


def keep(request: bytes, cosignatures: bytes) -> Kept:
    """Check the signatures and keep the checkpoint as the one that parties get."""
    keys = [VerifierKey.parse(configured.partition("|")[2]) for configured in settings.GLASSHOUSE.witnesses]
    if not keys:
        raise NoWitnessError(
            "This lab knows no witness.", hint='Name it in lab.toml: witnesses = "|VKEY", or "URL|VKEY" by HTTP.'
        )
    note = proving.merged(request, cosignatures, keys)
    head, newest = queries.tree_head(note), queries.newest_checkpoint(Audience.PARTIES)
    if newest is not None and newest.size == head.size:
        note = Note.parse(newest.note.encode()).with_signatures(note.signatures)  # several witnesses, one checkpoint
    journal.keep_checkpoint(
        Audience.PARTIES, size=head.size, root=head.root, note=note.serialise().decode(), at=clock.now()
    )
    names = [signature.name for signature in note.signatures if signature.name != settings.GLASSHOUSE.origin]
    return Kept(head.size, names)
