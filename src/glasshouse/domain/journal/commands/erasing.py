# SPDX-License-Identifier: Apache-2.0
"""Destroying seeds: the one way anything in the journal is ever lost, and it is recorded."""

from collections.abc import Sequence
from datetime import datetime

from glasshouse.domain.journal.commands.recording import record
from glasshouse.domain.journal.models import Event, Seed, SeedClass
from glasshouse.domain.journal.values import Recorded
from glasshouse.kernel.ids import Uid

_BATCH = 500
"""A statement takes so many names: databases limit them, and a person may have seen more pages than that."""


def erase(events: Sequence[Uid], seed_class: SeedClass, *, actor: str, approval: Uid, at: datetime) -> Recorded:
    """Destroy one class of seeds of these events, inside the transaction of an approved decision.

    What they covered can then be opened by nobody; the tree still verifies, and the audit accepts each missing
    seed because this entry names its event. Callers MUST have had two people approve `approval`.
    """
    names = [uid.text for uid in events]
    for start in range(0, len(names), _BATCH):
        Seed.objects.filter(
            event__in=Event.objects.filter(uid__in=names[start : start + _BATCH]), seed_class=seed_class
        ).delete()
    return record(
        "journal.seeds-erased",
        actor=actor,
        at=at,
        subject=approval,
        fields={"approval": approval.text, "class": seed_class.value, "events": sorted(names)},
    )
