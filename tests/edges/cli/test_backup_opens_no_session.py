# SPDX-License-Identifier: Apache-2.0
"""Whoever steals a copy of the lab must not be signed in by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edges.running import RunningLab


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[RunningLab]:
    """A lab with people who are signed in."""
    running = RunningLab.found(tmp_path, database_url)
    running.set_the_scene()
    yield running
    running.stop()


def test_the_keys_of_sessions_are_not_in_a_backup(lab: RunningLab, tmp_path: Path) -> None:
    lab.command("backup", str(tmp_path / "copy"), "--json")
    copied = [path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    sessions = [person["session"].encode() for person in lab.cast.values()]
    people = [person["uid"].encode() for person in lab.cast.values()]
    assert len(sessions) > 5
    assert not [session for session in sessions if any(session in content for content in copied)]
    assert all(any(uid in content for content in copied) for uid in people)
