# SPDX-License-Identifier: Apache-2.0
"""An event is written with the change it tells of, or not at all, and proves each of its fields alone."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model

from glasshouse.config.environment import database
from glasshouse.domain.journal import boxes, commands, queries
from glasshouse.domain.journal.errors import EventUnknownError, JournalDamagedError, KeyGoneError
from glasshouse.domain.journal.models import Checkpoint, Event, Leaf, Outbox, Seed, SeedClass
from glasshouse.domain.journal.values import Audience, Json, Recorded, SourceFields, Tagger
from glasshouse.engines.ledger import commitments
from glasshouse.kernel.ids import Uid
from tests.lab import NOW

ALL = tuple(SeedClass)
PRODUCT = Uid("7" + "0" * 25)


class Tag:
    """A product's key."""

    def tag(self, value: bytes) -> bytes:
        return sha256(b"product " + value).digest()


def sealer(product: Uid) -> Tagger:
    assert product == PRODUCT
    return Tag()


def gone(product: Uid) -> Tagger:
    raise KeyGoneError(f"the key of {product} was destroyed")


def record(engagement: Uid | None = None, **fields: Json) -> Recorded:
    with transaction.atomic():
        return commands.record(
            "tests.something-happened",
            actor="operator:tests",
            at=NOW,
            engagement=engagement,
            fields={"what": "shared", **fields},
            visitor={"pattern": "strcpy"},
            personal={"name": "Ada"},
            source=SourceFields(PRODUCT, Tag(), {"file": {"path": "src/main.c"}}),
        )


def engage() -> Uid:
    uid = Uid.new()
    commands.start_chain(uid, at=NOW)
    return uid


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_a_bug_and_writes_nothing(folders: object) -> None:
    del folders
    with pytest.raises(RuntimeError, match="needs the transaction"):
        commands.record("tests.happened", actor="operator:tests", at=NOW)
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_entry_goes_when_the_change_goes(folders: object) -> None:
    del folders

    class ChangeFailedError(Exception):
        pass

    def change() -> None:
        with commands.transaction():
            commands.record("tests.happened", actor="operator:tests", at=NOW)
            raise ChangeFailedError

    with pytest.raises(ChangeFailedError):
        change()
    assert (Event.objects.count(), Seed.objects.count(), Outbox.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_inside_another_is_refused_because_its_end_would_promise_nothing(folders: object) -> None:
    del folders
    with pytest.raises(RuntimeError), transaction.atomic(), commands.transaction():
        pass


@pytest.mark.django_db
def test_the_commitment_recomputes_from_what_each_class_opens() -> None:
    row = queries.event(record(engage()).uid)
    openings = queries.openings(row, sealer, classes=ALL)
    assert [one.name for one in openings] == ["actor", "chain", "file", "head", "name", "pattern", "what"]
    hashes = [commitments.field_commitment(one.salt, one.name, one.value) for one in openings]
    assert hashes == queries.field_commitments(row)
    assert commitments.event_commitment(hashes, queries.boxes_digest(row)) == bytes(row.commitment)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seed_class", "names"),
    [
        (SeedClass.SHARED, ["chain", "file", "head", "what"]),
        (SeedClass.VISITOR, ["pattern"]),
        (SeedClass.PERSONAL, ["actor", "name"]),
    ],
)
def test_a_class_opens_its_own_fields_and_no_other(seed_class: SeedClass, names: list[str]) -> None:
    row = queries.event(record(engage()).uid)
    assert [one.name for one in queries.openings(row, sealer, classes=[seed_class])] == names
    opened = queries.open_event(row, sealer, classes=[seed_class])
    assert sorted(opened.fields) == [name for name in names if name not in {"actor", "chain", "head"}]
    assert set(opened.missing) == {"file", "name", "pattern", "what"} - set(opened.fields)


@pytest.mark.django_db
def test_one_salt_opens_one_field_and_says_nothing_of_its_neighbour() -> None:
    row = queries.event(record().uid)
    first, second = (one for one in queries.openings(row, sealer, classes=ALL) if one.name in {"file", "what"})
    assert first.salt != second.salt
    assert commitments.field_commitment(first.salt, "what", "shared") != queries.field_commitments(row)[second.index]


@pytest.mark.django_db
def test_a_destroyed_seed_closes_its_fields_and_the_commitment_still_verifies() -> None:
    row = queries.event(record(engage()).uid)
    Seed.objects.filter(event=row, seed_class=SeedClass.PERSONAL).delete()
    opened = queries.open_event(row, sealer, classes=ALL)
    assert "name" in opened.missing
    assert "name" not in opened.fields
    assert not {one.name for one in queries.openings(row, sealer, classes=ALL)} & {"name", "actor"}
    made = commitments.event_commitment(queries.field_commitments(row), queries.boxes_digest(row))
    assert made == bytes(row.commitment)


