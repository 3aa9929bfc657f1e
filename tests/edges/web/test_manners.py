# SPDX-License-Identifier: Apache-2.0
"""What is on and off for a product's readers: set by its owner, obeyed and told on the next page."""

import re

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases.models import Product
from tests.edges.web.conftest import Browse, base
from tests.lab import Desk, House, add


@pytest.fixture
def owner(house: House) -> Viewer:
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


def case_of(page: str) -> str:
    found = re.search(r'<div class="glass"([^>]*)>', page)
    assert found
    return found[1]


def test_a_product_has_nothing_on_and_the_page_says_what_that_is_worth(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    assert case_of(page) == ' data-select="off" data-copy="off" data-print="off"'
    said = "Selection, copying and printing are off, which hinders and does not prevent: no software stops a camera."
    assert said in page


def test_what_the_owner_turns_on_is_on_from_the_next_page(
    desk: Desk, reviewer: Client, owner: Viewer, browser_of: Browse
) -> None:
    product = desk.taken[0].product.uid
    answer = browser_of(owner).post(
        f"/products/{product}/reading", {"on": ["select", "print"], "reason": "The ministry files prints."}
    )
    assert answer.headers["Location"] == "/products/"
    page = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    assert case_of(page) == ' data-copy="off"'
    assert "Copying is off, which hinders and does not prevent" in page
    assert 'data-print="off"' not in reviewer.get(base(desk)).content.decode()
    assert "Copying is off" in browser_of(owner).get("/products/").content.decode()
    assert Event.objects.filter(kind="releases.reading-set").count() == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"on": ["copy"], "reason": "x"},
        {"on": ["select", "pictures"], "reason": "x"},
        {"on": ["everything"], "reason": "x"},
        {"on": ["print"], "reason": ""},
        {"on": ["print"], "reason": "\u202ex"},
    ],
)
def test_a_contradiction_or_no_reason_changes_nothing_and_keeps_what_was_typed(
    desk: Desk, owner: Viewer, browser_of: Browse, asked: dict[str, object]
) -> None:
    answer = browser_of(owner).post(f"/products/{desk.taken[0].product.uid}/reading", asked)
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert Product.objects.get().reading == ""


def test_others_of_the_vendor_see_it_and_do_not_change_it(house: House, desk: Desk, browser_of: Browse) -> None:
    product = desk.taken[0].product.uid
    manager = browser_of(house.cast.manager)
    page = manager.get("/products/").content.decode()
    assert "server" in page
    assert "/reading" not in page
    assert manager.get(f"/products/{product}/reading").status_code == 403
    assert manager.post(f"/products/{product}/reading", {"on": ["print"], "reason": "x"}).status_code == 403
    assert Product.objects.get().reading == ""


def test_a_visitor_finds_no_products(desk: Desk, reviewer: Client) -> None:
    assert reviewer.get("/products/").status_code == 404
    assert reviewer.get(f"/products/{desk.taken[0].product.uid}/reading").status_code == 404
