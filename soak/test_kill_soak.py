# SPDX-License-Identifier: Apache-2.0
"""The killing of the suite, a hundred times each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edges.running import RunningLab, make_source
from tests.edges.worker import kills

TIMES = 100


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kill", [kills.kill_workers, kills.kill_imports, kills.kill_views])
def test_a_hundred_kills_lose_nothing_that_was_acknowledged(
    database_url: str, tmp_path: Path, kill: Callable[[RunningLab, Path, int], None]
) -> None:
    lab = RunningLab.found(tmp_path, database_url)
    try:
        lab.command("release", "import", "first", "1", str(make_source(tmp_path)))
        lab.set_the_scene(hour=10**6, day=10**6, visit=10**6, total=10**6)
        kill(lab, tmp_path / "nursery", TIMES)
    finally:
        lab.stop()


@pytest.mark.timeout(3600)
def test_a_hundred_killed_backups_are_whole_or_not_there(tmp_path: Path) -> None:
    kills.kill_backups(RunningLab.found(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}"), tmp_path / "nursery", TIMES)
