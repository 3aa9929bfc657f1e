# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.engines.store.lab import Lab, make_lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path / "lab")
