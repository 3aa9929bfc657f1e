# SPDX-License-Identifier: Apache-2.0
"""Booking: nothing twice, nothing outside the hours, nobody's but one's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.errors import BookingEndedError, OutsideHoursError, TakenError
from glasshouse.domain.sites.models import Booking, Claim, Site, SiteText
from glasshouse.domain.sites.values import Engaged, Expected, TextKind, week
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.sites.place import MORNING, Place
from tests.lab import NOW, add


def test_a_booking_claims_each_quarter_hour_of_what_it_needs(place: Place) -> None:
    made = place.book()
    resources = sorted(set(Claim.objects.values_list("resource", flat=True)))
    cast = place.house.cast
    assert resources == sorted(
        [f"room:{place.room}", f"person:{cast.custodian.uid}", f"person:{cast.reviewer.uid}", f"seat:{place.left}"]
    )
    assert Claim.objects.filter(booking=made).count() == 4 * 8
    entry = Event.objects.get(kind="sites.booked")
    assert entry.subject == made.uid


def _other_room(place: Place) -> Uid:
    return Uid(commands.add_room(place.house.cast.manager, place.site, "Room 2", 3, now=NOW).uid)


def test_a_room_is_not_booked_twice(place: Place) -> None:
    place.book()
    second = add("custodian2@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True)
    new = place.booking(Expected(place.house.cast.stranger.uid, place.right), custodian=second, hours=0.25)
    with pytest.raises(TakenError, match="Room 1"):
        commands.book(place.house.cast.manager, new, now=NOW)
    assert Booking.objects.count() == 1
    commands.book(
        place.house.cast.manager,
        replace(new, begins=new.ends + timedelta(hours=2), ends=new.ends + timedelta(hours=3)),
        now=NOW,
    )


def test_a_custodian_is_not_booked_twice(place: Place) -> None:
    place.book()
    new = place.booking(Expected(place.house.cast.stranger.uid), room=_other_room(place))
    with pytest.raises(TakenError, match="Custodian"):
        commands.book(place.house.cast.manager, new, now=NOW)


def test_a_visitor_is_not_booked_twice(place: Place) -> None:
    place.book()
    second = add("custodian2@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True)
    new = place.booking(Expected(place.house.cast.reviewer.uid), room=_other_room(place), custodian=second)
    with pytest.raises(TakenError, match="Reviewer"):
        commands.book(place.house.cast.manager, new, now=NOW)


def test_one_booking_ends_where_the_next_begins(place: Place) -> None:
    first = place.book(hours=1)
    assert place.book(begins=first.ends, hours=1).begins == first.ends


def test_what_was_cancelled_is_free_again(place: Place) -> None:
    made = place.book()
    commands.cancel_booking(place.house.cast.custodian, Uid(made.uid), now=NOW)
    assert not Claim.objects.exists()
    place.book()
    with pytest.raises(BookingEndedError):
        commands.cancel_booking(place.house.cast.custodian, Uid(made.uid), now=NOW)


def test_a_refused_booking_leaves_nothing(place: Place) -> None:
    place.book()
    with pytest.raises(TakenError):
        place.book()
    assert (Booking.objects.count(), Event.objects.filter(kind="sites.booked").count()) == (1, 1)


@pytest.mark.parametrize(
    ("begins", "hours"),
    [
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), 2),  # until seven in the evening
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), 1),  # a Saturday
        (datetime(2026, 11, 24, 7, 0, tzinfo=UTC), 1),  # eight o'clock
    ],
)
def test_nothing_is_booked_while_the_house_is_closed(place: Place, begins: datetime, hours: float) -> None:
    with pytest.raises(OutsideHoursError):
        place.book(begins=begins, hours=hours)


def test_a_booking_follows_the_clock_of_the_house_over_the_change(place: Place) -> None:
    friday = datetime(2027, 3, 26, 7, 30, tzinfo=UTC)  # half past eight, winter time
    place.book(begins=friday, hours=1)
    monday = datetime(2027, 3, 29, 6, 30, tzinfo=UTC)  # half past eight, summer time
    place.book(begins=monday, hours=1)
    with pytest.raises(OutsideHoursError):
        place.book(begins=friday - timedelta(hours=1), hours=1)


def test_a_booking_that_cannot_be_is_refused(place: Place) -> None:
    cast = place.house.cast
    reviewer = Expected(cast.reviewer.uid, place.left)
    wrong = (
        place.booking(reviewer, Expected(cast.colleague.uid, place.left)),
        place.booking(reviewer, Expected(cast.reviewer.uid)),
        place.booking(Expected(cast.reviewer.uid, Uid.new())),
        place.booking(Expected(cast.officer.uid)),
        place.booking(custodian=cast.officer),
        place.booking(begins=NOW - timedelta(hours=1)),
        replace(place.booking(), expected=()),
        replace(place.booking(), engaged=Engaged(Uid.new(), cast.stranger.organisation)),
    )
    for new in wrong:
        with pytest.raises(InvalidError):
            commands.book(cast.manager, new, now=NOW)
    for unknown in (place.booking(room=Uid.new()), place.booking(Expected(Uid.new()))):
        with pytest.raises(NotFoundError):
            commands.book(cast.manager, unknown, now=NOW)
    assert not Booking.objects.exists()


def test_a_stranger_neither_books_nor_learns_of_a_booking(place: Place) -> None:
    made = Uid(place.book().uid)
    stranger = place.house.cast.stranger
    imposter = add("custodian@other.example", "Laboratory B", Role.CUSTODIAN, Role.LAB_MANAGER)
    for viewer in (stranger, imposter, place.house.cast.colleague):
        with pytest.raises(NotFoundError):
            commands.book(viewer, place.booking(begins=MORNING + timedelta(days=1)), now=NOW)
        with pytest.raises(NotFoundError):
            commands.cancel_booking(viewer, made, now=NOW)
        with pytest.raises(NotFoundError):
            queries.booking(viewer, made)
    officer = place.house.cast.officer
    with pytest.raises(RoleMissingError):
        commands.book(officer, place.booking(), now=NOW)


def test_a_visitor_sees_their_own_booking_and_no_other(place: Place) -> None:
    made = place.book()
    place.book(Expected(place.house.cast.stranger.uid), begins=MORNING + timedelta(hours=3))
    reviewer = place.house.cast.reviewer
    assert [one.uid for one in queries.bookings_of(reviewer)] == [made.uid]
    week_of = (MORNING - timedelta(days=1), MORNING + timedelta(days=6))
    assert [one.uid for one in queries.calendar(reviewer, place.site, *week_of)] == [made.uid]
    assert len(queries.calendar(place.house.cast.manager, place.site, *week_of)) == 2


def _race(attempts: list[Callable[[], object]]) -> list[str]:
    def attempt(work: Callable[[], object]) -> str:
        try:
            work()
        except (ConflictError, InvalidError, NotFoundError) as error:
            return error.code
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(attempt, attempts))


def test_two_custodians_who_book_at_once_get_one_booking(open_place: Place) -> None:
    place, cast = open_place, open_place.house.cast
    second = add("custodian2@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True)
    visitors = [cast.reviewer, cast.stranger, cast.colleague]
    news = [
        place.booking(Expected(visitors[number % 3].uid), custodian=(cast.custodian, second)[number % 2])
        for number in range(8)
    ]
    # Overlapping by one quarter hour is enough.
    news = [
        replace(new, begins=new.begins + timedelta(minutes=15 * number), ends=new.ends + timedelta(minutes=15 * number))
        for number, new in enumerate(news)
    ]
    bookers = (cast.custodian, second)
    done = _race(
        [lambda n=number, new=new: commands.book(bookers[n % 2], new, now=NOW) for number, new in enumerate(news)]  # type: ignore[misc] # bound per turn
    )
    assert done.count("sites.taken") == 7
    assert Booking.objects.count() == 1
    assert Event.objects.filter(kind="sites.booked").count() == 1


def test_hours_that_change_while_somebody_books_leave_no_booking_outside_them(open_place: Place) -> None:
    place, manager = open_place, open_place.house.cast.manager
    done = _race(
        [
            lambda: commands.book(manager, place.booking(), now=NOW),
            lambda: commands.set_hours(manager, place.site, week("mon-fri 13:00-18:00"), now=NOW),
        ]
    )
    assert len({"sites.taken", "sites.outside-hours"} & set(done)) == 1


def test_a_house_that_closes_while_somebody_books_has_no_booking_to_come(open_place: Place) -> None:
    place, manager = open_place, open_place.house.cast.manager
    _race(
        [
            lambda: commands.book(manager, place.booking(), now=NOW),
            lambda: commands.close_site(manager, place.site, now=NOW),
        ]
    )
    assert Booking.objects.count() + Site.objects.exclude(closed_at=None).count() == 1


def test_what_is_said_and_added_at_once_is_numbered_and_named_apart(open_place: Place) -> None:
    place, manager = open_place, open_place.house.cast.manager
    said = [
        lambda n=number: commands.set_text(manager, place.site, TextKind.NOTICE, f"Notice {n}.", now=NOW)
        for number in range(3)
    ]
    added = [lambda: commands.add_room(manager, place.site, "Twice", 2, now=NOW) for _ in range(3)]
    done = _race([*said, *added])
    assert done.count("sites.exists") == 2
    assert set(SiteText.objects.filter(kind=TextKind.NOTICE).values_list("version", flat=True)) == {1, 2, 3}


def test_many_who_book_different_rooms_for_one_visitor_get_one(open_place: Place) -> None:
    place, cast = open_place, open_place.house.cast
    rooms, custodians = [], []
    for number in range(6):
        rooms.append(Uid(commands.add_room(cast.manager, place.site, f"Room {number + 2}", 2, now=NOW).uid))
        custodians.append(add(f"custodian{number}@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True))
    news = [
        place.booking(Expected(cast.reviewer.uid), room=room, custodian=custodian)
        for room, custodian in zip(rooms, custodians, strict=True)
    ]
    done = _race([lambda new=new: commands.book(cast.manager, new, now=NOW) for new in news])  # type: ignore[misc] # bound per turn
    assert done.count("sites.taken") == 5
    assert len(set(Claim.objects.filter(resource=f"person:{cast.reviewer.uid}").values_list("booking", flat=True))) == 1
