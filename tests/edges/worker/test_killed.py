# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment: no acknowledged entry is lost, nothing shown without its entry, no release half made."""

import json
from pathlib import Path

import pytest

from tests.edges.running import RunningLab, make_source
from tests.edges.worker import kills

KILLS = 10


@pytest.fixture
def lab(prepared: RunningLab) -> RunningLab:
    """A founded lab in which nothing runs yet."""
    return prepared


def test_a_worker_killed_ten_times_loses_no_entry_that_was_acknowledged(lab: RunningLab, tmp_path: Path) -> None:
    kills.kill_workers(lab, tmp_path / "nursery", KILLS)


def test_an_import_killed_ten_times_leaves_no_half_made_release(lab: RunningLab, tmp_path: Path) -> None:
    kills.kill_imports(lab, tmp_path / "nursery", KILLS)


def test_a_backup_killed_ten_times_is_whole_or_not_there(tmp_path: Path) -> None:
    lab = RunningLab.found(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}")
    kills.kill_backups(lab, tmp_path / "nursery", KILLS)


def test_whatever_was_shown_before_a_kill_is_in_the_journal(lab: RunningLab, tmp_path: Path) -> None:
    lab.command("release", "import", "server", "1", str(make_source(tmp_path)))
    lab.set_the_scene(hour=10**6, day=10**6, visit=10**6, total=10**6)
    kills.kill_views(lab, tmp_path / "nursery", KILLS)


def test_a_disk_that_is_full_is_said_and_nothing_half_made_stays(lab: RunningLab, tmp_path: Path) -> None:
    kills.fill_disk(lab, tmp_path / "nursery")
    assert json.loads(lab.command("release", "list", "--json")) == []
