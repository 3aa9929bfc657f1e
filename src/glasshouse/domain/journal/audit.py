# SPDX-License-Identifier: Apache-2.0
"""The audit: the journal's rows against the log, and the log against its signed head.

Each finding names what it is about: a leaf's index, an event, an engagement's number. Nothing is repaired.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from glasshouse.domain.journal import boxes, queries
from glasshouse.domain.journal.errors import JournalDamagedError, KeyGoneError
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.moments import aware
from glasshouse.domain.journal.values import Tagger
from glasshouse.engines.ledger import commitments
from glasshouse.engines.ledger.checkpoints import Checkpoint, open_checkpoint
from glasshouse.engines.ledger.errors import DamagedError, MalformedError, SignatureError
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note, VerifierKey
from glasshouse.engines.ledger.signer import state_name
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

PART = 20_000
_PATIENCE = 20
_ROWS = """
SELECT l.leaf_index, l.commitment, e.id, e.uid, e.kind, e.actor, e.at, e.subject, e.engagement, e.number, e.previous,
       e.product, e.names, e.commitments, e.boxes, e.commitment, s.value, p.value
  FROM journal_leaf l
  LEFT JOIN journal_event e ON e.id = l.event_id
  LEFT JOIN journal_seed s ON s.event_id = e.id AND s.seed_class = 's'
  LEFT JOIN journal_seed p ON p.event_id = e.id AND p.seed_class = 'p'
 WHERE l.leaf_index >= %s AND l.leaf_index < %s ORDER BY l.leaf_index
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was committed; `index` is the leaf it is about, None for no single one."""

    index: int | None
    message: str


def audit_tree() -> list[Finding]:
    """Recompute the tree from its entries, and compare it with the tiles and the signed head."""
    head = queries.signed_head()
    if head is None:
        return [Finding(None, "No tree head was ever signed; nothing proves the order of the journal.")]
    checkpoint, raw = head
    findings = []
    try:
        vkey = VerifierKey.parse((settings.GLASSHOUSE.ledger / "log.vkey").read_text("utf-8").strip())
        open_checkpoint(Note.parse(raw), vkey)
    except (SignatureError, MalformedError, OSError) as error:
        findings.append(Finding(None, f"The signed head does not verify: {error}"))
    if checkpoint.origin != settings.GLASSHOUSE.origin:
        findings.append(Finding(None, f"The signed head is of {checkpoint.origin}, not of this lab's log."))
    newest = _signed_last(checkpoint)
    log = Log(settings.GLASSHOUSE.ledger)
    if newest.size > checkpoint.size and newest.size > _reach(log):
        lost = f"entries {checkpoint.size:,} to {newest.size - 1:,} were signed and are gone"
        findings.append(Finding(checkpoint.size, f"The lab was rolled back: {lost}."))
        newest = checkpoint
    elif newest.size == checkpoint.size and newest.root != checkpoint.root:
        findings.append(Finding(None, "The signer signed another tree of this size."))
    audited = log.audit(newest.size, newest.root)
    findings += [Finding(one.index, f"{one.path}: {one.message}") for one in audited.differences]
    return findings


def _signed_last(head: Checkpoint) -> Checkpoint:
    """Return the newest tree that the signer signed: a database and a log rolled back together agree, and lack it.

    A worker that was killed between the signature and keeping it leaves a head that is behind, and lost nothing.
    Where the signer's folder cannot be read, as it should be where it runs as a user of its own, the head is all
    there is; witnesses and receipts notice.
    """
    try:
        raw = (settings.GLASSHOUSE.signer / state_name(settings.GLASSHOUSE.origin)).read_bytes()
    except OSError:
        return head
    signed = queries.tree_head(Note.parse(raw))
    for _ in range(_PATIENCE):  # a lab that runs keeps a head a moment after the signer signed it
        kept = queries.signed_head()
        if kept is None or signed.size <= kept[0].size:
            break
        time.sleep(0.1)
    return signed if signed.size >= head.size else head


def _reach(log: Log) -> int:
    try:
        return log.size
    except DamagedError:  # the audit of the tree will name the tail
        return 0


def parts() -> list[tuple[int, int]]:
    """Return ranges of leaves that can be audited side by side; they reach as far as rows, tiles or the head do."""
    head = queries.signed_head()
    size = max(queries.log_size(), Log(settings.GLASSHOUSE.ledger).size, head[0].size if head else 0)
    return [(first, min(first + PART, size)) for first in range(0, size, PART)]


def audit_rows(first: int, stop: int) -> list[Finding]:
    """Recompute the commitments of the events at these leaves, and compare rows, leaves and entries of the log."""
    erased = _erased_events()
    log = Log(settings.GLASSHOUSE.ledger)
    entries = iter(log.entries(min(first, log.size), min(stop, log.size)))
    findings: list[Finding] = []
    expected = first
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [first, stop])
        while rows := cursor.fetchmany(2_000):
            for row in rows:
                findings += [
                    Finding(index, f"Leaf {index} is missing: a row was taken out of the journal.")
                    for index in range(expected, row[0])
                ]
                for _ in range(expected, row[0]):
                    next(entries, None)
                expected = row[0] + 1
                findings += [Finding(row[0], message) for message in _faults(row, next(entries, None), erased)]
    findings += [Finding(index, f"Leaf {index} is missing at the end.") for index in range(expected, stop)]
    return findings


def _faults(row: Sequence[object], entry: bytes | None, erased: frozenset[tuple[str, str]]) -> Iterator[str]:
    (index, leaf, key, uid, kind, actor, at, subject, engagement, number, previous, *rest) = row
    if key is None:
        yield f"Leaf {index}: its event was deleted."
        return
    product, names, hashes, stored, commitment, shared, personal = rest
    joined = _raw(hashes)
    field_hashes = [joined[start : start + 32] for start in range(0, len(joined), 32)]
    places = [name.partition(":")[0] for name in str(names).split(",")]
    computed = commitments.event_commitment(field_hashes, boxes.digest(_raw(stored), str(names), str(product)))
    if not computed == _raw(commitment) == _raw(leaf) or len(places) != len(field_hashes):
        yield f"Leaf {index}, event {uid}: its content is not what was committed."
        return
    if entry is not None and entry != _raw(leaf):
        yield f"Leaf {index}, event {uid}: the log holds another entry here."
    columns: dict[str, tuple[SeedClass, commitments.Json]] = {
        "actor": (SeedClass.PERSONAL, str(actor)),
        "head": (SeedClass.SHARED, {"at": _moment(at), "kind": str(kind), "subject": str(subject), "uid": str(uid)}),
    }
    if "chain" in places or engagement is not None:
        chain: dict[str, commitments.Json] = {
            "engagement": str(engagement),
            "number": number if isinstance(number, int) else None,
            "previous": _raw(previous).hex(),
        }
        columns["chain"] = (SeedClass.SHARED, chain)
    seeds = {SeedClass.SHARED: shared, SeedClass.PERSONAL: personal}
    for name, (letter, value) in columns.items():
        seed = seeds[letter]
        if seed is None:
            if (str(uid), letter.value) not in erased:
                yield f"Leaf {index}, event {uid}: the seed of its {letter.label} fields is gone without an erasure."
            continue
        made = commitments.field_commitment(commitments.salt(_raw(seed), name), name, value)
        if name not in places or field_hashes[places.index(name)] != made:
            yield f"Leaf {index}, event {uid}: its {name} was changed."


def _raw(value: object) -> bytes:
    if type(value) is bytes:  # SQLite's; asked some millions of times
        return value
    return bytes(value) if isinstance(value, memoryview) else b""


def _moment(value: object) -> str:
    try:
        return clock.to_text(aware(value))
    except (TypeError, ValueError):
        return ""  # SQLite holds whatever was written there; it is no moment that was committed


def _erased_events() -> frozenset[tuple[str, str]]:
    """Return which classes of which events an erasure names; one that was itself changed names nothing."""
    erased: set[tuple[str, str]] = set()
    for row in Event.objects.filter(kind="journal.seeds-erased"):
        try:
            fields = queries.open_event(row, _no_sealer).fields
        except JournalDamagedError:
            continue
        named = fields.get("events")
        if isinstance(named, list):
            erased.update((str(uid), str(fields.get("class"))) for uid in named)
    return frozenset(erased)


def _no_sealer(product: Uid) -> Tagger:
    raise KeyGoneError(f"An erasure names no source, and needs no key of {product}.")


def audit_order() -> list[Finding]:
    """Check that every event is in the log or waits for it, and that each engagement's chain has no hole."""
    findings = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.uid FROM journal_event e LEFT JOIN journal_leaf l ON l.event_id = e.id"
            " LEFT JOIN journal_outbox o ON o.event_id = e.id AND o.follower = 'ledger'"
            " WHERE l.event_id IS NULL AND o.event_id IS NULL"
        )
        findings += [
            Finding(None, f"Event {uid} is neither in the log nor waiting for it.") for (uid,) in cursor.fetchall()
        ]
        cursor.execute(
            "SELECT engagement, number, previous, commitment FROM journal_event"
            " WHERE engagement IS NOT NULL ORDER BY engagement, number"
        )
        findings += list(_chain_faults(cursor))
        cursor.execute(
            "SELECT c.engagement FROM journal_chain c LEFT JOIN journal_event e ON e.engagement = c.engagement"
            " AND e.number = c.number WHERE c.number > 0 AND (e.id IS NULL OR e.commitment <> c.head)"
        )
        findings += [
            Finding(None, f"Engagement {uid}: its chain does not end in its last event.")
            for (uid,) in cursor.fetchall()
        ]
    return findings


def _chain_faults(rows: Iterator[tuple[str, object, object, object]]) -> Iterator[Finding]:
    current, expected, head = "", 1, bytes(32)
    for engagement, number, previous, commitment in rows:
        if not isinstance(number, int):
            continue  # the row's own fault; here its number is missing
        if engagement != current:
            current, expected, head = engagement, 1, bytes(32)
        if number != expected:
            yield Finding(None, f"Engagement {engagement}: number {expected} is missing; the next is {number}.")
        elif _raw(previous) != head:
            yield Finding(None, f"Engagement {engagement}: number {number} does not continue the one before.")
        expected, head = number + 1, _raw(commitment)
