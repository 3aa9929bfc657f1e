# SPDX-License-Identifier: Apache-2.0
"""`glasshouse saved` against a real lab: run by its worker, told in counts, shown in a visit."""

import time
from typing import Any

from tests.edges.cli.conftest import Terminal, terminal
from tests.edges.cli.test_searching import SECONDS, indexed
from tests.edges.running import RunningLab

LABEL = "\u05d0 [bold]changed[/bold]"


def told(person: Terminal) -> Any:
    """Return the one saved search once the worker has run it."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        [one] = person.json("saved", "list")
        if one["runs"] and not one["due"]:
            return one
        time.sleep(0.2)
    raise AssertionError("it never ran")


def test_new_lines_are_listed_between_visits_and_shown_in_one(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    assert "No search is saved." in person.tell("saved", "list")
    person.tell("visit", "begin", "tool", "1.0")
    indexed(person)
    done = person.json("search", "tool", "^int changed", "--in", "1.0", expected=1)
    event = done["pages"][0]["showing"]["event"]
    with served.client("reviewer") as client:
        made = client.post(f"/grants/{served.grant}/saved-searches", json={"event": event, "label": LABEL})
    assert made.status_code == 201
    uid = made.json()["uid"]

    one = told(person)
    assert (one["uid"], one["new"], one["mandate"], one["runs"][0]["release"]["version"]) == (uid, 1, "runs", "1.1")
    listed = person.tell("saved", "list")
    assert uid in listed
    assert "int changed" not in listed
    person.tell("visit", "close")
    assert person.json("saved", "show", uid, expected=3)["error"] == "readingroom.no-visit"

    person.tell("visit", "begin", "tool", "1.1")
    shown = person.run("saved", "show", uid)
    assert (shown.returncode, shown.stdout.splitlines()) == (0, ["1.1 src/file0.c", "     1: int changed;"])
    assert "1 lines charged" in shown.stderr
    promises = served.home.parent / "home-reviewer" / ".local" / "share" / "glasshouse" / "promises.jsonl"
    assert len(promises.read_text("utf-8").splitlines()) >= 2
    assert "Nothing new waits." in person.run("saved", "show", uid).stderr
    assert person.json("saved", "show", uid, "--again")["pages"][0]["hits"] == 1

    stranger = terminal(served, "stranger")
    assert stranger.json("saved", "list") == []
    for word in ("show", "end"):
        assert stranger.json("saved", word, uid, expected=4)["error"]
    person = terminal(served, "reviewer")
    person.tell("saved", "end", uid)
    assert person.json("saved", "list") == []
    assert person.json("saved", "show", uid, expected=4)["error"] == "cli.no-saved-search"
