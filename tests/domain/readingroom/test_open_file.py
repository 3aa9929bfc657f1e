# SPDX-License-Identifier: Apache-2.0
"""Lines of a file are shown to whom they are granted, once they are recorded, and to nobody else."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from glasshouse.domain.access.errors import (
    BudgetExhaustedError,
    GrantEndedError,
    GrantNotYetError,
    GrantRevokedError,
    GrantUnknownError,
    OutsideGrantError,
)
from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.errors import ReleaseExistsError
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, MAIN, NOW, SECRET, Desk, House, next_version

TOP = Span(1, 20)


def test_the_entry_states_exactly_what_was_shown(desk: Desk) -> None:
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(3, 7), now=NOW)
    content = b"".join(b"int line_%d;\n" % number for number in range(3, 8))
    opened = journal.open_event(journal.event(shown.view.recorded.uid), vault.journal_sealer)
    assert opened.kind == "readingroom.lines-shown"
    assert opened.actor == desk.viewer.uid.text
    assert opened.subject == desk.visit.text
    assert opened.fields["shown"] == {
        "charged": 5,
        "first": 3,
        "last": 7,
        "lines": hashlib.sha256(content).hexdigest(),
    }
    whole = b"".join(b"int line_%d;\n" % number for number in range(1, 41))
    assert opened.fields["file"] == {"digest": hashlib.sha256(whole).hexdigest(), "path": "src/main.c"}
    assert opened.fields["release"] == {
        "product": desk.taken[0].product.uid,
        "root": bytes(desk.taken[0].root).hex(),
        "size": 11,
        "version": "1",
    }
    assert shown.view.balance.hour.used == 5


def test_a_stranger_and_a_colleague_find_no_such_grant(house: House, desk: Desk) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            commands.open_file(viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)


def test_a_release_outside_the_grant_does_not_exist(house: House, desk: Desk) -> None:
    other = house.take("1.1")
    with pytest.raises(GrantUnknownError):
        commands.open_file(desk.viewer, desk.grant, Uid(other.uid), MAIN, TOP, now=NOW)


def test_a_path_outside_the_grant_and_one_that_never_was_are_told_apart_by_nobody(house: House) -> None:
    desk = house.desk(patterns=("src/**",))
    with pytest.raises(NotFoundError) as covered:
        commands.open_file(desk.viewer, desk.grant, desk.release, SECRET, TOP, now=NOW)
    with pytest.raises(NotFoundError) as absent:
        commands.open_file(desk.viewer, desk.grant, desk.release, TreePath(b"secret/none.c"), TOP, now=NOW)
    assert (covered.type, str(covered.value)) == (absent.type, str(absent.value)) == (OutsideGrantError, "Nothing here")
    with pytest.raises(NotFoundError) as inside:
        commands.open_file(desk.viewer, desk.grant, desk.release, TreePath(b"src/none.c"), TOP, now=NOW)
    assert str(inside.value) == "Nothing here"


def test_a_reader_is_refused_from_the_moment_the_grant_ends(house: House, desk: Desk) -> None:
    ends = NOW + timedelta(days=2)
    house.sign()
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=ends - timedelta(microseconds=1))
    with pytest.raises(GrantEndedError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=ends)
    with pytest.raises(GrantNotYetError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW - timedelta(seconds=1))


def test_a_revoked_grant_shows_nothing_at_the_next_request(house: House, desk: Desk) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)
    commands.revoke_grant(house.cast.custodian, desk.grant, now=NOW)
    with pytest.raises(GrantRevokedError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)


def test_abuse_case_21_what_is_imported_during_a_visit_changes_nothing_that_it_shows(house: House, desk: Desk) -> None:
    before = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)
    with pytest.raises(ReleaseExistsError):
        house.take("1", next_version(FILES))
    house.take("2", next_version(FILES))
    after = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)
    assert after.window.lines_digest == before.window.lines_digest
    assert after.view.room.release == before.view.room.release


def test_nothing_is_shown_without_an_open_visit(desk: Desk) -> None:
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    with pytest.raises(NoVisitError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)


def test_a_view_over_budget_is_neither_shown_nor_recorded_nor_paid(house: House) -> None:
    desk = house.desk(limits=Limits(hour=10))
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 8), now=NOW)
    before = Event.objects.count()
    with pytest.raises(BudgetExhaustedError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(9, 11), now=NOW)
    assert Event.objects.count() == before
    # Nothing of the refused view was marked as seen: its two lines within the budget still cost two.
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(9, 10), now=NOW)
    assert shown.view.charged == 2


@pytest.mark.parametrize("table", ["journal_event", "journal_seed", "journal_outbox", "access_seen"])
def test_nothing_leaves_when_a_row_of_the_entry_cannot_be_written(open_house: House, table: str) -> None:
    desk = open_house.desk()
    before = Event.objects.count()
    _forbid_inserts(table)
    with pytest.raises(DatabaseError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, TOP, now=NOW)
    assert Event.objects.count() == before


def _forbid_inserts(table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
            )
        else:
            cursor.execute(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END")


def test_nothing_leaves_when_the_disk_of_the_database_is_full(open_house: House) -> None:
    desk = open_house.desk()
    before = Event.objects.count()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON journal_event FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
        else:
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {int(cursor.fetchone()[0])}")
    shown: list[int] = []

    def read_on() -> None:
        for line in range(1, 41):
            commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(line, line), now=NOW)
            shown.append(line)

    with pytest.raises(DatabaseError, match="full"):
        read_on()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1000000")
    assert Event.objects.count() == before + len(shown)


def test_no_view_follows_the_end_of_its_grant(open_house: House) -> None:
    """Readers race one who revokes; in the chain every view stands before the end, or was refused."""
    desk = open_house.desk()
    ready = threading.Barrier(7)

    def reader(number: int) -> None:
        try:
            ready.wait(30)
            for step in range(6):
                span = Span(1 + number, 1 + number + step)
                commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, span, now=NOW)
        except GrantRevokedError:
            pass
        finally:
            connection.close()

    def revoker() -> None:
        try:
            ready.wait(30)
            commands.revoke_grant(open_house.cast.manager, desk.grant, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(7) as pool:
        for job in [*(pool.submit(reader, number) for number in range(6)), pool.submit(revoker)]:
            job.result()
    kinds = list(Event.objects.exclude(number=None).order_by("number").values_list("kind", flat=True))
    assert kinds[-1] == "access.grant-revoked"
