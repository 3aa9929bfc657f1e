# SPDX-License-Identifier: Apache-2.0
"""The pages of houses: the custodian's day, a booking, the door, a machine and its word."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import commands
from glasshouse.domain.sites.models import Arrival, Booking, Workstation, WorkstationKey
from glasshouse.domain.sites.values import Expected, TextKind
from tests.domain.sites.machine import Machine
from tests.domain.sites.place import INSIDE, MORNING, Place, arrival, settle
from tests.edges.conftest import BACKEND, SECRET, confirm
from tests.edges.web.conftest import Browse, Moment
from tests.edges.web.test_codes import code_of
from tests.lab import NOW, House

SPAN = "10:00\u201312:00"
DOOR = {"identity": "passport", "devices": "2", "receipt": "L-14", "briefing": "1", "is_read": "on"}


@pytest.fixture
def place(house: House) -> Place:
    """The house in Brussels."""
    return settle(house)


def at(viewer: Viewer, browser_of: Browse, address: str) -> Client:
    """Sign somebody in at this address."""
    browser_of(viewer)  # enrolled
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR=address, raise_request_exception=False)
    person = Person.objects.get(pk=viewer.row)
    client.force_login(person, BACKEND)
    confirm(client, person)
    return client


KEPT = {"what": "retention", "days": "3", "booking_days": "5"}


def text(client: Client, path: str, status: int = 200) -> str:
    """Return a page."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return str(answer.content.decode())


def test_empty_pages_teach(house: House, browser_of: Browse) -> None:
    assert "glasshouse site add" in text(browser_of(house.cast.manager), "/sites/")
    assert "The lab manager adds one" in text(browser_of(house.cast.custodian), "/sites/today")
    assert "You are not booked anywhere" in text(browser_of(house.cast.reviewer), "/sites/")


def test_a_manager_furnishes_a_house(house: House, browser_of: Browse) -> None:
    manager = browser_of(house.cast.manager)
    new = {
        "name": "Brussels",
        "place": "Rue 1",
        "country": "xx",
        "zone": "Europe/Brussels",
        "hours": "mon-fri 09:00-17:00",
    }
    assert "is no country" in manager.post("/sites/new", new).content.decode()
    made = manager.post("/sites/new", {**new, "country": "be"})
    here = made["Location"]
    assert "No room yet" in text(manager, here)
    manager.post(f"{here}change", {"what": "rooms", "name": "Room 1", "seats": "2"})
    manager.post(f"{here}change", {"what": "text", "kind": "briefing", "text": "Leave your <b>telephone</b>."})
    page = text(manager, here)
    assert "Leave your &lt;b&gt;telephone" in page
    assert "No workstation in this room" in page
    wrong = manager.post(f"{here}change", {"what": "hours", "hours": "always"})
    assert "names no weekday" in wrong.content.decode()
    assert manager.post(f"{here}change", {"what": "hours", "hours": "mon 08:00-20:00"}).status_code == 302
    assert "mon 08:00-20:00" in text(manager, "/sites/")
    assert browser_of(house.cast.custodian).post(f"{here}change", KEPT).status_code == 403


def booked(place: Place, **change: str) -> dict[str, str]:
    """What the form of a booking sends."""
    cast = place.house.cast
    return {
        "room": place.room.text,
        "custodian": cast.custodian.uid.text,
        "begins": "2026-11-23T10:00",
        "ends": "2026-11-23T12:00",
        "visitor0": cast.reviewer.uid.text,
        "machine0": place.left.text,
        **change,
    }


def test_a_booking_is_made_by_the_clock_of_the_house(place: Place, browser_of: Browse) -> None:
    manager = browser_of(place.house.cast.manager)
    page = text(manager, f"/sites/{place.site}/book")
    assert "Reviewer, Regulator A" in page
    made = manager.post(f"/sites/{place.site}/book", booked(place))
    assert Booking.objects.get().begins == MORNING
    assert SPAN in text(manager, made["Location"])
    assert SPAN in text(manager, f"/sites/{place.site}/week")
    assert SPAN not in text(manager, f"/sites/{place.site}/week?week=2026-12-01")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"ends": "2026-11-23T18:15"}, 422, "open from 08:30 to 18:00"),
        ({"begins": "2026-11-23T10:07"}, 422, "quarter hour"),
        ({"ends": "tomorrow"}, 200, "no moment"),
        ({"begins": "2027-03-28T02:30"}, 200, "skips 02:30"),
        ({"visitor0": ""}, 200, "required"),
        ({"visitor0": "0" * 26}, 200, "Select a valid choice"),
        ({"begins": "2026-11-23T08:45"}, 422, "in the future"),
    ],
)
def test_a_booking_that_cannot_be_says_why(
    place: Place, browser_of: Browse, change: Mapping[str, str], status: int, said: str
) -> None:
    answer = browser_of(place.house.cast.manager).post(f"/sites/{place.site}/book", booked(place, **change))
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Booking.objects.exists()


