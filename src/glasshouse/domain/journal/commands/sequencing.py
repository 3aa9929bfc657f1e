# SPDX-License-Identifier: Apache-2.0
"""From committed events to a signed tree: sequence, integrate, sign. Each step resumes where it was stopped.

The database decides the order (a leaf's index is a primary key), the tiles follow from it, the signer signs what
extends its own last state. Two sequencers started by mistake cannot give one index twice: the second's
transaction fails and is tried again.
"""

import os
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from glasshouse.domain.journal.commands.recording import transaction
from glasshouse.domain.journal.errors import JournalDamagedError
from glasshouse.domain.journal.queries import HEAD
from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.errors import StaleRequestError
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.signer import SigningRequest

BATCH = 5_000


_INSERT = """
INSERT INTO journal_leaf (leaf_index, event_id, commitment)
SELECT %s + ROW_NUMBER() OVER (ORDER BY e.id) - 1, e.id, e.commitment
  FROM (SELECT event_id FROM journal_outbox WHERE follower = 'ledger' ORDER BY event_id LIMIT %s) o
  JOIN journal_event e ON e.id = o.event_id
"""
_DELETE = """
DELETE FROM journal_outbox
 WHERE follower = 'ledger' AND event_id IN (SELECT event_id FROM journal_leaf WHERE leaf_index >= %s)
"""


def sequence(limit: int = BATCH) -> int:
    """Give the next indexes to waiting events, oldest id first; return how many. Durable at return."""
    with transaction(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE journal_leaf IN EXCLUSIVE MODE")
        cursor.execute("SELECT COALESCE(MAX(leaf_index), -1) + 1 FROM journal_leaf")
        first = int(cursor.fetchone()[0])
        # Rows that commit later with smaller ids keep their outbox row and come with the next batch.
        cursor.execute(_INSERT, [first, limit])
        count = int(cursor.rowcount)
        if count:
            cursor.execute(_DELETE, [first])
    return count


def integrate(log: Log, limit: int = 4 * BATCH) -> int:
    """Write the tiles for leaves that the log's folder lacks; return the log's size. Durable at return."""
    while True:
        size = log.size
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT leaf_index, commitment FROM journal_leaf WHERE leaf_index >= %s ORDER BY leaf_index LIMIT %s",
                [size, limit],
            )
            rows = cursor.fetchall()
        if rows and rows[-1][0] != size + len(rows) - 1:
            raise JournalDamagedError(f"A leaf from {size:,} on is missing; nothing may take its place in the log.")
        entries = [bytes(row[1]) for row in rows]
        if not entries:
            return size
        log.append(entries, at=size)


def sign_head(log: Log, signed_size: int, ask: Callable[[SigningRequest], Note]) -> Note | None:
    """Have the log's present tree signed; return the note, or None when nothing is new since `signed_size`.

    `ask` speaks to the signer, which trusts its own last state and no word of ours; when it has signed more than
    we know of (an answer was lost), it says so and is asked again from there.
    """
    size = log.size
    if size == signed_size:
        return None
    wanted = Checkpoint(settings.GLASSHOUSE.origin, size, log.root(size))
    try:
        return ask(SigningRequest(signed_size, tuple(log.consistency_proof(signed_size, size)), wanted))
    except StaleRequestError as error:
        return ask(SigningRequest(error.size, tuple(log.consistency_proof(error.size, size)), wanted))


def keep_head(note: Note) -> None:
    """Write the newest signed head where the lab's own processes read it; it is not published as it is."""
    path = settings.GLASSHOUSE.ledger / HEAD
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(note.serialise())
        file.flush()
        os.fsync(file.fileno())  # before the rename, or a power cut leaves an empty head that stops the worker
    temporary.replace(path)


def tidy() -> None:
    """Move what SQLite's write-ahead log holds into the database, beside the writers and blocking none of them.

    Left to the commits, every hundredth reader or so would wait for it. Commits do it themselves only when the log
    has grown to 64 MB, which is when no worker has run for long. PostgreSQL has a process of its own for this.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
