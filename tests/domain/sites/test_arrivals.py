# SPDX-License-Identifier: Apache-2.0
"""The custodian at the door: who is let in, under what, and when they are no longer here."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.errors import (
    AlreadyInsideError,
    BookingEndedError,
    BriefingChangedError,
    DepartedError,
    EscortError,
    NotBookedError,
    StillInsideError,
    TakenError,
)
from glasshouse.domain.sites.models import Arrival
from glasshouse.domain.sites.values import ELSEWHERE, Expected, Identity, NewArrival, TextKind
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.sites.place import MORNING, Place, arrival
from tests.lab import NOW, add


def seen(place: Place) -> NewArrival:
    """What the custodian writes down of the reviewer."""
    return NewArrival(place.house.cast.reviewer.uid, Identity.PASSPORT, 2, "L-14", place.briefing)


def test_a_visitor_who_is_expected_is_let_in_and_recorded(place: Place) -> None:
    cast = place.house.cast
    made = arrival(place, place.book(), escort=cast.manager)
    assert (made.identity, made.receipt, made.devices, made.briefing.version) == ("passport", "L-14", 2, 1)
    here = queries.presence(cast.reviewer, MORNING)
    assert here.arrival == Uid(made.uid)
    assert here.second_person
    assert here.site is None, "being let in places no session"
    assert Event.objects.get(kind="sites.arrived").subject == made.uid


def test_an_arrival_without_a_booking_is_refused(place: Place) -> None:
    cast = place.house.cast
    with pytest.raises(NotFoundError):
        commands.arrive(cast.custodian, Uid.new(), seen(place), now=MORNING)
    made = place.book(Expected(cast.colleague.uid))
    with pytest.raises(NotBookedError):
        arrival(place, made)
    assert not Arrival.objects.exists()


def test_a_booking_lets_in_from_half_an_hour_before_until_its_end(place: Place) -> None:
    made = place.book()
    for moment in (made.begins - timedelta(minutes=31), made.ends, made.ends + timedelta(days=1)):
        with pytest.raises(BookingEndedError):
            arrival(place, made, now=moment)
    arrival(place, made, now=made.begins - timedelta(minutes=30))


def test_a_cancelled_booking_lets_nobody_in(place: Place) -> None:
    made = place.book()
    commands.cancel_booking(place.house.cast.manager, Uid(made.uid), now=NOW)
    with pytest.raises(BookingEndedError):
        arrival(place, made)


def test_a_booking_is_not_cancelled_around_somebody(place: Place) -> None:
    made = place.book()
    inside = arrival(place, made)
    with pytest.raises(StillInsideError):
        commands.cancel_booking(place.house.cast.manager, Uid(made.uid), now=MORNING)
    commands.depart(place.house.cast.custodian, Uid(inside.uid), returned=True, now=MORNING)
    commands.cancel_booking(place.house.cast.manager, Uid(made.uid), now=MORNING)


def test_the_custodian_alone_stands_at_the_door(place: Place) -> None:
    cast, made = place.house.cast, place.book()
    imposter = add("custodian@other.example", "Laboratory B", Role.CUSTODIAN)
    for viewer in (cast.reviewer, cast.stranger, imposter):
        with pytest.raises(NotFoundError):
            commands.arrive(viewer, Uid(made.uid), seen(place), now=MORNING)
    with pytest.raises(RoleMissingError):
        commands.arrive(cast.manager, Uid(made.uid), seen(place), now=MORNING)
    inside = Uid(arrival(place, made).uid)
    for viewer in (cast.reviewer, cast.stranger, imposter):
        with pytest.raises(NotFoundError):
            commands.depart(viewer, inside, returned=True, now=MORNING)
        with pytest.raises(NotFoundError):
            commands.change_escort(viewer, inside, cast.custodian.uid, now=MORNING)


def test_the_briefing_that_was_read_is_the_one_that_holds(place: Place) -> None:
    cast, made = place.house.cast, place.book()
    commands.set_text(cast.manager, place.site, TextKind.BRIEFING, "Watches stay in the locker too.", now=NOW)
    with pytest.raises(BriefingChangedError):
        arrival(place, made)
    place.briefing = 2
    assert arrival(place, made).briefing.version == 2


@pytest.mark.parametrize(
    ("devices", "receipt"), [(0, "L-1"), (1, ""), (-1, ""), (21, "L-1"), (1, "P12345678X"), (1, "L 1"), (1, "L-1\n2")]
)
def test_devices_have_a_receipt_and_nothing_else_is_written_there(place: Place, devices: int, receipt: str) -> None:
    new = replace(seen(place), devices=devices, receipt=receipt)
    with pytest.raises(InvalidError):
        commands.arrive(place.house.cast.custodian, Uid(place.book().uid), new, now=MORNING)


def test_nobody_is_inside_twice_and_no_locker_is_used_twice(place: Place) -> None:
    cast = place.house.cast
    made = place.book(Expected(cast.reviewer.uid, place.left), Expected(cast.colleague.uid, place.right))
    arrival(place, made)
    with pytest.raises(AlreadyInsideError):
        arrival(place, made, receipt="L-15")
    with pytest.raises(AlreadyInsideError):
        arrival(place, made, cast.colleague, receipt="l-14")
    new = replace(seen(place), person=cast.colleague.uid, receipt="L-15", workstation=place.left)
    with pytest.raises(AlreadyInsideError):
        commands.arrive(cast.custodian, Uid(made.uid), new, now=MORNING)
    arrival(place, made, cast.colleague, receipt="L-15")
    assert [one.receipt for one in queries.in_house(cast.custodian, place.site)] == ["L-14", "L-15"]


def test_a_broken_workstation_is_replaced_at_the_door(place: Place) -> None:
    made = place.book()
    new = replace(seen(place), workstation=place.right)
    found = commands.arrive(place.house.cast.custodian, Uid(made.uid), new, now=MORNING)
    assert found.workstation is not None
    assert found.workstation.uid == place.right.text
    with pytest.raises(InvalidError):
        commands.arrive(place.house.cast.custodian, Uid(made.uid), replace(new, workstation=Uid.new()), now=MORNING)


def test_the_second_person_is_of_the_staff_and_in_one_room(place: Place) -> None:
    cast = place.house.cast
    made = place.book()
    with pytest.raises(EscortError):
        arrival(place, made, escort=cast.colleague)
    inside = Uid(arrival(place, made, escort=cast.manager).uid)
    room = Uid(commands.add_room(cast.manager, place.site, "Room 2", 2, now=NOW).uid)
    second = add("custodian2@vendor.example", "Vendor", Role.CUSTODIAN, is_vendor=True)
    other = commands.book(
        cast.manager, place.booking(Expected(cast.stranger.uid), room=room, custodian=second), now=NOW
    )
    with pytest.raises(EscortError):
        arrival(place, other, cast.stranger, receipt="L-15", escort=cast.manager)
    commands.change_escort(cast.custodian, inside, None, now=MORNING)
    assert not queries.presence(cast.reviewer, MORNING).second_person
    arrival(place, other, cast.stranger, receipt="L-15", escort=cast.manager)
    with pytest.raises(EscortError):
        commands.change_escort(cast.custodian, inside, cast.manager.uid, now=MORNING)
    commands.change_escort(cast.custodian, inside, cast.custodian.uid, now=MORNING)
    assert queries.presence(cast.reviewer, MORNING).second_person


def test_whoever_was_seen_out_is_no_longer_here(place: Place) -> None:
    cast = place.house.cast
    inside = Uid(arrival(place, place.book(), escort=cast.custodian).uid)
    gone = commands.depart(cast.custodian, inside, returned=False, now=MORNING + timedelta(hours=1))
    assert gone.returned is False
    assert queries.presence(cast.reviewer, MORNING + timedelta(hours=1)) == ELSEWHERE
    assert queries.in_house(cast.custodian, place.site) == []
    with pytest.raises(DepartedError):
        commands.depart(cast.custodian, inside, returned=True, now=MORNING)
    with pytest.raises(DepartedError):
        commands.change_escort(cast.custodian, inside, None, now=MORNING)
    assert Event.objects.filter(kind="sites.departed").count() == 1


def test_somebody_whom_nobody_saw_out_is_not_here_for_ever(place: Place) -> None:
    made = place.book()
    arrival(place, made)
    reviewer = place.house.cast.reviewer
    assert queries.presence(reviewer, made.ends + timedelta(minutes=14)).arrival is not None
    assert queries.presence(reviewer, made.ends + timedelta(minutes=15)) == ELSEWHERE


def test_a_visitor_sees_their_own_arrival_and_no_other(place: Place) -> None:
    cast = place.house.cast
    made = place.book(Expected(cast.reviewer.uid, place.left), Expected(cast.colleague.uid))
    mine = arrival(place, made)
    theirs = Uid(arrival(place, made, cast.colleague, receipt="L-15").uid)
    assert [one.uid for one in queries.arrivals_of(cast.reviewer)] == [mine.uid]
    for viewer in (cast.reviewer, cast.stranger):
        with pytest.raises(NotFoundError):
            queries.arrival(viewer, theirs)


def test_two_custodians_who_receive_one_visitor_at_once_record_one_arrival(open_place: Place) -> None:
    made = open_place.book()

    def receive(number: int) -> str:
        try:
            return arrival(open_place, made, receipt=f"L-{number}").uid
        except ConflictError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(receive, range(4)))
    assert done.count("sites.already-inside") == 3
    assert Arrival.objects.filter(departed_at=None).count() == 1
    assert Event.objects.filter(kind="sites.arrived").count() == 1


def test_a_house_is_not_closed_around_somebody_or_before_a_booking(place: Place) -> None:
    cast, made = place.house.cast, place.book()
    with pytest.raises(TakenError):
        commands.close_site(cast.manager, place.site, now=NOW)
    inside = Uid(arrival(place, made).uid)
    with pytest.raises(StillInsideError):
        commands.close_site(cast.manager, place.site, now=made.ends)
    commands.depart(cast.custodian, inside, returned=True, now=made.ends)
    for viewer, refusal in ((cast.stranger, NotFoundError), (cast.custodian, RoleMissingError)):
        with pytest.raises(refusal):
            commands.close_site(viewer, place.site, now=made.ends)
    commands.close_site(cast.manager, place.site, now=made.ends)
    assert queries.sites(cast.manager) == []
    with pytest.raises(NotFoundError):
        commands.set_text(cast.manager, place.site, TextKind.NOTICE, "Closed", now=made.ends)
