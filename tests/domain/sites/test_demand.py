# SPDX-License-Identifier: Apache-2.0
"""Where another house is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.sites.demand import Demand, Outlook, SiteProposal, outlook

DEMAND = st.builds(
    Demand, st.sampled_from(["", "BE", "DE", "JP", "IT"]), st.sampled_from(["server", "phone"]), st.integers(0, 9)
)


def test_a_country_without_a_house_that_asks_often_is_proposed() -> None:
    asked = [
        Demand("BE", "server", 40),
        Demand("JP", "phone", 2),
        Demand("JP", "server", 4),
        Demand("IT", "server", 4),
        Demand("DE", "phone", 3),
        Demand("DE", "phone", 6),
        Demand("", "server", 7),
    ]
    assert outlook(asked, {"BE"}) == Outlook(
        (SiteProposal("DE", 9, (("phone", 9),)), SiteProposal("JP", 6, (("server", 4), ("phone", 2)))),
        served=40,
        few=4,
        unknown=7,
    )


def test_nothing_asked_proposes_nothing() -> None:
    assert outlook([], {"BE"}) == Outlook((), 0, 0, 0)


@given(st.lists(DEMAND), st.sets(st.sampled_from(["BE", "DE", "JP"])), st.integers(1, 20))
def test_every_request_is_accounted_for_and_no_house_is_proposed_twice(
    asked: list[Demand], housed: set[str], least: int
) -> None:
    found = outlook(asked, housed, least=least)
    proposed = [one.country for one in found.proposals]
    total = sum(one.requests for one in found.proposals) + found.served + found.few + found.unknown
    assert total == sum(one.requests for one in asked)
    assert len(set(proposed)) == len(proposed)
    assert housed.isdisjoint(proposed)
    assert "" not in proposed
    assert all(
        one.requests >= least and sum(count for _, count in one.products) == one.requests for one in found.proposals
    )
