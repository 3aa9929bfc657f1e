# SPDX-License-Identifier: Apache-2.0
"""A grant bound to a place is used there and nowhere else, whatever the holder's session says of itself."""

from datetime import timedelta

import pytest

from glasshouse.domain.access.errors import NotAccompaniedError, OutsidePlaceError
from glasshouse.domain.access.models import Budget, Grant, Scope
from glasshouse.domain.access.values import Conditions
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.errors import NotCoveredError
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.values import NewExportDecision
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.sites import commands as sites
from glasshouse.domain.sites.models import Arrival
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.sites.machine import Machine, at
from tests.domain.sites.place import MORNING, Place, arrival, settle
from tests.lab import MAIN, NOW, House


@pytest.fixture
def place(house: House) -> Place:
    return settle(house)


def cover(place: Place, *named: Uid) -> None:
    """Let the export decision of the reviewer's engagement name sites."""
    request = Engagement.objects.get().request
    assert request is not None
    people = (place.house.cast.reviewer.uid,)
    decision = NewExportDecision("EC-2026-1", "5D002", people, NOW + timedelta(days=30), named, ("BE",))
    engagements.decide_export(place.house.cast.officer, Uid(request.uid), decision, now=NOW)


def granted(place: Place, conditions: Conditions) -> tuple[Uid, Uid]:
    """Open a grant that is bound so, and return it with its release."""
    house = place.house
    taken = house.take()
    house.engage(house.cast.reviewer, taken)
    cover(place, place.site)
    return house.grant(taken, conditions=conditions), Uid(taken.uid)


def seated(place: Place, *, escort: Viewer | None = None) -> Viewer:
    """Let the reviewer in, to their machine."""
    machine = Machine(place.left)
    machine.enrol(at(place.house.cast.custodian), now=NOW)
    arrival(place, place.book(), escort=escort)
    visitor = at(place.house.cast.reviewer)
    machine.speak(visitor, now=MORNING)
    return visitor


def read(viewer: Viewer, grant: Uid, release: Uid) -> int:
    journal.sequence()  # as the worker does all the time
    return commands.open_file(viewer, grant, release, MAIN, Span(1, 3), now=MORNING).view.charged


def test_a_grant_of_a_site_is_read_there_and_by_the_same_person_elsewhere_not(place: Place) -> None:
    grant, release = granted(place, Conditions(sites=frozenset({place.site})))
    visitor = seated(place)
    commands.begin_visit(visitor, grant, release, now=MORNING)
    assert read(visitor, grant, release) == 3
    for elsewhere in (
        place.house.cast.reviewer,
        at(place.house.cast.reviewer, session="b" * 64),
        at(place.house.cast.reviewer, address="203.0.113.9"),
    ):
        with pytest.raises(OutsidePlaceError, match="not at the machine"):
            read(elsewhere, grant, release)
        with pytest.raises(OutsidePlaceError):
            queries.check_still_open(elsewhere, grant, release, now=MORNING)
    queries.check_still_open(visitor, grant, release, now=MORNING)
    assert Budget.objects.get(scope=Scope.GRANT).total_used == 3


def test_who_was_not_let_in_begins_no_visit(place: Place) -> None:
    grant, release = granted(place, Conditions(at_workstation=True))
    with pytest.raises(OutsidePlaceError, match="no custodian has let you in"):
        commands.begin_visit(at(place.house.cast.reviewer), grant, release, now=MORNING)


def test_a_workstation_of_another_site_is_no_place_of_this_grant(place: Place) -> None:
    another = Uid.new()
    grant, release = granted(place, Conditions(sites=frozenset({place.site})))
    Grant.objects.update(sites=[another.text])
    visitor = seated(place)
    with pytest.raises(OutsidePlaceError, match="at another site"):
        commands.begin_visit(visitor, grant, release, now=MORNING)


def test_the_second_person_who_leaves_takes_the_page_along(place: Place) -> None:
    grant, release = granted(place, Conditions(accompanied=True))
    visitor = seated(place, escort=place.house.cast.manager)
    commands.begin_visit(visitor, grant, release, now=MORNING)
    assert read(visitor, grant, release) == 3
    sites.change_escort(place.house.cast.custodian, Uid(Arrival.objects.get().uid), None, now=MORNING)
    with pytest.raises(NotAccompaniedError):
        read(visitor, grant, release)
    with pytest.raises(NotAccompaniedError):
        queries.check_still_open(visitor, grant, release, now=MORNING)


def test_a_second_person_is_with_the_session_at_the_machine_and_with_no_other(place: Place) -> None:
    grant, release = granted(place, Conditions(accompanied=True))
    visitor = seated(place, escort=place.house.cast.manager)
    commands.begin_visit(visitor, grant, release, now=MORNING)
    for elsewhere in (
        place.house.cast.reviewer,
        at(place.house.cast.reviewer, session="b" * 64),
        at(place.house.cast.reviewer, address="203.0.113.9"),
    ):
        with pytest.raises(OutsidePlaceError, match="not at the machine"):
            read(elsewhere, grant, release)
    assert read(visitor, grant, release) == 3


def test_a_departure_closes_what_is_open(place: Place) -> None:
    grant, release = granted(place, Conditions(sites=frozenset({place.site})))
    visitor = seated(place)
    commands.begin_visit(visitor, grant, release, now=MORNING)
    sites.depart(place.house.cast.custodian, Uid(Arrival.objects.get().uid), returned=True, now=MORNING)
    with pytest.raises(OutsidePlaceError, match="no custodian has let you in"):
        queries.check_still_open(visitor, grant, release, now=MORNING)


def test_no_grant_names_a_site_that_its_export_decision_does_not(place: Place) -> None:
    house = place.house
    taken = house.take()
    with pytest.raises(NotCoveredError, match="place of reading"):
        house.propose(taken, conditions=Conditions(sites=frozenset({place.site})))
    cover(place, place.site)
    house.propose(taken, conditions=Conditions(sites=frozenset({place.site})))
    with pytest.raises(NotCoveredError, match="place of reading"):
        house.propose(taken, conditions=Conditions(sites=frozenset({place.site, Uid.new()})))
