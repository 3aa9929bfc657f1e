# SPDX-License-Identifier: Apache-2.0
"""A furnished lab for the tests of the rooms."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.lab import Desk, House


@pytest.fixture
def folders(tmp_path: Path, settings: Settings) -> Path:
    """Point the settings at folders of this test's own."""
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, home=tmp_path / "lab", keys=tmp_path / "keys")
    return tmp_path


@pytest.fixture
def house(db: None, furnished: House) -> House:
    """A founded lab with its cast, inside a transaction that ends with the test."""
    del db
    return furnished


@pytest.fixture
def open_house(transactional_db: None, furnished: House) -> House:
    """A founded lab whose rows other threads and processes see."""
    del transactional_db
    return furnished


@pytest.fixture
def desk(house: House, arranged: Desk) -> Desk:
    """The reviewer with an open visit to the whole of a release."""
    del house
    return arranged
