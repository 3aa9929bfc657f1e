# SPDX-License-Identifier: Apache-2.0
"""What the verifier's tests share: one whole visit, and the published vectors."""

import os
from pathlib import Path

import pytest

from tests.verifier.synthetic import Story, story


@pytest.fixture(scope="session")
def visit() -> Story:
    return story()


@pytest.fixture(scope="session")
def vectors() -> Path:
    named = os.environ.get("GLASSHOUSE_VECTORS")
    folder = Path(named) if named else Path(__file__).parents[2].parent / "shared" / "vectors"
    if not folder.is_dir():
        pytest.skip(f"the published vectors are not at {folder}; name their folder in GLASSHOUSE_VECTORS")
    return folder
