# SPDX-License-Identifier: Apache-2.0
"""Houses at the operator's terminal."""

import json
from pathlib import Path
from typing import Any, Final

from tests.edges.running import RunningLab

BRUSSELS: Final = ("--place", "Rue de la Loi 1", "--country", "be", "--zone", "Europe/Brussels")


def told(lab: RunningLab, *words: str, expected: int = 0) -> Any:
    """Run a command with --json and return its one value."""
    return json.loads(lab.command("site", *words, "--json", expected=expected))


def test_a_house_is_furnished_at_the_terminal(founded: RunningLab, tmp_path: Path) -> None:
    assert told(founded, "list") == []
    assert "glasshouse site add" in founded.command("site", "list")
    made = told(founded, "add", "Brussels", *BRUSSELS, "--hours", "mon-fri 08:30-18:00, sat 09:00-12:00")
    assert (made["country"], made["zone"]) == ("BE", "Europe/Brussels")
    assert told(founded, "add", "Brussels", *BRUSSELS, expected=5)["error"] == "sites.exists"
    assert told(founded, "add", "Rome", *BRUSSELS[:-1], "Rome", expected=2)["error"] == "sites.hours"
    assert told(founded, "add", "Rome", *BRUSSELS, "--hours", "mon 18:00-08:00", expected=2)["error"] == "sites.hours"

    room = told(founded, "room", "Brussels", "Room 1", "--seats", "3")
    assert told(founded, "room", "Atlantis", "Room 1", "--seats", "3", expected=4)["error"] == "not-found"
    words = ("workstation", made["uid"], "Room 1", "Left", "--range", "192.0.2.16/28", "--range", "2001:db8::/64")
    machine = told(founded, *words)
    assert machine["ranges"] == ["192.0.2.16/28", "2001:db8::/64"]
    assert told(founded, *words[:3], "Right", "--range", "0.0.0.0/0", expected=2)["error"] == "invalid"

    briefing = tmp_path / "briefing.txt"
    briefing.write_text("Telephones stay in the locker.\n", "utf-8")
    assert told(founded, "text", "Brussels", "briefing", str(briefing))["version"] == 1
    assert told(founded, "text", "Brussels", "briefing", str(briefing))["version"] == 2
    assert told(founded, "text", "Brussels", "poem", str(briefing), expected=2)["error"] == "invalid"
    briefing.write_bytes(b"\xff\xfe")
    assert told(founded, "text", "Brussels", "briefing", str(briefing), expected=2)["error"] == "invalid"

    (listed,) = told(founded, "list")
    assert listed["hours"].startswith("mon 08:30-18:00, tue")
    assert listed["rooms"] == [
        {
            "name": "Room 1",
            "seats": 3,
            "uid": room["uid"],
            "workstations": [{"name": "Left", "uid": machine["uid"]}],
        }
    ]
    assert "Brussels" in founded.command("site", "list")
