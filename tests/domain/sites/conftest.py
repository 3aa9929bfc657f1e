# SPDX-License-Identifier: Apache-2.0
"""A house with rooms and machines."""

import pytest

from tests.domain.sites.place import Place, settle
from tests.lab import House


@pytest.fixture
def place(house: House) -> Place:
    """The house in Brussels, inside a transaction that ends with the test."""
    return settle(house)


@pytest.fixture
def open_place(open_house: House) -> Place:
    """The house in Brussels, whose rows other threads see."""
    return settle(open_house)
