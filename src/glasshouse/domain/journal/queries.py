# SPDX-License-Identifier: Apache-2.0
"""Questions to the journal. It is the lowest room and knows no viewer: the rooms above narrow before they ask."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from glasshouse.domain.journal import boxes
from glasshouse.domain.journal.errors import EventUnknownError
from glasshouse.domain.journal.models import Chain, Checkpoint, Event, Leaf, Outbox, SeedClass
from glasshouse.domain.journal.values import Audience, Json, Opened, Opening, Tagger
from glasshouse.engines.ledger import commitments
from glasshouse.engines.ledger.checkpoints import Checkpoint as TreeHead
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note
from glasshouse.kernel import clock
from glasshouse.kernel.errors import RefusedError
from glasshouse.kernel.ids import Uid

HEAD = "head"
"""The file in the ledger's folder that holds the newest signed head."""

Sealers = Callable[[Uid], Tagger]
"""Finds a product's sealer; raises RefusedError when its key was destroyed."""


def event(uid: Uid) -> Event:
    """Return one event's row."""
    found = Event.objects.filter(uid=uid.text).first()
    if found is None:
        raise EventUnknownError
    return found


def chain_events(engagement: Uid, *, first: int = 1, last: int | None = None) -> Iterator[Event]:
    """Yield the events of an engagement in the order of their numbers."""
    rows = Event.objects.filter(engagement=engagement.text, number__gte=first)
    if last is not None:
        rows = rows.filter(number__lte=last)
    return rows.order_by("number").prefetch_related("seeds").iterator(chunk_size=500)


def chain_head(engagement: Uid) -> tuple[int, bytes]:
    """Return the last number and commitment of an engagement's chain."""
    chain = Chain.objects.get(engagement=engagement.text)
    return chain.number, bytes(chain.head)


def seeds_of(row: Event) -> dict[SeedClass, bytes]:
    """Return the seeds that still exist."""
    return {SeedClass(seed.seed_class): bytes(seed.value) for seed in row.seeds.all()}


def open_event(row: Event, sealers: Sealers, *, classes: Sequence[SeedClass] = (SeedClass.SHARED,)) -> Opened:
    """Open the fields of these classes as far as seeds and keys still exist."""
    seeds = seeds_of(row)
    fields: dict[str, Json] = {}
    for tag, sealed in boxes.split(bytes(row.boxes)).items():
        letter = SeedClass(tag.lower())
        if letter not in classes or letter not in seeds:
            continue
        try:
            source = sealers(Uid(row.product)) if tag.isupper() else None
        except RefusedError:
            continue  # the product's key was destroyed; the field is named in `missing`
        fields |= boxes.open_box(tag, sealed, seeds[letter], row.uid, source=source)
    named = [name.partition(":")[0] for name in row.names.split(",")]
    missing = tuple(name for name in named if name not in fields and name not in {"head", "actor", "chain"})
    return Opened(
        uid=Uid(row.uid),
        kind=row.kind,
        actor=row.actor,
        at=row.at,
        subject=row.subject,
        engagement=Uid(row.engagement) if row.engagement else None,
        number=row.number,
        fields=fields,
        missing=missing,
    )


def columns_as_fields(row: Event) -> dict[str, Json]:
    """Return the fields that are kept as columns, as they were committed."""
    fields: dict[str, Json] = {
        "actor": row.actor,
        "head": {"at": clock.to_text(row.at), "kind": row.kind, "subject": row.subject, "uid": row.uid},
    }
    if row.engagement and row.previous is not None:
        fields["chain"] = {
            "engagement": row.engagement,
            "number": row.number,
            "previous": bytes(row.previous).hex(),
        }
    return fields


def openings(row: Event, sealers: Sealers, *, classes: Sequence[SeedClass]) -> list[Opening]:
    """Return what proves each field that these classes cover, to a holder of the commitment alone."""
    seeds = seeds_of(row)
    values = columns_as_fields(row) | dict(open_event(row, sealers, classes=classes).fields)
    found = []
    for index, named in enumerate(row.names.split(",")):
        name, _, letter = named.partition(":")
        seed_class = SeedClass(letter)
        if seed_class in classes and seed_class in seeds and name in values:
            found.append(Opening(index, name, commitments.salt(seeds[seed_class], name), values[name]))
    return found


