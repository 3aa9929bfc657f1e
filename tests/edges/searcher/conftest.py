# SPDX-License-Identifier: Apache-2.0
"""A furnished lab whose rows other threads see, and searches in it without a socket between."""

import pytest

from tests.lab import House


@pytest.fixture
def house(transactional_db: None, furnished: House) -> House:
    """A founded lab."""
    del transactional_db
    return furnished
