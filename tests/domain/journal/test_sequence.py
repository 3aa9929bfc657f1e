# SPDX-License-Identifier: Apache-2.0
"""From committed events to a signed tree: nothing waits for ever, nothing gets two places, each step resumes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.utils import ConnectionHandler

from glasshouse.domain.journal import commands, queries
from glasshouse.domain.journal.errors import JournalDamagedError, JournalStalledError
from glasshouse.domain.journal.models import Event, Leaf, Outbox
from glasshouse.domain.journal.values import Recorded
from glasshouse.engines.ledger.checkpoints import Checkpoint as TreeHead
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note, SigningKey
from glasshouse.engines.ledger.signer import Signer, SigningRequest
from tests.lab import NOW

TEN = timedelta(seconds=10)
TICK = timedelta(microseconds=1)


def record(kind: str = "tests.happened") -> Recorded:
    with commands.transaction():
        return commands.record(kind, actor="operator:tests", at=NOW)


def order() -> list[bytes]:
    return [bytes(leaf.commitment) for leaf in Leaf.objects.order_by("leaf_index")]


@pytest.fixture
def log(folders: object) -> Log:
    del folders
    settings.GLASSHOUSE.ledger.mkdir(parents=True)
    return Log(settings.GLASSHOUSE.ledger)


@pytest.fixture
def signer(log: Log) -> Signer:
    del log
    key = SigningKey.generate(settings.GLASSHOUSE.origin)
    return Signer.found(key, settings.GLASSHOUSE.origin, settings.GLASSHOUSE.signer / "state")


@pytest.mark.django_db(transaction=True)
def test_events_get_places_without_a_gap_in_the_order_they_came(log: Log) -> None:
    made = [record() for _ in range(7)]
    assert queries.waiting() == 7
    assert [commands.sequence(3), commands.sequence(3), commands.sequence(3), commands.sequence(3)] == [3, 3, 1, 0]
    assert order() == [one.commitment for one in made]
    assert list(Leaf.objects.order_by("leaf_index").values_list("leaf_index", flat=True)) == list(range(7))
    assert (queries.waiting(), queries.log_size(), Outbox.objects.count()) == (0, 7, 0)
    assert queries.leaf_index(queries.event(made[4].uid)) == 4
    assert commands.integrate(log) == 7
    assert list(log.entries()) == order()


@pytest.mark.django_db(transaction=True)
def test_an_event_held_open_across_ten_others_is_still_sequenced(database_kind: str, log: Log) -> None:
    """Its id is smaller than those that were sequenced before it committed: a high-water mark would lose it."""
    del log
    ten: list[Recorded] = []

    def meanwhile() -> None:
        ten.extend(record() for _ in range(10))
        assert commands.sequence() == 10

    # SQLite has one writer at a time: nothing can commit across it, so there the ten come after, and none is lost.
    is_sqlite = database_kind == "sqlite"
    late = _held_open_while((lambda: None) if is_sqlite else meanwhile)
    if is_sqlite:
        ten.extend(record() for _ in range(10))
    assert late.row < min(one.row for one in ten)
    assert commands.sequence() == (11 if is_sqlite else 1)
    others = [one.commitment for one in ten]
    assert order() == ([late.commitment, *others] if is_sqlite else [*others, late.commitment])


def _held_open_while(work: Callable[[], object]) -> Recorded:
    recorded, release = threading.Event(), threading.Event()
    kept: list[Recorded] = []

    def hold() -> None:
        try:
            with transaction.atomic():
                kept.append(commands.record("tests.held", actor="operator:tests", at=NOW))
                recorded.set()
                assert release.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert recorded.wait(30)
    try:
        work()
    finally:
        release.set()
        thread.join()
    return kept[0]


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_at_once_give_no_place_twice(folders: object) -> None:
    del folders
    made = {record().commitment for _ in range(60)}
    ready = threading.Barrier(4)

    def sequencer(_: int) -> int:
        try:
            ready.wait(30)
            return sum(iter(lambda: commands.sequence(7), 0))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(sequencer, range(4)))
    assert sum(counts) == 60
    assert list(Leaf.objects.order_by("leaf_index").values_list("leaf_index", flat=True)) == list(range(60))
    assert set(order()) == made


@pytest.mark.django_db(transaction=True)
def test_writers_and_a_sequencer_side_by_side_lose_nothing(folders: object) -> None:
    del folders
    written: list[bytes] = []
    stop = threading.Event()

    def writer(_: int) -> list[bytes]:
        try:
            return [record().commitment for _ in range(15)]
        finally:
            connection.close()

    def sequencer() -> None:
        try:
            while not stop.is_set():
                commands.sequence(4)
        finally:
            connection.close()

    thread = threading.Thread(target=sequencer)
    thread.start()
    with ThreadPoolExecutor(6) as pool:
        for made in pool.map(writer, range(6)):
            written += made
    stop.set()
    thread.join()
    while commands.sequence():
        pass
    assert sorted(order()) == sorted(written)
    assert Outbox.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_every_step_done_twice_is_done_once(log: Log, signer: Signer) -> None:
    for _ in range(5):
        record()
    assert [commands.sequence(), commands.sequence()] == [5, 0]
    assert [commands.integrate(log), commands.integrate(log)] == [5, 5]
    note = commands.sign_head(log, 0, signer.sign)
    assert note is not None
    commands.keep_head(note)
    commands.keep_head(note)
    head = queries.signed_head()
    assert head is not None
    assert (head[0].size, head[0].root) == (5, log.root(5))
    assert commands.sign_head(log, 5, signer.sign) is None


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_of_the_signer_is_asked_for_again_from_where_it_stands(log: Log, signer: Signer) -> None:
    record()
    commands.sequence()
    commands.integrate(log)
    signer.sign(SigningRequest(0, (), TreeHead(settings.GLASSHOUSE.origin, 1, log.root(1))))  # and is lost
    for _ in range(3):
        record()
    commands.sequence()
    commands.integrate(log)
    asked: list[int] = []

    def ask(request: SigningRequest) -> Note:
        asked.append(request.old_size)
        return signer.sign(request)

    note = commands.sign_head(log, 0, ask)
    assert note is not None
    assert queries.tree_head(note).size == 4
    assert asked == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_tiles_that_fell_behind_are_brought_up_from_the_rows(log: Log) -> None:
    for _ in range(3):
        record()
        commands.sequence()
    assert commands.integrate(log, limit=2) == 3
    log.close()
    record()
    commands.sequence()
    assert commands.integrate(Log(settings.GLASSHOUSE.ledger)) == 4


@pytest.mark.django_db(transaction=True)
def test_nothing_moves_up_into_the_place_of_a_leaf_that_was_taken_out(database_kind: str, log: Log) -> None:
    for _ in range(5):
        record()
    commands.sequence()
    with connection.cursor() as cursor:
        on = "" if database_kind == "sqlite" else " ON journal_leaf"
        cursor.execute(f"DROP TRIGGER journal_leaf_no_delete{on}")
        cursor.execute("DELETE FROM journal_leaf WHERE leaf_index = 2")
    with pytest.raises(JournalDamagedError, match="missing"):
        commands.integrate(log)
    assert log.size == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_shown_once_an_entry_has_waited_ten_seconds(folders: object) -> None:
    del folders
    commands.check_may_show(NOW + timedelta(days=400))
    record()
    commands.check_may_show(NOW + TEN)
    with pytest.raises(JournalStalledError, match="has waited 10 s"):
        commands.check_may_show(NOW + TEN + TICK)
    commands.sequence()
    commands.check_may_show(NOW + timedelta(days=400))


@pytest.mark.django_db(transaction=True)
def test_the_oldest_event_decides_and_not_the_newest(folders: object) -> None:
    del folders
    record()
    with commands.transaction():
        commands.record("tests.happened", actor="operator:tests", at=NOW + TEN)
    with pytest.raises(JournalStalledError):
        commands.check_may_show(NOW + TEN + TICK)


@pytest.mark.django_db(transaction=True)
def test_another_followers_rows_do_not_stall_the_showing(folders: object) -> None:
    del folders
    made = record()
    commands.sequence()
    Outbox.objects.create(event=Event.objects.get(uid=made.uid.text), follower="notices")
    commands.check_may_show(NOW + timedelta(days=1))
    assert (queries.waiting(), queries.waiting("notices")) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_reader_in_another_connection_sees_an_entry_as_soon_as_it_is_recorded(folders: object) -> None:
    del folders
    made = record()
    other = ConnectionHandler({"default": dict(connections["default"].settings_dict)})["default"]
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT commitment FROM journal_event WHERE uid = %s", [made.uid.text])
            assert bytes(cursor.fetchone()[0]) == made.commitment
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_tidying_moves_what_commits_wrote_into_the_database(folders: object, database_kind: str) -> None:
    del folders
    record()
    commands.tidy()
    if database_kind == "sqlite":
        with connection.cursor() as cursor:
            busy, written, moved = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert (busy, moved) == (0, written)