def field_commitments(row: Event) -> list[bytes]:
    """Return the hashes that the event's commitment covers, in the order of the fields' names."""
    stored = bytes(row.commitments)
    return [stored[start : start + 32] for start in range(0, len(stored), 32)]


def leaf_index(row: Event) -> int | None:
    """Return the event's index in the log, None while it waits."""
    return Leaf.objects.filter(event=row).values_list("leaf_index", flat=True).first()


def log_size() -> int:
    """Return how many leaves have an index."""
    last = Leaf.objects.order_by("-leaf_index").values_list("leaf_index", flat=True).first()
    return 0 if last is None else last + 1


def waiting(follower: str = "ledger") -> int:
    """Return how many events a follower has not dealt with."""
    return Outbox.objects.filter(follower=follower).count()


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A tree head as it was given to an audience."""

    size: int
    note: str
    at: datetime


def newest_checkpoint(audience: Audience) -> KeptCheckpoint | None:
    """Return the newest tree head that an audience was given."""
    return next(iter(newest_checkpoints(audience, 1)), None)


def newest_checkpoints(audience: Audience, count: int) -> list[KeptCheckpoint]:
    """Return the last tree heads that an audience was given, newest first."""
    rows = Checkpoint.objects.filter(audience=audience).order_by("-at", "-pk")[:count]
    return [KeptCheckpoint(row.size, row.note, row.at) for row in rows]


def count_by_kind(kinds: Sequence[str]) -> dict[str, int]:
    """Return how many events of each kind there are, zero included."""
    return {kind: Event.objects.filter(kind=kind).count() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event of a chain by its number and commitment."""

    number: int
    commitment: bytes


def events_of_subject(subject: Uid) -> list[Numbered]:
    """Return the chained events that tell of one subject, such as a visit, in the order of their numbers."""
    rows = Event.objects.filter(subject=subject.text).exclude(number=None).order_by("number")
    return [Numbered(number, bytes(value)) for number, value in rows.values_list("number", "commitment") if number]


def signed_head() -> tuple[TreeHead, bytes] | None:
    """Return the newest signed tree head and its note, None before the first."""
    try:
        raw = (settings.GLASSHOUSE.ledger / HEAD).read_bytes()
    except FileNotFoundError:
        return None
    return tree_head(Note.parse(raw)), raw


def cosigned_head() -> tuple[TreeHead, bytes] | None:
    """Return the newest tree head that parties and witnesses were given, with what the witnesses added."""
    kept = newest_checkpoint(Audience.PARTIES)
    if kept is None:
        return None
    raw = kept.note.encode()
    return tree_head(Note.parse(raw)), raw


def tree_head(note: Note) -> TreeHead:
    """Return the tree head that a note states; who signed it is for the caller to check."""
    return TreeHead.parse(note.text)


def the_log() -> Log:
    """Return the log for reading; proofs need no lock."""
    return Log(settings.GLASSHOUSE.ledger)


def events_of_kind(kind: str, *, subject: Uid | None = None) -> QuerySet[Event]:
    """Return the events of a kind, of one subject or of all, as they were committed."""
    rows = Event.objects.filter(kind=kind)
    if subject is not None:
        rows = rows.filter(subject=subject.text)
    return rows.order_by("pk")


def events_about(subjects: Sequence[Uid], kinds: Sequence[str], *, engagement: Uid | None = None) -> QuerySet[Event]:
    """Return the events of these kinds about these subjects, or in an engagement's chain, as they came."""
    about = Q(subject__in=[uid.text for uid in subjects])
    if engagement is not None:
        about |= Q(engagement=engagement.text)
    return Event.objects.filter(about, kind__in=list(kinds)).order_by("pk").prefetch_related("seeds")


def leaf_indexes(rows: Sequence[int]) -> dict[int, int]:
    """Return the indexes in the log of these events, by row; those that wait are left out."""
    found: dict[int, int] = {}
    for start in range(0, len(rows), 500):
        leaves = Leaf.objects.filter(event__in=rows[start : start + 500])
        found |= dict(leaves.values_list("event_id", "leaf_index"))
    return found


def boxes_digest(row: Event) -> bytes:
    """Return the digest of the sealed boxes that the commitment covers."""
    return boxes.digest(bytes(row.boxes), row.names, row.product)
