# SPDX-License-Identifier: Apache-2.0
"""Whoever steals a copy of the lab must not be signed in by it."""

from pathlib import Path

from tests.edges.running import RunningLab


def prepare(lab: RunningLab) -> None:
    """Let people sign in."""
    lab.set_the_scene()


def test_the_keys_of_sessions_are_not_in_a_backup(prepared: RunningLab, tmp_path: Path) -> None:
    prepared.command("backup", str(tmp_path / "copy"), "--json")
    copied = [path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    sessions = [person["session"].encode() for person in prepared.cast.values()]
    people = [person["uid"].encode() for person in prepared.cast.values()]
    assert len(sessions) > 5
    assert not [session for session in sessions if any(session in content for content in copied)]
    assert all(any(uid in content for content in copied) for uid in people)
