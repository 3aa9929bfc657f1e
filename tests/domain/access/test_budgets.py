# SPDX-License-Identifier: Apache-2.0
"""What is charged, to whom, and in which hour; no number of clients gets one line more."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from glasshouse.domain.access import commands, queries
from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.errors import BudgetExhaustedError, GrantRevokedError, GrantUnknownError
from glasshouse.domain.access.models import Budget, Grant, Scope, Seen
from glasshouse.domain.access.values import Limits, Pause, Shown
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.values import Role
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, Desk, House, add

BLOB = b"b" * 16
CLIENTS = 50


def purse(desk: Desk) -> Purse:
    return commands.purse_of(Grant.objects.get(uid=desk.grant.text))


def charge(
    desk: Desk, first: int, count: int, *, blob: bytes = BLOB, hours: float = 0, cost: int = 1, visit: Uid | None = None
) -> int:
    shown = Shown(blob, first, [cost] * count)
    grant = Grant.objects.get(uid=desk.grant.text)
    with journal.transaction():
        return commands.charge(
            commands.purse_of(grant), grant.version, visit or desk.visit, [shown], now=NOW + timedelta(hours=hours)
        )


def test_a_line_is_charged_once_and_free_from_then_on(house: House) -> None:
    desk = house.desk(limits=Limits(hour=100_000))
    assert charge(desk, 1, 10) == 10
    assert charge(desk, 1, 10) == 0
    assert charge(desk, 6, 10) == 5
    assert charge(desk, 1, 10, blob=b"c" * 16) == 10
    # Far apart and across the rows that hold the bits.
    assert charge(desk, 8_190, 5) == 5
    assert charge(desk, 8_188, 2_000) == 1_995
    assert charge(desk, 8_188, 2_000) == 0


def test_the_same_lines_twice_in_one_view_cost_once(desk: Desk) -> None:
    twice = [Shown(BLOB, 1, [1] * 10), Shown(BLOB, 5, [1] * 10)]
    with journal.transaction():
        assert commands.charge(purse(desk), 1, desk.visit, twice, now=NOW) == 14


def test_part_of_a_line_buys_that_part_and_never_the_whole(desk: Desk) -> None:
    part = Shown(BLOB, 7, [1], frozenset({0}))
    for _ in range(2):
        with journal.transaction():
            assert commands.charge(purse(desk), 1, desk.visit, [part], now=NOW) == 1
    assert charge(desk, 7, 1, cost=10) == 10
    assert charge(desk, 7, 1, cost=10) == 0


def test_the_message_names_the_rule_the_value_and_the_limit(house: House) -> None:
    desk = house.desk(limits=Limits(hour=100, day=5_000, visit=6_000, total=7_000))
    charge(desk, 1, 95)
    with pytest.raises(BudgetExhaustedError) as refused:
        charge(desk, 96, 8)
    assert refused.value.message == ("3 lines over the budget for this hour of this grant (95 of 100 used, 8 asked).")
    assert "wait for the next hour" in refused.value.hint


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(hour=10), "for this hour of this grant"),
        (Limits(day=10), "for today of this grant"),
        (Limits(visit=10), "for this visit of this grant"),
        (Limits(total=10), "for all its time of this grant"),
    ],
)
def test_each_window_refuses_by_its_own_name(house: House, limits: Limits, word: str) -> None:
    desk = house.desk(limits=limits)
    charge(desk, 1, 10)
    with pytest.raises(BudgetExhaustedError, match=word):
        charge(desk, 11, 1)


def test_an_hour_a_day_and_a_visit_begin_anew_and_the_total_never(house: House) -> None:
    desk = house.desk(limits=Limits(hour=10, day=25, visit=40, total=45))
    another = Uid.new()
    assert charge(desk, 1, 10) == 10
    with pytest.raises(BudgetExhaustedError, match="this hour"):
        charge(desk, 11, 1)
    assert charge(desk, 11, 10, hours=1) == 10
    with pytest.raises(BudgetExhaustedError, match="today"):
        charge(desk, 21, 6, hours=2)
    assert charge(desk, 21, 10, hours=24) == 10
    assert charge(desk, 31, 10, hours=25) == 10
    with pytest.raises(BudgetExhaustedError, match="this visit"):
        charge(desk, 41, 1, hours=48)
    assert charge(desk, 41, 5, hours=48, visit=another) == 5
    with pytest.raises(BudgetExhaustedError, match="for all its time"):
        charge(desk, 46, 1, hours=72, visit=Uid.new())


def test_requests_that_arrive_out_of_order_around_the_hour_get_no_second_budget(house: House) -> None:
    desk = house.desk(limits=Limits(hour=10))
    assert charge(desk, 1, 10, hours=1) == 10
    for late in range(5):
        with pytest.raises(BudgetExhaustedError):
            charge(desk, 11 + late, 1, hours=0.999)
        with pytest.raises(BudgetExhaustedError):
            charge(desk, 11 + late, 1, hours=1.001)
    assert queries.balance(purse(desk), desk.visit, NOW).hour.used == 10


def test_a_clock_that_ran_days_ahead_and_came_back_locks_nobody_out(house: House) -> None:
    desk = house.desk(limits=Limits(hour=10))
    charge(desk, 1, 10, hours=100)
    assert charge(desk, 11, 10) == 10


def test_two_people_of_one_organisation_share_what_is_twice_one_persons(house: House) -> None:
    release = house.take()
    limits = Limits(hour=10)
    desks = [house.seat(viewer, release, limits=limits) for viewer in (house.cast.reviewer, house.cast.colleague)]
    stranger = house.seat(house.cast.stranger, release, limits=limits)
    assert [charge(desk, 1, 10) for desk in desks] == [10, 10]
    organisation = Budget.objects.get(scope=Scope.ORGANISATION, key=house.cast.reviewer.organisation.text)
    assert (organisation.hour_used, organisation.hour_limit) == (20, 20)
    assert charge(stranger, 1, 10) == 10

    third = house.seat(house.cast.reviewer, release, limits=limits)
    with pytest.raises(BudgetExhaustedError, match="your grants for this product together"):
        charge(third, 1, 1)


def test_a_second_grant_raises_limits_and_keeps_what_was_used(house: House) -> None:
    release = house.take()
    first = house.seat(house.cast.reviewer, release, limits=Limits(hour=10))
    charge(first, 1, 10)
    second = house.seat(house.cast.reviewer, release, limits=Limits(hour=15))
    person = Budget.objects.get(scope=Scope.PERSON)
    assert (person.hour_used, person.hour_limit) == (10, 15)
    assert charge(second, 1, 5) == 5
    with pytest.raises(BudgetExhaustedError):
        charge(second, 6, 1)


def test_a_grant_that_changed_while_the_page_was_made_is_not_charged(house: House, desk: Desk) -> None:
    held = purse(desk)
    with journal.transaction():
        commands.revoke(Grant.objects.get(uid=desk.grant.text), actor=house.cast.manager.uid.text, now=NOW)
    with pytest.raises(GrantRevokedError), journal.transaction():
        commands.charge(held, 1, desk.visit, [Shown(BLOB, 1, [1])], now=NOW)
    with pytest.raises(GrantRevokedError), journal.transaction():
        commands.revoke(Grant.objects.get(uid=desk.grant.text), actor=house.cast.manager.uid.text, now=NOW)
    with pytest.raises(NotFoundError), journal.transaction():
        commands.charge(Purse(10**9, held.budgets), 1, desk.visit, [], now=NOW)


def test_the_balance_shows_the_tightest_of_grant_person_and_organisation(house: House) -> None:
    release = house.take()
    wide = house.seat(house.cast.reviewer, release, limits=Limits(hour=100))
    narrow = house.seat(house.cast.reviewer, release, limits=Limits(hour=30))
    charge(wide, 1, 80)
    assert queries.balance(purse(narrow), narrow.visit, NOW).hour.left == 20
    assert queries.balance(purse(wide), wide.visit, NOW).hour.left == 20
    assert queries.balance(purse(narrow), narrow.visit, NOW + timedelta(hours=1)).hour.left == 30


def test_only_the_holder_finds_a_grant_and_only_arrangers_all_of_them(house: House, desk: Desk) -> None:
    assert queries.grant(desk.viewer, desk.grant).uid == desk.grant.text
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            queries.grant(viewer, desk.grant)
        assert list(queries.grants_of(viewer)) == []
    assert [one.uid for one in queries.grants_arranged(house.cast.custodian)] == [desk.grant.text]
    for viewer in (house.cast.stranger, desk.viewer, house.cast.officer):
        with pytest.raises((RefusedError, NotFoundError)):
            queries.grants_arranged(viewer)
    theirs = add("custodian@other.example", "Laboratory B", Role.CUSTODIAN)
    with pytest.raises(NotFoundError):
        queries.grants_arranged(theirs)
    with pytest.raises(NotFoundError):
        people.staff(theirs)


def in_parallel(work: Callable[[int], int], clients: int = CLIENTS) -> list[int]:
    """Run as many clients at once, each with a connection of its own; a refused one counts nothing."""
    ready = threading.Barrier(clients)

    def client(number: int) -> int:
        try:
            ready.wait(60)
            return work(number)
        except (BudgetExhaustedError, GrantRevokedError):
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(client, range(clients)))


def test_fifty_clients_at_once_never_get_one_line_more(open_house: House) -> None:
    desk = open_house.desk(limits=Limits(hour=70, day=90, visit=95, total=100))
    paid = in_parallel(lambda number: charge(desk, 1 + 3 * number, 3))
    assert sum(paid) == 69
    assert paid.count(3) == 23
    assert queries.balance(purse(desk), desk.visit, NOW).hour.used == 69
    assert sum(int.from_bytes(bytes(row.bits), "little").bit_count() for row in Seen.objects.all()) == 69


def test_fifty_clients_at_once_leave_one_trail_and_are_paused_as_one(open_house: House) -> None:
    desk = open_house.desk(limits=Limits(hour=12_000))
    grant = Grant.objects.get(uid=desk.grant.text)
    held = commands.purse_of(grant)

    def read(number: int) -> int:
        shown = Shown(BLOB, 1 + 100 * number, [1] * 100)
        with journal.transaction():
            return commands.charge(held, grant.version, desk.visit, [shown], now=NOW)

    # A sixth of the hour's lines within a minute is the most: no step of another client is lost from the trail.
    assert sum(in_parallel(read)) == 2_100
    assert Grant.objects.get().pause == Pause.PACE


def test_fifty_clients_who_ask_for_the_same_lines_pay_for_them_once(open_house: House) -> None:
    desk = open_house.desk(limits=Limits(hour=10))
    assert sum(in_parallel(lambda _: charge(desk, 1, 10))) == 10


def test_abuse_case_4_accounts_of_one_organisation_together_never_get_one_line_more(open_house: House) -> None:
    release = open_house.take()
    limits = Limits(hour=20)
    desks = [
        open_house.seat(viewer, release, limits=limits)
        for viewer in (open_house.cast.reviewer, open_house.cast.colleague, open_house.cast.reviewer)
    ]
    paid = in_parallel(lambda number: charge(desks[number % 3], 1 + number, 1))
    assert sum(paid) <= 40
    by_person = [sum(paid[start::3]) for start in range(3)]
    assert by_person[0] + by_person[2] == 20
    assert by_person[1] == 17  # all that this one asked for
    used = {row.scope: row.hour_used for row in Budget.objects.exclude(scope=Scope.GRANT)}
    assert used[Scope.ORGANISATION] == sum(paid)
