# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.store.unpack import bulk
from tests.engines.store.unpack.archives import ZipEntry, zip_of
from tests.engines.store.unpack.measured import measure

MEBI = 2**20
# soak/test_unpack_soak.py does the same with a million files and a gigabyte.
MANY = 40_000


@pytest.mark.parametrize("form", bulk.COMPRESSORS)
def test_a_tar_bomb_is_refused_in_little_time_and_memory(tmp_path: Path, form: str) -> None:
    bulk.tar_bomb(tmp_path / "bomb", form, 4000)
    assert (tmp_path / "bomb").stat().st_size < 20 * MEBI
    found = measure(tmp_path / "bomb")
    assert found.error == "source.over-limit"
    assert found.seconds < 10
    assert found.memory < 256 * MEBI


def test_a_zip_bomb_is_refused_in_little_time_and_memory(tmp_path: Path) -> None:
    bulk.zip_bomb(tmp_path / "bomb", 1000)
    assert (tmp_path / "bomb").stat().st_size < 2 * MEBI
    found = measure(tmp_path / "bomb")
    assert found.error == "source.over-limit"
    assert found.size < 128 * MEBI
    assert found.seconds < 10
    assert found.memory < 128 * MEBI


def test_a_bomb_that_forges_its_size_is_refused_at_that_size(tmp_path: Path) -> None:
    bulk.zip_bomb(tmp_path / "bomb", 1000, size=5000)
    found = measure(tmp_path / "bomb")
    assert (found.error, found.size) == ("source.corrupt", 0)


def test_a_bomb_inside_an_archive_stays_a_file(tmp_path: Path) -> None:
    bulk.zip_bomb(tmp_path / "bomb", 1000)
    inner = (tmp_path / "bomb").read_bytes()
    (tmp_path / "outer").write_bytes(zip_of(ZipEntry(b"bomb.zip", inner)))
    found = measure(tmp_path / "outer")
    assert (found.error, found.members, found.size) == ("", 1, len(inner))


@pytest.mark.parametrize("build", [bulk.many_in_tar, bulk.many_in_zip, bulk.many_in_folder, bulk.many_in_git])
def test_memory_hardly_grows_with_the_number_of_files(tmp_path: Path, build: Callable[[Path, int], None]) -> None:
    build(tmp_path / "few", 1000)
    build(tmp_path / "many", MANY)
    few, many = measure(tmp_path / "few"), measure(tmp_path / "many")
    assert (few.error, few.members) == ("", 1000)
    assert (many.error, many.members) == ("", MANY)
    # 18 bytes a name and as many a folder; the rest is room for the allocator.
    assert many.memory - few.memory < 8 * MEBI


def test_one_long_line_passes_through_in_pieces(tmp_path: Path) -> None:
    bulk.one_long_line(tmp_path / "source", 200)
    found = measure(tmp_path / "source")
    assert (found.error, found.size) == ("", 200 * MEBI)
    assert found.memory < 64 * MEBI
