# SPDX-License-Identifier: Apache-2.0
"""An administrator of the database changes what is journalled; the audit names it.

The triggers are put out of action first, as whoever owns the database can.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model

from glasshouse.domain.journal import audit, boxes
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Chain, Event, Leaf, Outbox, Seed, SeedClass
from glasshouse.domain.people import commands as people
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.engines.ledger import commitments
from glasshouse.kernel.errors import GlasshouseError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.lab import HTTP, MAIN, NOW, Desk, House

COLUMNS: Final = [field.column for field in Event._meta.concrete_fields if not field.primary_key]
OTHER: Final[dict[str, object]] = {
    "uid": "0123456789abcdefghjkmnpqrs",
    "kind": "readingroom.folder-shown",
    "actor": "0123456789abcdefghjkmnpqrs",
    "at": NOW - timedelta(days=1),
    "subject": "0123456789abcdefghjkmnpqrs",
    "product": "0123456789abcdefghjkmnpqrs",
    "engagement": "0123456789abcdefghjkmnpqrs",
    "number": 9_000,
    "previous": b"\1" * 32,
    "names": "actor:p,chain:s,fila:s,head:s,release:s,shown:s",
    "commitments": b"\2" * 192,
    "boxes": b"s\0\0\0\1x",
    "commitment": b"\3" * 32,
}


@contextmanager
def administrator() -> Iterator[None]:
    """Act as the owner of the database: no trigger fires and no key is checked."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'journal_%%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")
        else:
            cursor.execute("PRAGMA foreign_keys = ON")


def change(row: Event, **values: object) -> None:
    """Change columns of an event."""
    with administrator():
        assert Event.objects.filter(pk=row.pk).update(**values) == 1


def drop(row: Event, *models: type[Model]) -> None:
    """Delete an event, and before it what these tables say of it."""
    with administrator():
        for model in models:
            found = model._default_manager.filter(event=row)
            assert found._raw_delete(found.db), model
        gone = Event.objects.filter(pk=row.pk)
        assert gone._raw_delete(gone.db)


def findings() -> list[str]:
    """Return all that the audit says."""
    found = [*audit.audit_tree(), *audit.audit_order()]
    for part in audit.parts():
        found += audit.audit_rows(*part)
    return [one.message for one in found]


@pytest.fixture
def desk(open_house: House) -> Desk:
    """The reviewer saw three windows, and all of it is under a signed head."""
    desk = open_house.desk()
    for first in (1, 11, 21):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(first, first + 4), now=NOW)
    open_house.sign()
    return desk


def views() -> list[Event]:
    return list(Event.objects.filter(kind="readingroom.lines-shown").order_by("pk"))


def leaf_of(row: Event) -> int:
    return Leaf.objects.get(event=row).leaf_index


def test_what_nobody_touched_agrees(desk: Desk) -> None:
    del desk  # wanted for its effect
    assert findings() == []


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_column_is_named_whichever_it_is(desk: Desk, column: str) -> None:
    del desk  # wanted for its effect
    row = views()[1]
    change(row, **{column: OTHER[column]})
    told = findings()
    assert any(f"Leaf {leaf_of(row)}, event" in message for message in told), told


@pytest.mark.parametrize("column", ["engagement", "number", "previous"])
def test_a_view_taken_out_of_its_chain_is_named(desk: Desk, column: str) -> None:
    del desk  # wanted for its effect
    row = views()[1]
    change(row, **{column: None})
    assert f"Leaf {leaf_of(row)}, event {row.uid}: its chain was changed." in findings()


def test_a_back_dated_event_is_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    row = views()[0]
    change(row, at=row.at - timedelta(microseconds=1))
    assert findings() == [f"Leaf {leaf_of(row)}, event {row.uid}: its head was changed."]


