# SPDX-License-Identifier: Apache-2.0
"""The tool itself, in its sandbox."""

import pytest

from glasshouse.domain.releases import structuretool
from glasshouse.engines.codeindex.structure.values import Run


@pytest.fixture(scope="session")
def run() -> Run:
    return structuretool.run
