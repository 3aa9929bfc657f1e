# SPDX-License-Identifier: Apache-2.0
"""What somebody read, by day: their own entries counted, across visits and grants, and nobody else's."""

from datetime import datetime, timedelta

from glasshouse.domain.journal.models import Seed, SeedClass
from glasshouse.domain.readingroom import commands, days
from glasshouse.domain.readingroom.days import Day, FileRead
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.domain.readingroom.test_decisions import agree
from tests.lab import HTTP, MAIN, NOW, Desk, House
from tests.searching import index, search, searcher

TODAY = NOW.date()
TOMORROW = NOW + timedelta(days=1)


def read(desk: Desk, path: TreePath, first: int, last: int, *, now: datetime = NOW) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, path, Span(first, last), now=now)


def test_a_day_counts_files_lines_and_lists_and_lines_once(house: House, desk: Desk) -> None:
    read(desk, MAIN, 1, 10)
    read(desk, MAIN, 6, 15)
    read(desk, HTTP, 1, 4)
    commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW)
    house.sign()
    read(desk, MAIN, 1, 20, now=TOMORROW)
    assert days.days_of(desk.viewer) == [Day(TOMORROW.date(), 1, 1, 0), Day(TODAY, 4, 3, 0)]
    (today,) = days.read_on(desk.viewer, TODAY)
    assert (today.product, today.version, today.lines, today.lists) == ("server", "1", 19, 1)
    assert today.files == {str(MAIN): FileRead(2, 15), str(HTTP): FileRead(1, 4)}
    (after,) = days.read_on(desk.viewer, TOMORROW.date())
    assert after.files == {str(MAIN): FileRead(1, 5)}


def test_what_was_searched_for_stands_with_its_day_until_it_is_erased(house: House, desk: Desk) -> None:
    del house
    index(desk.taken[0])
    with searcher():
        search(desk, "line_7")
    (found,) = days.read_on(desk.viewer, TODAY)
    assert found.searches == {"line_7": 1}
    assert days.days_of(desk.viewer)[0].searches == 1
    Seed.objects.filter(seed_class=SeedClass.VISITOR).delete()
    (found,) = days.read_on(desk.viewer, TODAY)
    assert found.searches == {"": 1}


def test_two_grants_and_visits_are_one_day_and_a_colleague_sees_none_of_it(house: House, desk: Desk) -> None:
    other = house.seat(house.cast.reviewer, house.take("2", product="client"))
    colleague = house.seat(house.cast.colleague, *desk.taken)
    read(desk, MAIN, 1, 3)
    read(other, MAIN, 1, 2)
    read(colleague, MAIN, 1, 30)
    assert [(one.product, one.lines) for one in days.read_on(desk.viewer, TODAY)] == [("server", 3), ("client", 2)]
    assert [one.lines for one in days.read_on(house.cast.colleague, TODAY)] == [30]
    assert days.days_of(house.cast.custodian) == days.days_of(house.cast.stranger) == []


def test_names_that_went_with_the_key_are_missing_and_their_lines_are_not(house: House, desk: Desk) -> None:
    read(desk, MAIN, 1, 3)
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    for viewer in (house.cast.custodian, house.cast.officer):
        agree(proposal, viewer)
    (today,) = days.read_on(desk.viewer, TODAY)
    assert (today.lines, today.files) == (3, {"": FileRead(1, 3)})