def test_an_edit_that_recomputes_the_commitment_everywhere_in_the_database_is_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    row = views()[-1]
    seeds = {seed.seed_class: bytes(seed.value) for seed in Seed.objects.filter(event=row)}
    names = row.names.split(",")
    hashes = [bytes(row.commitments)[start : start + 32] for start in range(0, 32 * len(names), 32)]
    place = names.index("actor:p")
    forged = "0123456789abcdefghjkmnpqrs"
    hashes[place] = commitments.field_commitment(commitments.salt(seeds[SeedClass.PERSONAL], "actor"), "actor", forged)
    digest = boxes.digest(bytes(row.boxes), row.names, row.product)
    made = commitments.event_commitment(hashes, digest)
    change(row, actor=forged, commitments=b"".join(hashes), commitment=made)
    with administrator():
        Leaf.objects.filter(event=row).update(commitment=made)
        Chain.objects.filter(engagement=row.engagement).update(head=made)
    assert findings() == [f"Leaf {leaf_of(row)}, event {row.uid}: the log holds another entry here."]


def test_a_deleted_event_is_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    row = views()[1]
    drop(row)
    told = findings()
    assert f"Leaf {leaf_of(row)}: its event was deleted." in told
    assert any(f"number {row.number} is missing" in message for message in told)


@pytest.mark.parametrize("which", [0, -1])
def test_a_view_dropped_with_all_its_rows_is_named(desk: Desk, which: int) -> None:
    del desk  # wanted for its effect
    row = views()[which]
    index = leaf_of(row)
    drop(row, Seed, Leaf)
    told = findings()
    assert any(message.startswith(f"Leaf {index} is missing") for message in told), told
    assert any(f"Engagement {row.engagement}" in message for message in told), told


def test_a_last_entry_outside_every_chain_is_missed_too(desk: Desk, open_house: House) -> None:
    people.record_signed_in(desk.viewer.uid, now=NOW)
    open_house.sign()
    last = Leaf.objects.order_by("-leaf_index")[0]
    drop(last.event, Seed, Leaf)
    assert findings() == [f"Leaf {last.leaf_index} is missing at the end."]


def test_a_view_dropped_before_it_was_sequenced_leaves_a_hole_in_its_chain(desk: Desk, open_house: House) -> None:
    readingroom.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(1, 2), now=NOW)
    dropped = views()[-1]
    readingroom.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(3, 4), now=NOW)
    drop(dropped, Seed, Outbox)
    open_house.sign()
    told = findings()
    assert told == [
        f"Engagement {dropped.engagement}: number {dropped.number} is missing; the next is {(dropped.number or 0) + 1}."
    ]


def test_an_entry_kept_from_the_ledger_is_named(desk: Desk) -> None:
    readingroom.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(1, 2), now=NOW)
    waiting = views()[-1]
    assert Outbox.objects.filter(event=waiting).exists()
    Outbox.objects.filter(event=waiting).delete()
    assert findings() == [f"Event {waiting.uid} is neither in the log nor waiting for it."]


def test_two_entries_that_changed_places_are_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    first, second = views()[:2]
    places = [(leaf_of(first), second), (leaf_of(second), first)]
    with administrator():
        Leaf.objects.filter(leaf_index__in=[index for index, _ in places]).delete()
        Leaf.objects.bulk_create(Leaf(leaf_index=index, event=row, commitment=row.commitment) for index, row in places)
    assert sorted(findings()) == sorted(
        f"Leaf {index}, event {row.uid}: the log holds another entry here." for index, row in places
    )


def test_two_views_that_exchanged_their_numbers_are_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    first, second = views()[:2]
    for number, row in ((90_000, first), (first.number, second), (second.number, first)):
        change(row, number=number)
    told = findings()
    for row in (first, second):
        assert f"Leaf {leaf_of(row)}, event {row.uid}: its chain was changed." in told


@pytest.mark.parametrize("letter", [SeedClass.SHARED, SeedClass.PERSONAL])
def test_a_seed_that_went_without_an_erasure_or_was_exchanged_is_named(desk: Desk, letter: SeedClass) -> None:
    del desk  # wanted for its effect
    gone, exchanged = views()[:2]
    with administrator():
        Seed.objects.filter(event=gone, seed_class=letter).delete()
        Seed.objects.filter(event=exchanged, seed_class=letter).update(value=bytes(32))
    told = findings()
    assert any(f"event {gone.uid}: the seed of its {letter.label} fields is gone" in message for message in told)
    assert any(f"Leaf {leaf_of(exchanged)}, event {exchanged.uid}: its " in message for message in told)


