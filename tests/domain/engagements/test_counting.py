# SPDX-License-Identifier: Apache-2.0
"""Counts of requests by period, country, category and outcome; what the public is told of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.engagements import commands, queries, rules
from glasshouse.domain.engagements.values import Ground
from glasshouse.domain.people.models import Organisation
from glasshouse.domain.publication import queries as publication
from glasshouse.domain.sites.demand import Demand
from glasshouse.kernel.errors import NotFoundError
from tests.domain.engagements.steps import ask, vetted
from tests.lab import NOW, House

SMALL = 5
CELLS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30), max_size=8)


@given(CELLS)
def test_no_small_cell_is_told_or_left_over_from_the_sum(cells: dict[str, int]) -> None:
    told = rules.hidden(cells, small=SMALL)
    assert told.keys() == cells.keys()
    assert all(number is None or number == 0 or number >= SMALL for number in told.values())
    assert all(number is None or number == cells[name] for name, number in told.items())
    unknown = [cells[name] for name, number in told.items() if number is None]
    # What is hidden adds up to the sum less the rest: of one cell that tells it, and two hidden cells that add up to
    # two are one each. A sum that is small is hidden itself.
    assert sum(cells.values()) < SMALL or not unknown or (len(unknown) > 1 and sum(unknown) >= SMALL)


def test_two_cells_of_one_are_not_told_by_what_the_others_leave_of_the_sum() -> None:
    assert rules.hidden({"BE": 1, "FR": 1, "DE": 7, "NL": 40}, small=SMALL) == {
        "BE": None,
        "FR": None,
        "DE": None,
        "NL": 40,
    }


def test_a_period_is_a_quarter_in_utc_whatever_the_zone_of_its_moment() -> None:
    assert rules.period_of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == "2026-Q4"
    assert rules.period_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2027-Q1"
    assert rules.period_of(datetime.fromisoformat("2027-01-01T00:30:00+02:00")) == "2026-Q4"


def test_those_who_arrange_count_everything_and_nobody_else_does(house: House) -> None:
    Organisation.objects.filter(name="Regulator A").update(country="BE")
    first, _ = ask(house), ask(house, house.cast.stranger, people=("stranger@other.example",))
    commands.refuse(house.cast.manager, first, Ground.CAPACITY, "Full.", now=NOW + timedelta(days=60))
    later, now = queries.tally(house.cast.custodian)
    assert (later.period, later.received, later.settled, later.outcomes, later.grounds) == (
        "2027-Q1",
        0,
        1,
        {"refused": 1},
        {"capacity": 1},
    )
    assert (now.period, now.received, now.countries, now.categories) == (
        "2026-Q4",
        2,
        {"": 1, "BE": 1},
        {"product": 2},
    )
    for viewer in (house.cast.reviewer, house.cast.stranger):
        with pytest.raises(NotFoundError):
            queries.tally(viewer)


def test_the_public_is_told_of_periods_that_are_over_and_of_nothing_small(house: House) -> None:
    Organisation.objects.filter(name="Regulator A").update(country="BE")
    for _ in range(6):
        ask(house)
    commands.refuse(house.cast.manager, ask(house), Ground.CAPACITY, "Full.", now=NOW)
    ask(house, house.cast.stranger, people=("stranger@other.example",))
    assert publication.requests(NOW) == []
    (told,) = publication.requests(NOW + timedelta(days=60))
    assert (told.period, told.received, told.settled) == ("2026-Q4", 8, None)
    assert {cell.name: cell.number for cell in told.countries} == {"": None, "BE": None}
    assert {cell.name: cell.number for cell in told.categories} == {"product": 8}
    assert [(cell.name, cell.label, cell.number) for cell in told.outcomes] == [("refused", "refused", None)]


def test_demand_is_told_by_country_and_by_what_was_meant(house: House) -> None:
    Organisation.objects.filter(name="Regulator A").update(country="BE")
    vetted(house, house.take())
    withdrawn = ask(house)
    commands.withdraw_request(house.cast.reviewer, withdrawn, now=NOW)
    ask(house)
    ask(house, house.cast.stranger, people=("stranger@other.example",))
    assert sorted(queries.demand(house.cast.manager, NOW), key=str) == [
        Demand("", "", 1),
        Demand("BE", "", 1),
        Demand("BE", "server", 1),
    ]
    assert queries.demand(house.cast.manager, NOW + timedelta(days=366)) == []
    with pytest.raises(NotFoundError):
        queries.demand(house.cast.reviewer, NOW)


def test_what_was_counted_does_not_change_when_an_organisation_does(house: House) -> None:
    ask(house)
    before = queries.tally(house.cast.manager)
    Organisation.objects.filter(name="Regulator A").update(country="FR")
    assert queries.tally(house.cast.manager) == before
