# SPDX-License-Identifier: Apache-2.0
"""A house forgets who came when its days are over, once, in numbers that stay; and says so before anybody comes."""

from datetime import datetime, timedelta

import pytest

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import holds
from glasshouse.domain.releases import vault
from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.commands import Forgotten
from glasshouse.domain.sites.errors import NoticeChangedError
from glasshouse.domain.sites.models import Arrival, Attendee, Booking, Claim, NoticeRead
from glasshouse.domain.sites.values import TextKind
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.sites.place import MORNING, Place, arrival
from tests.lab import NOW

WORKER = "operator:worker"


@pytest.fixture
def left(place: Place) -> datetime:
    """The reviewer came and went; visits are kept ten days, bookings twenty."""
    came = arrival(place, place.book())
    commands.depart(place.house.cast.custodian, Uid(came.uid), returned=True, now=MORNING)
    commands.set_retention(place.house.cast.manager, place.site, 10, booking_days=20, now=NOW)
    return MORNING


def test_what_is_personal_goes_on_its_day_and_not_before(place: Place, left: datetime) -> None:
    assert commands.forget_past(WORKER, now=left + timedelta(days=9)) == Forgotten(0, 0)
    assert commands.forget_past(WORKER, now=left + timedelta(days=11)) == Forgotten(1, 0)
    assert (Arrival.objects.count(), Attendee.objects.count()) == (0, 1)
    assert commands.forget_past(WORKER, now=left + timedelta(days=21)) == Forgotten(0, 1)
    assert (Attendee.objects.count(), Claim.objects.count(), Booking.objects.count()) == (0, 0, 1)
    counted = [
        journal.open_event(row, vault.journal_sealer).fields for row in journal.events_of_kind("sites.past-forgotten")
    ]
    assert [(one["arrivals"], one["expected"], one["days"], one["booking_days"]) for one in counted] == [
        (1, 0, 10, 20),
        (0, 1, 10, 20),
    ]
    assert place.house.cast.reviewer.uid.text not in str(counted)


def test_a_second_run_changes_nothing_and_tells_nothing(place: Place, left: datetime) -> None:
    del place
    late = left + timedelta(days=30)
    assert commands.forget_past(WORKER, now=late) == Forgotten(1, 1)
    assert commands.forget_past(WORKER, now=late) == Forgotten(0, 0)
    assert Event.objects.filter(kind="sites.past-forgotten").count() == 1


def test_a_hold_keeps_its_persons_visits_and_nobody_elses(place: Place, left: datetime) -> None:
    late = left + timedelta(days=30)
    hold = holds.set_hold(place.house.cast.manager, "reviewer@regulator.example", "A dispute.", now=NOW)
    assert commands.forget_past(WORKER, now=late) == Forgotten(0, 0)
    holds.lift_hold(place.house.cast.manager, Uid(hold.uid), "Settled.", now=NOW)
    assert commands.forget_past(WORKER, now=late) == Forgotten(1, 1)


def test_a_worker_that_dies_before_the_entry_forgets_nothing(
    place: Place, left: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("glasshouse.domain.sites.commands.retention.journal.record", die)
        with pytest.raises(SystemExit):
            commands.forget_past(WORKER, now=left + timedelta(days=30))
    assert (Arrival.objects.count(), Attendee.objects.count()) == (1, 1)
    assert commands.forget_past(WORKER, now=left + timedelta(days=30)) == Forgotten(1, 1)


@pytest.mark.parametrize(("days", "booking_days"), [(0, 5), (5, 0), (5, 3651)])
def test_both_times_are_within_ten_years(place: Place, days: int, booking_days: int) -> None:
    with pytest.raises(InvalidError, match="between 1 and"):
        commands.set_retention(place.house.cast.manager, place.site, days, booking_days=booking_days, now=NOW)


def test_a_visitor_reads_each_version_of_a_notice_once(place: Place) -> None:
    cast = place.house.cast
    first = commands.set_text(cast.manager, place.site, TextKind.NOTICE, "We keep who came.", now=NOW)
    assert queries.unread_notices(cast.reviewer, NOW) == []
    place.book()
    assert queries.unread_notices(cast.reviewer, NOW) == [first]
    for _ in range(2):
        commands.acknowledge_notice(cast.reviewer, place.site, 1, now=NOW)
    assert Event.objects.filter(kind="sites.notice-read").count() == NoticeRead.objects.count() == 1
    assert queries.has_read_notice(cast.reviewer.row, first)
    assert queries.unread_notices(cast.reviewer, NOW) == []
    second = commands.set_text(cast.manager, place.site, TextKind.NOTICE, "We keep who came, and when.", now=NOW)
    assert queries.unread_notices(cast.reviewer, NOW) == [second]
    with pytest.raises(NoticeChangedError):
        commands.acknowledge_notice(cast.reviewer, place.site, 1, now=NOW)
    with pytest.raises(NotFoundError):
        commands.acknowledge_notice(cast.stranger, place.site, 2, now=NOW)


def test_a_house_without_visitors_costs_no_entry(place: Place) -> None:
    del place
    assert commands.forget_past(WORKER, now=NOW) == Forgotten(0, 0)
    assert not Event.objects.filter(kind="sites.past-forgotten").exists()
