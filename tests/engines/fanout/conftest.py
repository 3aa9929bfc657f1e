# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator

import pytest

from glasshouse.engines.fanout import Compute, local
from tests.engines.fanout.asking import PACKAGES


@pytest.fixture(scope="session")
def kept() -> Iterator[Compute]:
    """A cluster that the tests share which do it no harm."""
    with local(workers=2, packages=PACKAGES) as compute:
        yield compute
