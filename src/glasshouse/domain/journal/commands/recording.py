# SPDX-License-Identifier: Apache-2.0
"""Writing events. This is the hot path of every page: few statements, no ORM, nothing slow inside the lock."""

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db import transaction as database

from glasshouse.domain.journal import boxes
from glasshouse.domain.journal.models import Chain, SeedClass
from glasshouse.domain.journal.moments import aware
from glasshouse.domain.journal.rules import check_sequenced
from glasshouse.domain.journal.values import Fields, Json, Recorded, SourceFields
from glasshouse.engines.ledger import commitments
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

_NO_COMMITMENT = bytes(32)
_turn = threading.RLock()
_queue_file: int | None = None


@contextmanager
def transaction() -> Iterator[None]:
    """Hold one durable transaction: what happens in it, entry included, is on disk at its end or did not happen.

    SQLite lets writers wait by sleeping, which starves some; a lock file in front of it serves them in order.
    """
    with _turn, _queue(), database.atomic(durable=True):
        yield


@contextmanager
def _queue() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    queue = _open_queue()
    fcntl.flock(queue, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(queue, fcntl.LOCK_UN)


def _open_queue() -> int:
    global _queue_file  # noqa: PLW0603 -- one descriptor a process, for its whole life
    if _queue_file is None:
        settings.GLASSHOUSE.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        _queue_file = os.open(settings.GLASSHOUSE.run / "write.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _queue_file


def check_may_show(now: datetime) -> None:
    """Raise when the ledger lags: nothing is shown that could be left out of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.at FROM journal_outbox o JOIN journal_event e ON e.id = o.event_id"
            " WHERE o.follower = 'ledger' ORDER BY o.event_id LIMIT 1"
        )
        row = cursor.fetchone()
    check_sequenced(aware(row[0]) if row else None, now)


def start_chain(engagement: Uid, *, at: datetime) -> None:
    """Begin an engagement's chain at number 0."""
    Chain.objects.create(engagement=engagement.text, number=0, head=_NO_COMMITMENT, at=at)


def record(
    kind: str,
    *,
    actor: str,
    at: datetime,
    subject: Uid | None = None,
    fields: Fields | None = None,
    visitor: Fields | None = None,
    personal: Fields | None = None,
    source: SourceFields | None = None,
    engagement: Uid | None = None,
) -> Recorded:
    """Write an event into the caller's transaction and put it in every follower's outbox.

    `actor` is a person's uid or `operator:NAME`. Field names `head`, `actor` and `chain` are the journal's own.
    Raises outside a transaction: an entry commits with the change it tells of, or not at all.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("journal.record needs the transaction of the change that it records")
    uid = Uid.new().text
    number, previous, at = _next_in_chain(engagement, at) if engagement else (None, None, at)
    seeds = {SeedClass.SHARED: secrets.token_bytes(32), SeedClass.PERSONAL: secrets.token_bytes(32)}
    if visitor:
        seeds[SeedClass.VISITOR] = secrets.token_bytes(32)
    classed: dict[str, tuple[SeedClass, Json]] = {
        "actor": (SeedClass.PERSONAL, actor),
        "head": (SeedClass.SHARED, {"at": clock.to_text(at), "kind": kind, "subject": str(subject or ""), "uid": uid}),
    }
    stored = b""
    for letter, group, key in (
        (SeedClass.SHARED, fields, None),
        (SeedClass.SHARED, source.fields if source else None, source.sealer if source else None),
        (SeedClass.VISITOR, visitor, None),
        (SeedClass.PERSONAL, personal, None),
    ):
        if group:
            stored += boxes.seal(group, seeds[letter], letter, uid, source=key)
            classed |= {name: (letter, value) for name, value in group.items()}
    if engagement and previous is not None:
        classed["chain"] = (
            SeedClass.SHARED,
            {"engagement": engagement.text, "number": number, "previous": previous.hex()},
        )
    names, hashes = _commit_fields(classed, seeds)
    product = str(source.product) if source else ""
    commitment = commitments.event_commitment(hashes, boxes.digest(stored, names, product))
    place = (str(engagement) if engagement else None, number, previous)
    row = _insert(
        (uid, kind, actor, at, str(subject or ""), product, *place, names, b"".join(hashes), stored, commitment), seeds
    )
    if engagement:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE journal_chain SET head = %s, at = %s WHERE engagement = %s",
                [commitment, connection.ops.adapt_datetimefield_value(at), engagement.text],
            )
    return Recorded(row, Uid(uid), kind, commitment, engagement, number)


def _commit_fields(
    classed: Mapping[str, tuple[SeedClass, Json]], seeds: Mapping[SeedClass, bytes]
) -> tuple[str, list[bytes]]:
    names, hashes = [], []
    for name in sorted(classed):
        letter, value = classed[name]
        names.append(f"{name}:{letter.value}")
        hashes.append(commitments.field_commitment(commitments.salt(seeds[letter], name), name, value))
    return ",".join(names), hashes


def _next_in_chain(engagement: Uid, at: datetime) -> tuple[int, bytes, datetime]:
    # The UPDATE locks the chain until the commit, so numbers follow the order of commits, and so do times: a clock
    # that is set back must not make the chain run back.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_chain SET number = number + 1 WHERE engagement = %s RETURNING number, head, at",
            [engagement.text],
        )
        number, head, last = cursor.fetchone()
    return int(number), bytes(head), max(at, aware(last))


def _insert(values: Sequence[str | int | bytes | datetime | None], seeds: Mapping[SeedClass, bytes]) -> int:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_event (uid, kind, actor, at, subject, product, engagement, number, previous,"
            " names, commitments, boxes, commitment)"
            " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) RETURNING id",
            [adapt(value) if isinstance(value, datetime) else value for value in values],
        )
        row = int(cursor.fetchone()[0])
        cursor.execute(
            "INSERT INTO journal_seed (event_id, seed_class, value) VALUES " + ",".join(["(%s,%s,%s)"] * len(seeds)),  # noqa: S608 -- placeholders only
            [value for letter, seed in seeds.items() for value in (row, letter.value, seed)],
        )
        followers = settings.GLASSHOUSE.followers
        cursor.execute(
            "INSERT INTO journal_outbox (event_id, follower) VALUES " + ",".join(["(%s,%s)"] * len(followers)),  # noqa: S608 -- placeholders only
            [value for follower in followers for value in (row, follower)],
        )
    return row
