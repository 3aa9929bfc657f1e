# SPDX-License-Identifier: Apache-2.0
"""What is installed is what was reviewed: exact versions, exact bytes, from whichever index the operator uses."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
REQUIREMENTS: Final = ROOT / "requirements"
LOCKS: Final = ("base", "build", "dev")
NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(lock: str) -> set[str]:
    """The names that a person asked for."""
    lines = (REQUIREMENTS / f"{lock}.in").read_text("utf-8").splitlines()
    return {normal(found[0]) for line in lines if (found := NAME.match(line))}


def locked(lock: str) -> dict[str, str]:
    """Each locked name with the rest of its entry: version, marker and hashes."""
    text = (REQUIREMENTS / f"{lock}.txt").read_text("utf-8").replace("\\\n", " ")
    return {normal(found[0]): line[found.end() :] for line in text.splitlines() if (found := NAME.match(line))}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_library_has_one_version_and_its_hashes(lock: str) -> None:
    entries = locked(lock)
    loose = [name for name, entry in entries.items() if not re.match(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]
    assert entries
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index(lock: str) -> None:
    text = (REQUIREMENTS / f"{lock}.txt").read_text("utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_library_that_was_asked_for_is_locked(lock: str) -> None:
    assert direct(lock) - locked(lock).keys() == set()


def test_the_tests_run_what_a_lab_runs() -> None:
    dev = locked("dev")
    assert {name: dev.get(name) for name in locked("base")} == locked("base")


def test_every_library_that_was_asked_for_is_justified() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text("utf-8").split("## Debian's packages")[0]
    justified = {
        normal(name)
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(.*?)`", row)
    }
    asked = set().union(*map(direct, LOCKS))
    assert (sorted(asked - justified), sorted(justified - asked)) == ([], [])