@pytest.mark.django_db
def test_without_the_products_key_what_derives_from_source_stays_closed_and_the_rest_opens() -> None:
    row = queries.event(record().uid)
    opened = queries.open_event(row, gone, classes=ALL)
    assert opened.missing == ("file",)
    assert opened.fields == {"what": "shared", "pattern": "strcpy", "name": "Ada"}


@pytest.mark.django_db
def test_no_value_rests_in_plain_text() -> None:
    row = queries.event(record().uid)
    for word in (b"src/main.c", b"strcpy", b"Ada"):
        assert word not in bytes(row.boxes)
        assert word not in row.names.encode() + bytes(row.commitments)


@pytest.mark.django_db
@pytest.mark.parametrize("position", [0, 3, 5, 40, -1])
def test_a_changed_box_is_damage_never_another_value(position: int) -> None:
    row = queries.event(record().uid)
    stored = bytearray(bytes(row.boxes))
    stored[position] ^= 0x80
    row.boxes = bytes(stored)
    with pytest.raises(JournalDamagedError):
        queries.open_event(row, sealer, classes=ALL)


@pytest.mark.parametrize("stored", [b"s", b"s\0\0\0\x09short", b"x\0\0\0\0", b"s\0\0\0\0s\0\0\0\0"])
def test_malformed_boxes_are_damage(stored: bytes) -> None:
    with pytest.raises(JournalDamagedError):
        boxes.split(stored)


@pytest.mark.django_db
def test_a_box_moved_to_another_event_does_not_open() -> None:
    row = queries.event(record().uid)
    seeds = queries.seeds_of(row)
    tag, sealed = next((tag, sealed) for tag, sealed in boxes.split(bytes(row.boxes)).items() if tag == "s")
    assert boxes.open_box(tag, sealed, seeds[SeedClass.SHARED], row.uid) == {"what": "shared"}
    with pytest.raises(JournalDamagedError):
        boxes.open_box(tag, sealed, seeds[SeedClass.SHARED], Uid.new().text)


@pytest.mark.django_db
def test_an_engagements_events_are_numbered_and_name_the_one_before() -> None:
    engagement, another = engage(), engage()
    made = [record(engagement) for _ in range(3)]
    record(another)
    rows = list(queries.chain_events(engagement))
    assert [row.number for row in rows] == [1, 2, 3]
    assert [bytes(row.previous or b"") for row in rows] == [bytes(32), made[0].commitment, made[1].commitment]
    assert queries.chain_head(engagement) == (3, made[2].commitment)
    assert [row.number for row in queries.chain_events(engagement, first=2, last=2)] == [2]
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(
            uid=Uid.new().text, kind="x", actor="x", at=NOW, engagement=engagement.text, number=2, commitment=b"x" * 32
        )


@pytest.mark.django_db
def test_a_clock_set_back_does_not_make_a_chain_run_back() -> None:
    engagement = engage()
    moments = []
    for minutes in (0, 5, -60, 6):
        with transaction.atomic():
            made = commands.record(
                "tests.happened", actor="operator:x", at=NOW + timedelta(minutes=minutes), engagement=engagement
            )
        moments.append(queries.event(made.uid).at)
    assert moments == [NOW + timedelta(minutes=minutes) for minutes in (0, 5, 5, 6)]
    row = queries.event(made.uid)
    assert queries.columns_as_fields(row)["head"] == {
        "at": "2026-11-23T08:06:00.000000Z",
        "kind": "tests.happened",
        "subject": "",
        "uid": row.uid,
    }


@pytest.mark.django_db
def test_an_unknown_event_is_not_found() -> None:
    with pytest.raises(EventUnknownError):
        queries.event(Uid.new())


REFUSED = [
    ("UPDATE journal_event SET actor = 'x'", Event),
    ("DELETE FROM journal_event", Event),
    ("UPDATE journal_leaf SET leaf_index = leaf_index + 1", Leaf),
    ("DELETE FROM journal_leaf", Leaf),
    ("UPDATE journal_checkpoint SET note = 'x'", Checkpoint),
    ("DELETE FROM journal_checkpoint", Checkpoint),
    ("UPDATE journal_seed SET seed_class = 'v' WHERE seed_class = 's'", Seed),
    ("UPDATE journal_outbox SET follower = 'x'", Outbox),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "model"), REFUSED)
def test_the_database_itself_refuses_to_change_the_journal(folders: object, statement: str, model: type[Model]) -> None:
    del folders
    record()
    commands.keep_checkpoint(Audience.PUBLIC, size=1, root=bytes(32), note="n", at=NOW)
    if model is not Outbox:
        commands.sequence()
    assert model._default_manager.exists()
    with (
        pytest.raises(DatabaseError, match="the journal is never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_sqlite_syncs_each_commit_and_writes_ahead(database_kind: str) -> None:
    if database_kind == "sqlite":
        with connection.cursor() as cursor:
            found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    else:
        options = database("postgresql://lab@/lab?host=/run/postgresql", Path())["OPTIONS"]
        assert options == {"options": "-c synchronous_commit=on"}
