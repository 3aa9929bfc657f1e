# SPDX-License-Identifier: Apache-2.0
"""Adding houses, rooms and machines; who may, and who learns of them."""

from dataclasses import replace

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands, queries
from glasshouse.domain.sites.errors import HoursError, SiteExistsError, TakenError
from glasshouse.domain.sites.values import TextKind, week
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.sites.place import BRUSSELS, RANGE, Place
from tests.lab import NOW, House, add


def test_a_house_is_added_with_its_hours_and_recorded(house: House) -> None:
    made = commands.add_site("operator:tests", BRUSSELS, now=NOW)
    assert queries.hours_of(made) == list(BRUSSELS.hours)
    entry = Event.objects.get(kind="sites.site-added")
    assert (entry.subject, entry.actor) == (made.uid, "operator:tests")
    with pytest.raises(SiteExistsError):
        commands.add_site(house.cast.manager, BRUSSELS, now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "XX"},
        {"country": "Belgium"},
        {"zone": "Mars/Olympus"},
        {"name": ""},
        {"name": "a" * 81},
        {"name": "Brus\u202esels"},
        {"name": "Brus\x00sels"},
        {"hours": ()},
    ],
)
def test_a_house_that_cannot_be_is_refused_and_leaves_nothing(house: House, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidError):
        commands.add_site(house.cast.manager, replace(BRUSSELS, **wrong), now=NOW)  # type: ignore[arg-type] # on purpose
    assert list(queries.site_rows()) == []


def test_nobody_outside_the_vendor_adds_or_changes_anything(place: Place) -> None:
    outsider = add("manager@other.example", "Laboratory B", Role.LAB_MANAGER, Role.CUSTODIAN)
    for viewer in (outsider, place.house.cast.reviewer, place.house.cast.stranger):
        for attempt in (
            lambda by: commands.add_site(by, replace(BRUSSELS, name="Mine"), now=NOW),
            lambda by: commands.add_room(by, place.site, "Mine", 1, now=NOW),
            lambda by: commands.add_workstation(by, place.room, "Mine", [RANGE], now=NOW),
            lambda by: commands.set_hours(by, place.site, BRUSSELS.hours, now=NOW),
            lambda by: commands.set_text(by, place.site, TextKind.NOTICE, "Mine", now=NOW),
            lambda by: commands.set_retention(by, place.site, 1, now=NOW),
        ):
            with pytest.raises(NotFoundError):
                attempt(viewer)


def test_a_role_of_the_vendor_that_arranges_nothing_adds_nothing(place: Place) -> None:
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    with pytest.raises(RoleMissingError):
        commands.add_room(owner, place.site, "Mine", 1, now=NOW)
    with pytest.raises(RoleMissingError):
        commands.set_retention(place.house.cast.custodian, place.site, 1, now=NOW)


def test_a_stranger_knows_addresses_and_nothing_inside(place: Place) -> None:
    stranger = place.house.cast.stranger
    assert [one.name for one in queries.sites(stranger)] == ["Brussels"]
    assert list(queries.sites_of(stranger)) == []
    for ask in (
        lambda: queries.site(stranger, place.site),
        lambda: queries.room(stranger, place.room),
        lambda: queries.workstation(stranger, place.left),
        lambda: queries.texts(stranger, place.site),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_texts_are_added_never_changed_and_pinned_by_digest(place: Place) -> None:
    manager = place.house.cast.manager
    for text in ("Leave your telephone.", "Leave your telephone and your watch."):
        commands.set_text(manager, place.site, TextKind.BRIEFING, text, now=NOW)
    newest = queries.texts(manager, place.site)
    assert (newest[TextKind.BRIEFING].version, newest[TextKind.BRIEFING].text[-6:]) == (3, "watch.")
    assert TextKind.NOTICE not in newest
    assert Event.objects.filter(kind="sites.text-set").count() == 3
    for text in (" \n ", "Leave\u202e it.", "Leave\x00 it.", "x" * 20_001):
        with pytest.raises(InvalidError):
            commands.set_text(manager, place.site, TextKind.NOTICE, text, now=NOW)


def test_retention_is_set_within_ten_years(place: Place) -> None:
    manager = place.house.cast.manager
    assert commands.set_retention(manager, place.site, 90, now=NOW).retention_days == 90
    for days in (0, 3_651):
        with pytest.raises(InvalidError):
            commands.set_retention(manager, place.site, days, now=NOW)


def test_hours_are_not_changed_under_a_booking_to_come(place: Place) -> None:
    place.book()
    with pytest.raises(TakenError):
        commands.set_hours(place.house.cast.manager, place.site, week("mon-fri 13:00-18:00"), now=NOW)
    assert queries.hours_of(queries.site(place.house.cast.manager, place.site)) == list(BRUSSELS.hours)
    commands.set_hours(place.house.cast.manager, place.site, week("mon 09:00-13:00"), now=NOW)
    assert len(queries.hours_of(queries.site(place.house.cast.manager, place.site))) == 1


def test_a_weekday_has_one_span(place: Place) -> None:
    twice = (*week("mon 08:00-09:00"), *week("mon 10:00-11:00"))
    with pytest.raises(InvalidError):
        commands.set_hours(place.house.cast.manager, place.site, twice, now=NOW)
    with pytest.raises(HoursError):
        week("mon 08:00-09:00, mon 10:00-11:00")


def test_names_are_told_apart_within_their_house_and_room(place: Place) -> None:
    manager = place.house.cast.manager
    with pytest.raises(SiteExistsError):
        commands.add_room(manager, place.site, "Room  1", 2, now=NOW)
    with pytest.raises(SiteExistsError):
        commands.add_workstation(manager, place.room, "Left", [RANGE], now=NOW)
    with pytest.raises(InvalidError):
        commands.add_workstation(manager, place.room, "Third", [RANGE], now=NOW, certificate="abc")
    with pytest.raises(NotFoundError):
        commands.add_workstation(manager, Uid.new(), "Third", [RANGE], now=NOW)