def test_what_is_taken_is_refused_by_name(place: Place, browser_of: Browse) -> None:
    place.book()
    answer = browser_of(place.house.cast.custodian).post(f"/sites/{place.site}/book", booked(place))
    assert answer.status_code == 409
    assert "Custodian, Left, Reviewer, Room 1" in answer.content.decode()


def test_any_week_may_be_asked_for(place: Place, browser_of: Browse) -> None:
    manager = browser_of(place.house.cast.manager)
    for week in ("", "9999-12-31", "0001-01-01", "x", "2026-W48", "2026-10-25", "2026-03-29"):
        assert manager.get(f"/sites/{place.site}/week", {"week": week}).status_code == 200, week


def test_a_custodians_day_from_door_to_door(place: Place, browser_of: Browse, moment: Moment) -> None:
    custodian = browser_of(place.house.cast.custodian)
    assert "Nobody is expected" in text(custodian, "/sites/today")
    made = place.book()
    moment.now = MORNING
    assert "Reviewer, Regulator A" in text(custodian, "/sites/today")
    door = f"/bookings/{made.uid}/arrive/{place.house.cast.reviewer.uid}"
    assert door in text(custodian, f"/bookings/{made.uid}/")
    page = text(custodian, door)
    assert "Telephones stay in the locker." in page
    assert "Write no number down" in page
    unread = {name: value for name, value in DOOR.items() if name != "is_read"}
    assert custodian.post(door, unread).status_code == 200
    assert "no receipt of a locker" in custodian.post(door, {**DOOR, "receipt": "<x>"}).content.decode()
    assert custodian.post(door, {**DOOR, "briefing": "2"}).status_code == 409
    assert not Arrival.objects.exists()
    assert custodian.post(door, {**DOOR, "workstation": place.left.text}).status_code == 302
    assert custodian.post(door, DOOR).status_code == 409

    today = text(custodian, "/sites/today")
    assert "L-14 (2)" in today
    assert "nobody" in today, "no second person is said, not left out"
    inside = Arrival.objects.get()
    here = f"/arrivals/{inside.uid}/"
    manager = place.house.cast.manager
    custodian.post(f"{here}escort", {"escort": manager.uid.text})
    assert manager.name in text(custodian, here)
    assert custodian.post(f"{here}escort", {"escort": place.house.cast.reviewer.uid.text}).status_code == 422
    assert custodian.post(f"/bookings/{made.uid}/cancel").status_code == 403
    custodian.post(f"{here}depart", {})
    assert "not handed back" in text(custodian, here)
    assert custodian.post(f"{here}depart", {}).status_code == 409
    assert "Nobody is in the house" in text(custodian, "/sites/today")


def test_a_visitor_sees_where_they_are_booked_and_no_one_else(place: Place, browser_of: Browse) -> None:
    cast = place.house.cast
    made = place.book(Expected(cast.reviewer.uid, place.left), Expected(cast.stranger.uid, place.right))
    reviewer = browser_of(cast.reviewer)
    for path in ("/sites/", f"/sites/{place.site}/", f"/sites/{place.site}/week", f"/bookings/{made.uid}/"):
        page = text(reviewer, path)
        assert "Stranger" not in page, path
        assert "192.0.2" not in page, path
    assert "Telephones stay in the locker." in text(reviewer, f"/bookings/{made.uid}/")
    for path in ("change", "book"):
        assert reviewer.get(f"/sites/{place.site}/{path}").status_code == 404
    assert "Brussels" not in text(browser_of(cast.colleague), "/sites/")


def _fields(raw: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in raw.items()}


def enrol(client: Client, place: Place) -> Machine:
    """Enrol the left workstation over HTTP."""
    machine = Machine(place.left)
    challenge = client.get(f"/workstations/{place.left}/challenge").json()["challenge"]
    offered = machine.offered(challenge)
    sent = _fields({"spki": offered.spki, "link": offered.link, "signature": offered.signature})
    answer = client.post(f"/workstations/{place.left}/enrol", {"challenge": challenge, **sent})
    assert answer.status_code == 302, answer.content
    return machine


