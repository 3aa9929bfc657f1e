# SPDX-License-Identifier: Apache-2.0
"""What the public may see. No viewer here; nothing that this module returns names a person, a file or a party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices

from glasshouse.domain.engagements import rules as engagements
from glasshouse.domain.engagements.queries import counting
from glasshouse.domain.engagements.values import Category
from glasshouse.domain.engagements.values import State as Outcome
from glasshouse.domain.jobs import queries as jobs
from glasshouse.domain.jobs.models import State
from glasshouse.domain.journal import proving
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.values import Audience
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
class PublicLab:
    """What a lab says of itself on its front: its name, address, log key, and how many witnesses it asks."""

    name: str
    url: str
    vkey: str
    witnesses: int
    is_demo: bool


@dataclass(frozen=True, slots=True)
class PublicCheckpoint:
    """The tree head that the public was given last; `cosigned` names the witnesses that signed it too.

    `extension` proves that it extends the one before, of size `before`; empty for the first.
    """

    size: int
    note: str
    at: datetime
    cosigned: Sequence[str]
    before: int
    extension: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened; None stands for fewer than five, which are not broken down."""

    kind: str
    label: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a breakdown by the name of its row, and that name in words; None where it is hidden."""

    name: str
    label: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a quarter that is over; small numbers are hidden, and what would give them away with them."""

    period: str
    received: int | None
    settled: int | None
    categories: Sequence[Cell]
    countries: Sequence[Cell]
    outcomes: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The lab's last check of itself."""

    at: datetime
    is_passed: bool
    message: str


def lab() -> PublicLab:
    """Return what the lab says of itself."""
    about = settings.GLASSHOUSE
    vkey = (about.ledger / "log.vkey").read_text("utf-8").strip()
    return PublicLab(about.name, about.url, vkey, len(about.witnesses), about.is_demo)


def checkpoint() -> PublicCheckpoint | None:
    """Return the public's newest checkpoint; one a day, so that it tells nothing of the day's reading."""
    kept = journal.newest_checkpoints(Audience.PUBLIC, 2)
    if not kept:
        return None
    newest, before = kept[0], kept[1].size if len(kept) > 1 else 0
    names = [signature.name for signature in Note.parse(newest.note.encode()).signatures]
    return PublicCheckpoint(
        size=newest.size,
        note=newest.note,
        at=newest.at,
        cosigned=[name for name in names if name != settings.GLASSHOUSE.origin],
        before=before,
        extension=proving.extension(before, newest) if before else b"",
    )


def counts() -> list[Count]:
    """Return how often things happened since the lab began; small numbers are hidden, zero is not small."""
    found = journal.count_by_kind(list(_COUNTED))
    return [Count(kind, label, None if 0 < found[kind] < SMALL else found[kind]) for kind, label in _COUNTED.items()]


def requests(now: datetime) -> list[Requests]:
    """Return what was asked for and how it was answered, quarter by quarter, newest first.

    The present quarter is left out: who compares two days' numbers would learn of one request.
    """
    return [
        Requests(
            period=found.period,
            received=_unless_small(found.received),
            settled=_unless_small(found.settled),
            categories=_cells(found.categories, Category),
            countries=_cells(found.countries),
            outcomes=_cells(found.outcomes, Outcome),
        )
        for found in counting.counts(before=now)
    ]


def _cells(numbers: Mapping[str, int], named: type[TextChoices] | None = None) -> list[Cell]:
    told = engagements.hidden(numbers, small=SMALL)
    return [Cell(name, named(name).label if named else name, number) for name, number in told.items()]


def _unless_small(number: int) -> int | None:
    return None if 0 < number < SMALL else number


def self_test() -> SelfTest | None:
    """Return the last audit of the ledger that ended, passed or not; None when none has run."""
    job = jobs.last_ended("journal.audit")
    if job is None or job.ended_at is None:
        return None
    return SelfTest(job.ended_at, job.state == State.DONE, job.message)
