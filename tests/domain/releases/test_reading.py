# SPDX-License-Identifier: Apache-2.0
"""Its owner says how a product is read, and nobody else."""

import itertools

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import commands, queries
from glasshouse.domain.releases.errors import BadReadingError, ReleaseUnknownError
from glasshouse.domain.releases.models import Product
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError
from tests.lab import NOW, House, add

OPEN = Reading(may_print=True, may_select=True, may_copy=True)


@pytest.fixture
def owner(house: House) -> Viewer:
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


def product_of(house: House) -> Uid:
    return Uid(house.take().product.uid)


@pytest.mark.parametrize("reason", ["", "  ", "\u202etxet", "nul\0", "x" * 501])
def test_a_reason_that_says_nothing_or_hides_something_changes_nothing(
    house: House, owner: Viewer, reason: str
) -> None:
    product = product_of(house)
    with pytest.raises(UnreadableTextError):
        commands.set_reading(owner, product, OPEN, reason=reason, now=NOW)
    assert Product.objects.get().reading == ""
    assert not Event.objects.filter(kind="releases.reading-set").exists()


def test_a_new_product_has_nothing_on(house: House) -> None:
    assert queries.reading_of(product_of(house)) == Reading()


def test_the_owner_sets_it_and_the_journal_has_the_reason(house: House, owner: Viewer) -> None:
    product = product_of(house)
    commands.set_reading(owner, product, OPEN, reason="A print for the file of the ministry.", now=NOW)
    assert queries.reading_of(product) == OPEN
    row = Event.objects.get(kind="releases.reading-set")
    assert (row.actor, row.subject) == (owner.uid.text, product.text)


def test_nobody_else_sets_it(house: House) -> None:
    product = product_of(house)
    for viewer in (house.cast.manager, house.cast.custodian, house.cast.officer):
        with pytest.raises(RoleMissingError):
            commands.set_reading(viewer, product, OPEN, reason="x", now=NOW)
    for viewer in (house.cast.reviewer, house.cast.stranger):
        with pytest.raises(ReleaseUnknownError):
            commands.set_reading(viewer, product, OPEN, reason="x", now=NOW)
    foreign = add("owner@other.example", "Laboratory B", Role.PRODUCT_OWNER)
    with pytest.raises(ReleaseUnknownError):
        commands.set_reading(foreign, product, OPEN, reason="x", now=NOW)
    assert Product.objects.get().reading == ""


def test_visitors_list_no_product(house: House, owner: Viewer) -> None:
    product = product_of(house)
    assert [row.uid for row in queries.products(owner)] == [product.text]
    assert not queries.products(house.cast.reviewer).exists()
    with pytest.raises(ReleaseUnknownError):
        queries.product(house.cast.stranger, product)


def test_an_unknown_product_is_not_found(house: House, owner: Viewer) -> None:
    del house
    with pytest.raises(ReleaseUnknownError):
        commands.set_reading(owner, Uid.new(), OPEN, reason="x", now=NOW)


@pytest.mark.parametrize("choice", list(itertools.product([False, True], repeat=4)))
def test_what_is_written_is_read_again_and_a_contradiction_is_refused(choice: tuple[bool, ...]) -> None:
    prints, selects, copies, pictures = choice
    try:
        reading = Reading(may_print=prints, may_select=selects, may_copy=copies, in_pictures=pictures)
    except BadReadingError:
        assert (copies and not selects) or (pictures and selects)
    else:
        assert not (copies and not selects)
        assert not (pictures and selects)
        assert Reading.parse(reading.text) == reading
