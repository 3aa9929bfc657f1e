# SPDX-License-Identifier: Apache-2.0
"""`glasshouse coverage` against a real lab."""

from tests.edges.cli.conftest import terminal
from tests.edges.running import RunningLab


def test_a_person_asks_at_the_terminal_what_they_have_read(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    assert person.json("coverage", "tool", "1.0", expected=3)["error"] == "readingroom.no-visit"
    person.tell("visit", "begin", "tool", "1.0")
    before = person.json("coverage", "tool", "1.0")
    person.tell("release", "show", "tool", "1.0", "src/file1.c", "--lines", "1-2")
    after = person.json("coverage", "tool", "1.0", "src/")
    assert after["whole"]["read"] == before["whole"]["read"] + 2
    assert after["whole"]["scanned"] is None
    assert after["folder"] == "src"
    done = person.run("coverage", "tool", "1.0")
    assert done.returncode == 0, done.stderr
    assert "not known to be scanned" in done.stdout
    assert person.json("coverage", "tool", "7.7", expected=4)["error"] == "cli.no-grant"