def speak(client: Client, machine: Machine) -> int:
    """Let a machine speak for a browser's session."""
    asked = client.get(f"/workstations/{machine.workstation}/challenge")
    if asked.status_code != 200:
        return asked.status_code
    word = machine.word(asked.json()["challenge"])
    sent = _fields({"shown": word.shown, "next": word.next, "signature": word.signature})
    answer = client.post(
        f"/workstations/{machine.workstation}/word",
        {"challenge": word.challenge, **sent},
        headers={"accept": "application/json"},
    )
    if answer.status_code == 200:
        machine.link = word.next
    return answer.status_code


def test_a_machine_is_enrolled_at_the_machine_alone(place: Place, browser_of: Browse) -> None:
    cast, path = place.house.cast, f"/workstations/{place.left}/"
    away = at(cast.custodian, browser_of, "203.0.113.9")
    assert "You are not at this machine" in text(away, path)
    here = at(cast.custodian, browser_of, INSIDE)
    assert f"{path}enrol" in text(here, path)
    assert "data-enrol" in text(here, f"{path}enrol")
    enrol(here, place)
    assert WorkstationKey.objects.get().fingerprint in text(here, path)
    assert here.post(f"{path}enrol", {"challenge": "x"}).status_code == 403
    assert here.post(f"{path}enrol", {"spki": "%"}).status_code == 422
    assert here.post(f"{path}end").status_code == 302
    assert "No key is enrolled" in text(here, path)
    assert at(cast.reviewer, browser_of, INSIDE).get(path).status_code == 404
    assert at(cast.manager, browser_of, INSIDE).get(f"{path}enrol").status_code == 403, "the custodian's alone"


def test_a_machines_key_is_enrolled_and_ended_by_who_has_just_shown_who_they_are(
    place: Place, browser_of: Browse
) -> None:
    custodian, path = place.house.cast.custodian, f"/workstations/{place.left}/"
    here, person = at(custodian, browser_of, INSIDE), Person.objects.get(pk=custodian.row)
    confirm(here, person, minutes_ago=60)
    asked = here.get(f"{path}enrol").headers["Location"]
    assert asked.startswith("/me/confirm/code?")
    enrol(here, place)
    assert not WorkstationKey.objects.exists(), "nothing that was signed is kept: it holds for a minute"
    assert here.post(asked, {"code": code_of(SECRET), "next": f"{path}enrol"}).headers["Location"] == f"{path}enrol"
    enrol(here, place)
    assert WorkstationKey.objects.get().ended_at is None
    confirm(here, person, minutes_ago=60)
    for verb in ("end", "retire"):
        assert here.post(path + verb).headers["Location"].startswith("/me/confirm/code?")
    assert WorkstationKey.objects.get().ended_at is None
    confirm(here, person)
    assert here.post(f"{path}retire").status_code == 302
    assert WorkstationKey.objects.get().ended_at is not None


def test_a_word_is_taken_from_the_machine_and_not_from_its_copy(
    place: Place, browser_of: Browse, moment: Moment
) -> None:
    cast = place.house.cast
    machine = enrol(at(cast.custodian, browser_of, INSIDE), place)
    visitor = at(cast.reviewer, browser_of, INSIDE)
    assert speak(visitor, machine) == 404, "nobody let them in"
    made = place.book()
    moment.now = MORNING
    arrival(place, made)
    assert speak(visitor, machine) == 200
    copied = machine.copied()
    assert speak(at(cast.reviewer, browser_of, "203.0.113.9"), copied) == 403
    assert speak(visitor, machine) == 200
    assert speak(visitor, copied) == 403
    assert speak(visitor, machine) == 403, "both are out until the custodian has looked"
    assert speak(at(cast.stranger, browser_of, INSIDE), machine) == 404


def test_a_forged_forwarded_header_brings_nobody_to_the_machine(
    place: Place, browser_of: Browse, moment: Moment, settings: Settings
) -> None:
    cast = place.house.cast
    machine = enrol(at(cast.custodian, browser_of, INSIDE), place)
    made = place.book()
    moment.now = MORNING
    arrival(place, made)
    outside = at(cast.reviewer, browser_of, "203.0.113.9")
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP", "CF-Connecting-IP"):
        outside.defaults[f"HTTP_{header.upper().replace('-', '_')}"] = INSIDE
        assert speak(outside, machine) == 403, header
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, trusted_proxies=(ip_network("10.0.0.0/8"),))
    assert speak(outside, machine) == 403, "the sender is not the proxy"
    through = at(cast.reviewer, browser_of, "10.1.2.3")
    through.defaults["HTTP_X_FORWARDED_FOR"] = f"{INSIDE}, 203.0.113.9"
    assert speak(through, machine) == 403, "the proxy saw another address"
    through.defaults["HTTP_X_FORWARDED_FOR"] = f"203.0.113.9, {INSIDE}"
    assert speak(through, machine) == 200


