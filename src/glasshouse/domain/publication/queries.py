# SPDX-License-Identifier: Apache-2.0
"""What the public may see. No viewer here; nothing that this module returns names a person, a file or a party."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from glasshouse.domain.jobs import queries as jobs
from glasshouse.domain.jobs.models import State
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Audience
from glasshouse.engines.ledger.notes import Note

SMALL = 5
_COUNTED = {
    "readingroom.visit-opened": "Visits begun",
    "readingroom.lines-shown": "Views of source",
    "readingroom.difference-shown": "Comparisons of source",
    "releases.release-imported": "Releases imported",
    "access.grant-opened": "Grants opened",
    "access.grant-revoked": "Grants revoked",
    "journal.seeds-erased": "Erasures of personal data",
}


@dataclass(frozen=True, slots=True)
class PublicCheckpoint:
    """The tree head that the public was given last; `cosigned` names the witnesses that signed it too."""

    size: int
    note: str
    at: datetime
    cosigned: Sequence[str]


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened; None stands for fewer than five, which are not broken down."""

    label: str
    number: int | None


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The lab's last check of itself."""

    at: datetime
    is_passed: bool
    message: str


def checkpoint() -> PublicCheckpoint | None:
    """Return the public's newest checkpoint; one a day, so that it tells nothing of the day's reading."""
    kept = journal.newest_checkpoint(Audience.PUBLIC)
    return _public(kept) if kept else None


def party_checkpoint() -> PublicCheckpoint | None:
    """Return the checkpoint that parties and witnesses have, for signed-in pages and receipts."""
    kept = journal.newest_checkpoint(Audience.PARTIES)
    return _public(kept) if kept else None


def _public(kept: journal.KeptCheckpoint) -> PublicCheckpoint:
    names = [signature.name for signature in Note.parse(kept.note.encode()).signatures]
    return PublicCheckpoint(
        kept.size, kept.note, kept.at, [name for name in names if name != settings.GLASSHOUSE.origin]
    )


def counts() -> list[Count]:
    """Return how often things happened since the lab began; small numbers are hidden, zero is not small."""
    found = journal.count_by_kind(list(_COUNTED))
    return [Count(label, None if 0 < found[kind] < SMALL else found[kind]) for kind, label in _COUNTED.items()]


def self_test() -> SelfTest | None:
    """Return the last audit of the ledger that ended, passed or not; None when none has run."""
    job = jobs.last_ended("journal.audit")
    if job is None or job.ended_at is None:
        return None
    return SelfTest(job.ended_at, job.state == State.DONE, job.message)