def test_an_erasure_excuses_the_class_that_it_names_and_no_other(desk: Desk, open_house: House) -> None:
    with journal.transaction():
        named = [Uid(row.uid) for row in views()]
        journal.erase(named, SeedClass.PERSONAL, actor=desk.viewer.uid.text, approval=Uid.new(), at=NOW)
    open_house.sign()
    assert findings() == []
    row = views()[0]
    Seed.objects.filter(event=row, seed_class=SeedClass.SHARED).delete()
    assert {message.rpartition(": ")[2] for message in findings()} == {
        "the seed of its shared fields is gone without an erasure."
    }


def test_a_changed_erasure_excuses_nothing(desk: Desk, open_house: House) -> None:
    with journal.transaction():
        named = [Uid(row.uid) for row in views()]
        journal.erase(named, SeedClass.PERSONAL, actor=desk.viewer.uid.text, approval=Uid.new(), at=NOW)
    open_house.sign()
    row = Event.objects.get(kind="journal.seeds-erased")
    stored = bytearray(bytes(row.boxes))
    stored[-1] ^= 1
    change(row, boxes=bytes(stored))
    told = findings()
    assert f"Leaf {leaf_of(row)}, event {row.uid}: its content is not what was committed." in told
    assert sum("is gone without an erasure" in message for message in told) == len(named)


def test_a_changed_tile_is_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    tile = next(
        path for path in sorted(settings.GLASSHOUSE.ledger.rglob("*")) if "tile/0" in str(path) and path.is_file()
    )
    flip(tile, tile.stat().st_size // 2)
    assert findings()


def test_a_head_that_nobody_signed_is_named(desk: Desk) -> None:
    del desk  # wanted for its effect
    head = settings.GLASSHOUSE.ledger / "head"
    note = head.read_text("utf-8")
    head.write_text(note.replace(note.splitlines()[1], "7", 1), "utf-8")
    assert any("does not verify" in message for message in findings())


def test_a_lab_rolled_back_with_its_log_is_named_by_what_the_signer_signed_last(
    desk: Desk, open_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del desk  # wanted for its effect
    monkeypatch.setattr(audit, "_PATIENCE", 1)
    ledger, kept = settings.GLASSHOUSE.ledger, tmp_path / "kept"
    shutil.copytree(ledger, kept)
    with journal.transaction():
        journal.record("people.signed-in", actor="operator:tests", at=NOW)
    open_house.sign()
    assert findings() == []
    shutil.rmtree(ledger)
    shutil.copytree(kept, ledger)
    assert any("rolled back" in message for message in findings())


def test_a_worker_killed_before_it_kept_a_signed_head_lost_nothing(
    desk: Desk, open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    del desk  # wanted for its effect
    monkeypatch.setattr(audit, "_PATIENCE", 1)
    head = settings.GLASSHOUSE.ledger / "head"
    before = head.read_bytes()
    with journal.transaction():
        journal.record("people.signed-in", actor="operator:tests", at=NOW)
    open_house.sign()
    head.write_bytes(before)
    assert findings() == []
    # What was signed is held against the entries all the same.
    newest = max(settings.GLASSHOUSE.ledger.glob("tile/0/**/000.p/*"), key=lambda path: int(path.name))
    flip(newest, newest.stat().st_size - 1)
    assert findings()


def test_a_head_of_another_log_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    del desk  # wanted for its effect
    monkeypatch.setattr(settings, "GLASSHOUSE", replace(settings.GLASSHOUSE, origin="elsewhere/ledger"))
    assert any("not of this lab's log" in message for message in findings())


def test_a_swapped_byte_of_a_pack_is_found_and_never_shown(desk: Desk) -> None:
    (found,) = (releases.ref(row) for row in desk.taken)
    packs = [path for path in settings.GLASSHOUSE.packs.rglob("*") if path.is_file() and path.stat().st_size > 100]
    assert packs
    for path in packs:
        flip(path, path.stat().st_size // 2)
    vault.close()
    try:
        report = releases.verify(found, lambda _files, _bytes: None)
    except GlasshouseError:
        pass  # the manifest itself is damaged, and says so
    else:
        assert report.damages
    with pytest.raises(GlasshouseError):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(1, 9), now=NOW)
    assert not Event.objects.filter(kind="readingroom.lines-shown", number__gt=views()[-1].number or 0).exists()


def flip(path: Path, place: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