def test_a_forged_certificate_header_is_no_certificate(
    place: Place, browser_of: Browse, moment: Moment, settings: Settings
) -> None:
    cast = place.house.cast
    machine = enrol(at(cast.custodian, browser_of, INSIDE), place)
    digest = "f3f2f3f5e5e6ed86cf1ed7cb66a2d9e5a8a3a4f0c4a8e2d8c6f0b1a2c3d4e5f6"
    Workstation.objects.filter(uid=place.left.text).update(certificate=digest)
    made = place.book()
    moment.now = MORNING
    arrival(place, made)
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, trusted_proxies=(ip_network("10.0.0.0/8"),))
    visitor = at(cast.reviewer, browser_of, INSIDE)
    visitor.defaults["HTTP_CLIENT_CERT"] = ":Zm9yZ2Vk:"
    assert speak(visitor, machine) == 403


def test_pages_of_visitors_at_a_workstation_carry_the_machines_part_and_no_others_do(
    place: Place, browser_of: Browse
) -> None:
    custodian = at(place.house.cast.custodian, browser_of, INSIDE)
    enrol(custodian, place)
    mark = custodian.cookies["workstation"]
    assert (mark["httponly"], mark["samesite"]) == (True, "Strict")
    assert "js/workstation.js" not in text(custodian, "/")
    reviewer = browser_of(place.house.cast.reviewer)
    assert "js/workstation.js" not in text(reviewer, "/")
    reviewer.cookies["workstation"] = "1"
    assert "js/workstation.js" in text(reviewer, "/")


def test_a_booking_of_an_engagement_stands_in_its_record(place: Place, browser_of: Browse) -> None:
    house = place.house
    engagement = house.engage(house.cast.reviewer, house.take())
    manager = browser_of(house.cast.manager)
    chosen = booked(place, engagement=engagement.text)
    wrong = manager.post(f"/sites/{place.site}/book", {**chosen, "visitor0": house.cast.stranger.uid.text})
    assert "of its organisation" in wrong.content.decode()
    assert manager.post(f"/sites/{place.site}/book", chosen).status_code == 302
    entry = Event.objects.get(kind="sites.booked")
    assert entry.engagement == engagement.text
    assert entry.number is not None


def test_a_country_that_asks_often_is_shown_with_what_it_asks_for(place: Place, browser_of: Browse) -> None:
    house = place.house
    house.engage(house.cast.reviewer, house.take())
    page = text(browser_of(house.cast.manager), "/sites/")
    assert "Where another site is asked for" in page
    assert "Where another site is asked for" not in text(browser_of(house.cast.reviewer), "/sites/")


def test_home_says_where_a_visitor_is_expected_by_the_clock_there(place: Place, browser_of: Browse) -> None:
    place.book()
    page = text(browser_of(place.house.cast.reviewer), "/")
    assert "Where you are expected" in page
    assert SPAN in page
    for other in (place.house.cast.colleague, place.house.cast.manager):
        assert "Where you are expected" not in text(browser_of(other), "/")
    assert "Today at the door" in text(browser_of(place.house.cast.custodian), "/")


def test_a_visitor_reads_what_a_house_keeps_of_them_before_they_come(place: Place, browser_of: Browse) -> None:
    cast = place.house.cast
    manager, visitor = browser_of(cast.manager), browser_of(cast.reviewer)
    assert manager.post(f"/sites/{place.site}/change", KEPT).status_code == 302
    commands.set_text(cast.manager, place.site, TextKind.NOTICE, "We keep <b>who</b> came.", now=NOW)
    booking = place.book()
    assert "Read the notice" in text(visitor, "/")
    page = text(visitor, f"/sites/{place.site}/notice")
    assert "We keep &lt;b&gt;who&lt;/b&gt; came." in page
    assert "3 days after it" in page
    door = f"/bookings/{booking.uid}/arrive/{cast.reviewer.uid}"
    custodian = browser_of(cast.custodian)
    assert "Has not read notice 1" in text(custodian, door)
    assert visitor.post(f"/sites/{place.site}/notice", {"version": "7"}).status_code == 409
    assert visitor.post(f"/sites/{place.site}/notice", {"version": "1"}).status_code == 302
    assert "Read the notice" not in text(visitor, "/")
    assert "Has read notice 1" in text(custodian, door)
    assert browser_of(cast.colleague).get(f"/sites/{place.site}/notice").status_code == 404
