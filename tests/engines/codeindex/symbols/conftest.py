# SPDX-License-Identifier: Apache-2.0
"""The tool itself, in its sandbox."""

import pytest

from glasshouse.domain.releases import symboltool
from glasshouse.engines.codeindex.symbols.extraction import Run


@pytest.fixture(scope="session")
def run() -> Run:
    return symboltool.run
