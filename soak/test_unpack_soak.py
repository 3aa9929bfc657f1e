# SPDX-License-Identifier: Apache-2.0
"""Intake of sources at their largest: a million files, a line of a gigabyte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.store.unpack import bulk
from tests.engines.store.unpack.measured import measure

MEBI = 2**20
MILLION = 1_000_000


@pytest.mark.parametrize("build", [bulk.many_in_tar, bulk.many_in_zip, bulk.many_in_folder, bulk.many_in_git])
def test_a_million_files_pass_in_bounded_memory(tmp_path: Path, build: Callable[[Path, int], None]) -> None:
    build(tmp_path / "source", MILLION)
    found = measure(tmp_path / "source")
    print(build.__name__, found)
    assert (found.error, found.members) == ("", MILLION)
    assert found.memory < 256 * MEBI


def test_a_line_of_a_gigabyte_passes_in_bounded_memory(tmp_path: Path) -> None:
    bulk.one_long_line(tmp_path / "source", 1024)
    found = measure(tmp_path / "source")
    print(found)
    assert (found.error, found.size) == ("", 1024 * MEBI)
    assert found.memory < 64 * MEBI
