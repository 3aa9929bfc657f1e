# SPDX-License-Identifier: Apache-2.0
"""A furnished lab whose rows other threads see, and searches in it without a socket between."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from glasshouse.domain.releases import searching
from tests.lab import House, furnish


@pytest.fixture
def house(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[House]:
    """A founded lab."""
    del transactional_db
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, home=tmp_path / "lab", keys=tmp_path / "keys")
    searching.forget()
    yield furnish(tmp_path)
    searching.forget()
