# SPDX-License-Identifier: Apache-2.0
"""A workstation's key: enrolled on the machine, its word taken, its copies found out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.errors import (
    ChallengeError,
    KeyCopiedError,
    KeyMalformedError,
    KeyWordError,
    NoSessionError,
    NotArrivedError,
    NotEnrolledError,
    OutsideRangeError,
    TakenError,
)
from glasshouse.domain.sites.models import WorkstationKey
from glasshouse.domain.sites.values import ELSEWHERE, Expected
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.sites.machine import Machine, at
from tests.domain.sites.place import BRUSSELS, MORNING, RANGE, Place, arrival
from tests.lab import NOW, add

SOON = MORNING + timedelta(minutes=2)
ELSEWHERE_ON_EARTH = "203.0.113.9"


@pytest.fixture
def machine(place: Place) -> Machine:
    """The left workstation, enrolled."""
    here = Machine(place.left)
    here.enrol(at(place.house.cast.custodian))
    return here


@pytest.fixture
def visitor(place: Place) -> Viewer:
    """The reviewer, let in to the left workstation and signed in there."""
    arrival(place, place.book())
    return at(place.house.cast.reviewer)


def test_the_machines_word_places_the_session_that_asks(place: Place, machine: Machine, visitor: Viewer) -> None:
    assert queries.presence(visitor, MORNING).site is None
    machine.speak(visitor, now=MORNING)
    here = queries.presence(visitor, SOON)
    assert (here.site, here.workstation, here.second_person) == (place.site, place.left, False)


def test_a_word_holds_five_minutes_and_is_recorded_when_it_begins(machine: Machine, visitor: Viewer) -> None:
    for minute in (0, 2, 4, 6):
        machine.speak(visitor, now=MORNING + timedelta(minutes=minute))
    assert Event.objects.filter(kind="sites.workstation-asserted").count() == 1
    assert queries.presence(visitor, MORNING + timedelta(minutes=10)).workstation is not None
    lapsed = MORNING + timedelta(minutes=11)
    assert queries.presence(visitor, lapsed).workstation is None
    machine.speak(visitor, now=lapsed)
    assert Event.objects.filter(kind="sites.workstation-asserted").count() == 2


def test_a_session_that_is_carried_elsewhere_is_nowhere(machine: Machine, visitor: Viewer) -> None:
    machine.speak(visitor, now=MORNING)
    for carried in (
        at(visitor, address=ELSEWHERE_ON_EARTH),
        at(visitor, session="b" * 64),
        replace(visitor, origin=at(visitor, session="").origin),
    ):
        found = queries.presence(carried, SOON)
        assert (found.site, found.workstation) == (None, None)


def test_a_clock_moved_back_during_a_visit_stretches_no_word(machine: Machine, visitor: Viewer) -> None:
    machine.speak(visitor, now=MORNING)
    assert queries.presence(visitor, MORNING - timedelta(minutes=10)).workstation is None
    assert queries.presence(visitor, MORNING - timedelta(seconds=30)).workstation is not None


def test_a_key_copied_to_another_machine_ends_with_the_first_word_of_the_second(
    place: Place, machine: Machine, visitor: Viewer
) -> None:
    machine.speak(visitor, now=MORNING)
    thief = machine.copied()
    thief.speak(visitor, now=MORNING)
    with pytest.raises(KeyCopiedError):
        machine.speak(visitor, now=SOON)
    assert queries.presence(visitor, SOON).workstation is None
    for one in (thief, machine):
        with pytest.raises(NotEnrolledError):
            one.speak(visitor, now=SOON)
    ended = Event.objects.get(kind="sites.key-ended")
    assert ended.subject == place.left.text
    assert WorkstationKey.objects.get().ended == "copied"
    again = Machine(place.left)
    again.enrol(at(place.house.cast.custodian), now=SOON)
    again.speak(visitor, now=SOON)


def test_a_copy_that_comes_second_is_found_out_as_well(machine: Machine, visitor: Viewer) -> None:
    thief = machine.copied()
    machine.speak(visitor, now=MORNING)
    machine.speak(visitor, now=SOON)
    with pytest.raises(KeyCopiedError):
        thief.speak(visitor, now=SOON)
    with pytest.raises(NotEnrolledError):
        machine.speak(visitor, now=SOON)


def test_a_copy_outside_the_range_says_nothing_and_ends_nothing(machine: Machine, visitor: Viewer) -> None:
    thief = machine.copied()
    for address in (ELSEWHERE_ON_EARTH, "192.0.2.32", "", "192.0.2.20, 203.0.113.9", "::ffff:203.0.113.9"):
        with pytest.raises(OutsideRangeError):
            thief.speak(at(visitor, address=address), now=MORNING)
    machine.speak(at(visitor, address="::ffff:192.0.2.20"), now=MORNING)


def test_an_answer_that_was_lost_on_its_way_is_asked_for_again(machine: Machine, visitor: Viewer) -> None:
    lost = machine.word(commands.challenge(visitor, now=MORNING))
    commands.assert_workstation(visitor, lost, now=MORNING)
    again = machine.word(commands.challenge(visitor, now=SOON), following=lost.next)
    commands.assert_workstation(visitor, again, now=SOON)
    machine.link = lost.next
    machine.speak(visitor, now=SOON)


def test_a_word_that_was_overheard_serves_nobody_else(place: Place, machine: Machine, visitor: Viewer) -> None:
    word = machine.word(commands.challenge(visitor, now=MORNING))
    with pytest.raises(ChallengeError):
        commands.assert_workstation(at(visitor, session="b" * 64), word, now=MORNING)
    with pytest.raises(ChallengeError):
        commands.assert_workstation(visitor, word, now=MORNING + timedelta(minutes=1))
    with pytest.raises(ChallengeError):
        commands.assert_workstation(visitor, word, now=MORNING - timedelta(seconds=1))
    with pytest.raises(ChallengeError):
        commands.assert_workstation(visitor, replace(word, challenge="x"), now=MORNING)
    with pytest.raises(NoSessionError):
        commands.assert_workstation(replace(visitor, origin=place.house.cast.reviewer.origin), word, now=MORNING)


def test_a_word_that_does_not_hold_is_refused(place: Place, machine: Machine, visitor: Viewer) -> None:
    other = Machine(place.right)
    other.enrol(at(place.house.cast.custodian), now=MORNING)
    word = machine.word(commands.challenge(visitor, now=MORNING))
    for wrong in (
        replace(word, workstation=place.right),
        replace(word, next=bytes(32)),
        replace(word, shown=bytes(32)),
        replace(word, shown=b"short"),
        replace(word, signature=bytes(64)),
        replace(word, signature=b""),
        replace(word, signature=Machine(place.left).word(word.challenge).signature),
    ):
        with pytest.raises(KeyWordError):
            commands.assert_workstation(visitor, wrong, now=MORNING)
    commands.assert_workstation(visitor, word, now=MORNING)


def test_a_workstation_of_another_site_speaks_for_nobody_here(place: Place, machine: Machine, visitor: Viewer) -> None:
    del machine
    cast = place.house.cast
    site = commands.add_site(cast.manager, replace(BRUSSELS, name="Rome", zone="Europe/Rome"), now=NOW)
    room = commands.add_room(cast.manager, Uid(site.uid), "Room 1", 2, now=NOW)
    there = Machine(Uid(commands.add_workstation(cast.manager, Uid(room.uid), "Left", [RANGE], now=NOW).uid))
    there.enrol(at(cast.custodian), now=MORNING)
    with pytest.raises(NotArrivedError):
        there.speak(visitor, now=MORNING)
    assert queries.presence(visitor, MORNING).site is None


def test_nobody_is_placed_without_an_arrival(place: Place, machine: Machine) -> None:
    booked = at(place.house.cast.reviewer)
    place.book()
    with pytest.raises(NotArrivedError):
        machine.speak(booked, now=MORNING)
    with pytest.raises(NotArrivedError):
        machine.speak(at(place.house.cast.stranger), now=MORNING)
    assert queries.presence(booked, MORNING) == ELSEWHERE


def test_the_visitor_at_the_next_table_cannot_use_this_machine(place: Place, machine: Machine) -> None:
    cast = place.house.cast
    made = place.book(Expected(cast.reviewer.uid, place.left), Expected(cast.colleague.uid, place.right))
    arrival(place, made)
    arrival(place, made, cast.colleague, receipt="L-15")
    with pytest.raises(NotArrivedError):
        machine.speak(at(cast.colleague, session="c" * 64), now=MORNING)


def test_a_machine_that_needs_a_certificate_asks_with_it(place: Place) -> None:
    cast, digest = place.house.cast, "ab" * 32
    made = commands.add_workstation(cast.manager, place.room, "Third", [RANGE], now=NOW, certificate=digest.upper())
    third = Machine(Uid(made.uid))
    with pytest.raises(OutsideRangeError):
        third.enrol(at(cast.custodian))
    third.enrol(at(cast.custodian, certificate=digest))
    arrival(place, place.book(Expected(cast.reviewer.uid, Uid(made.uid))))
    with pytest.raises(OutsideRangeError):
        third.speak(at(cast.reviewer, certificate="cd" * 32), now=MORNING)
    third.speak(at(cast.reviewer, certificate=digest), now=MORNING)
    assert queries.presence(at(cast.reviewer), MORNING).workstation is None
    assert queries.presence(at(cast.reviewer, certificate=digest), MORNING).workstation is not None


def test_a_custodian_alone_enrols_and_from_the_machine_itself(place: Place) -> None:
    cast = place.house.cast
    here = Machine(place.left)
    for viewer in (cast.stranger, cast.reviewer, add("c@other.example", "Laboratory B", Role.CUSTODIAN)):
        with pytest.raises(NotFoundError):
            here.enrol(at(viewer))
    with pytest.raises(RoleMissingError):
        here.enrol(at(cast.manager))
    with pytest.raises(OutsideRangeError):
        here.enrol(at(cast.custodian, address=ELSEWHERE_ON_EARTH))
    with pytest.raises(NoSessionError):
        here.enrol(cast.custodian)
    assert not WorkstationKey.objects.exists()


def test_a_key_that_cannot_be_is_not_enrolled(place: Place) -> None:
    custodian = at(place.house.cast.custodian)
    asked = commands.challenge(custodian, now=NOW)
    good = Machine(place.left)
    offered = good.offered(asked)
    curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    for spki in (b"", b"\x30" * 90, bytes(201), *(_spki(key) for key in (curve, other))):
        with pytest.raises(KeyMalformedError):
            commands.enrol_key(custodian, place.left, replace(offered, spki=spki), now=NOW)
    for wrong in (replace(offered, link=bytes(32)), good.offered(asked, workstation=place.right)):
        with pytest.raises(KeyWordError):
            commands.enrol_key(custodian, place.left, wrong, now=NOW)
    commands.enrol_key(custodian, place.left, offered, now=NOW)
    with pytest.raises(KeyMalformedError):
        commands.enrol_key(custodian, place.left, offered, now=NOW)
    assert WorkstationKey.objects.filter(ended_at=None).count() == 1


def test_another_key_replaces_the_one_before(place: Place, machine: Machine, visitor: Viewer) -> None:
    machine.speak(visitor, now=MORNING)
    Machine(place.left).enrol(at(place.house.cast.custodian), now=SOON)
    assert queries.presence(visitor, SOON).workstation is None
    with pytest.raises(KeyWordError):
        machine.speak(visitor, now=SOON)


def test_a_key_is_ended_at_once(place: Place, machine: Machine, visitor: Viewer) -> None:
    machine.speak(visitor, now=MORNING)
    commands.end_key(place.house.cast.manager, place.left, now=SOON)
    assert queries.presence(visitor, SOON).workstation is None
    with pytest.raises(NotEnrolledError):
        machine.speak(visitor, now=SOON)
    with pytest.raises(NotEnrolledError):
        commands.end_key(place.house.cast.manager, place.left, now=SOON)
    with pytest.raises(NotFoundError):
        commands.end_key(place.house.cast.stranger, place.left, now=SOON)


def _spki(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_a_machine_out_of_use_speaks_for_nobody(place: Place, machine: Machine, visitor: Viewer) -> None:
    cast = place.house.cast
    with pytest.raises(TakenError):
        commands.retire_workstation(cast.manager, place.left, now=MORNING)
    other = Machine(place.right)
    other.enrol(at(cast.custodian), now=MORNING)
    with pytest.raises(NotFoundError):
        commands.retire_workstation(cast.reviewer, place.right, now=MORNING)
    commands.retire_workstation(cast.custodian, place.right, now=MORNING)
    with pytest.raises(NotEnrolledError):
        other.speak(visitor, now=MORNING)
    with pytest.raises(NotEnrolledError):
        Machine(place.right).enrol(at(cast.custodian), now=MORNING)
    with pytest.raises(NotEnrolledError):
        commands.retire_workstation(cast.custodian, place.right, now=MORNING)
    assert list(Event.objects.filter(kind="sites.workstation-retired").values_list("subject", flat=True)) == [
        place.right.text
    ]
    machine.speak(visitor, now=MORNING)
