# SPDX-License-Identifier: Apache-2.0
import os
from hashlib import sha256
from pathlib import Path

import pytest

from glasshouse.engines.ledger.notes import KeyKind, SigningKey

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def vectors() -> Path:
    folder = Path(os.environ.get("GLASSHOUSE_VECTORS", REPOSITORY.parent / "shared" / "vectors"))
    if not folder.is_dir():
        pytest.skip(f"the published vectors are not at {folder}; name their folder in GLASSHOUSE_VECTORS")
    return folder


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Return the environment of a child process that can import the product."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}


@pytest.fixture(scope="session")
def entries() -> list[bytes]:
    return [sha256(b"%d" % number).digest() for number in range(20_000)]


@pytest.fixture(scope="session")
def log_key() -> SigningKey:
    return SigningKey.generate("lab.example/ledger")


@pytest.fixture(scope="session")
def witness_keys() -> list[SigningKey]:
    return [SigningKey.generate(f"witness{number}.example", KeyKind.COSIGNATURE) for number in (1, 2, 3)]
