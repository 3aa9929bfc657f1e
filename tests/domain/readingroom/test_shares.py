# SPDX-License-Identifier: Apache-2.0
"""What the vendor learns of reading: a sum of three or more, of the whole, and for two roles."""

import pytest

from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands, shares
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.lines import Span
from tests.lab import MAIN, NOW, House, add


def test_the_reading_of_fewer_than_three_is_told_to_nobody() -> None:
    assert not shares.may_be_summed([])
    assert not shares.may_be_summed([1, 2, 1, 2])
    assert shares.may_be_summed([1, 2, 3])


@pytest.mark.django_db(transaction=True)
def test_a_lab_manager_learns_one_number_of_three_people_and_none_of_two(house: House) -> None:
    release = house.take()
    desks = [house.seat(one, release) for one in (house.cast.reviewer, house.cast.colleague)]
    for desk, lines in zip(desks, ("1-10", "6-20"), strict=True):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span.parse(lines), now=NOW)
    engagement = house.engage(house.cast.reviewer, release)
    assert [one.share for one in shares.whole_shares(house.cast.manager, engagement)] == [None]
    third = house.seat(add("third@regulator.example", "Regulator A"), release)
    assert [one.share for one in shares.whole_shares(house.cast.manager, engagement)] == [None], (
        "the third read nothing"
    )
    commands.open_file(third.viewer, third.grant, third.release, MAIN, Span(1, 1), now=NOW)
    (found,) = shares.whole_shares(house.cast.custodian, engagement)
    assert found.share is not None
    assert (found.share.read, found.share.lines) == (20, 262)


@pytest.mark.django_db(transaction=True)
def test_a_product_owner_and_a_visitor_learn_nothing(house: House) -> None:
    desk = house.desk()
    engagement = house.engage(house.cast.reviewer, *desk.taken)
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    for viewer in (owner, house.cast.officer, house.cast.reviewer, house.cast.stranger):
        with pytest.raises(NotFoundError):
            shares.whole_shares(viewer, engagement)
