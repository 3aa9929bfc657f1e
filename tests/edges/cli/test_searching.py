# SPDX-License-Identifier: Apache-2.0
"""`glasshouse search` against a real lab: index by its worker, searched by its searcher, shown under a grant."""

import json
import re
import time
from typing import Any

from tests.edges.cli.conftest import Terminal, terminal
from tests.edges.running import RunningLab

SECONDS = 60


def indexed(person: Terminal) -> Terminal:
    """Wait until the worker has indexed what was imported: until then the search says what it left out."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done = person.run("search", "tool", "line_1_5", "--json")
        assert done.returncode in {0, 1, 5}, (done.stdout, done.stderr)
        told: dict[str, Any] = json.loads(done.stdout)
        if "pages" in told and not [one for one in told["pages"][0]["not_searched"] if one["reason"] == "not-indexed"]:
            return person
        time.sleep(0.5)
    raise AssertionError("the releases were never indexed")


def test_a_person_searches_at_the_terminal_and_each_page_is_promised(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    assert person.json("search", "tool", "int", expected=3)["error"] == "readingroom.no-visit"
    person.tell("visit", "begin", "tool", "1.0")
    indexed(person)

    done = person.run("search", "tool", r"line_1_(5|6)\(", "--in", "1.0", "-C", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1.0 src/file1.c",
        "     4- int line_1_4(void);",
        "     5: int line_1_5(void);",
        "     6: int line_1_6(void);",
        "     7- int line_1_7(void);",
    ]
    assert re.search(r"^2 lines in 1 files; 4 searched\.$", done.stderr, re.MULTILINE)
    assert "Not searched, which is not “no match”: 1 files (binary)." in done.stderr
    assert re.search(r"Recorded #\d+: \d+ lines charged, \d+ left today\.", done.stderr)

    both = person.json("search", "tool", "line_1_5", "--literal", "--word")
    [file] = both["pages"][0]["files"]
    assert (file["also_total"], both["tally"]["lines"], both["tally"]["is_exact"]) == (1, 2, True)
    promises = served.home.parent / "home-reviewer" / ".local" / "share" / "glasshouse" / "promises.jsonl"
    events = {json.loads(line)["event"] for line in promises.read_text("utf-8").splitlines()}
    assert both["pages"][0]["showing"]["event"] in events

    none = person.run("search", "tool", "no such thing")
    assert (none.returncode, none.stdout) == (1, "")
    assert person.json("search", "tool", "(", expected=2)["error"] == "codeindex.pattern"
    assert person.json("search", "absent", "int", expected=4)["error"] == "not-found"
    assert person.json("search", "tool", "int", "--in", "7.7", expected=4)["error"] == "cli.no-grant"
    spent = person.json("search", "tool", "int", "--in", "1.0", "--pages", "9", expected=3)
    assert spent["error"] == "access.budget-exhausted"


def test_hostile_text_that_is_found_does_not_act_on_the_terminal(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    person.tell("visit", "begin", "tool", "1.0")
    indexed(person)
    done = person.run("search", "tool", "owned", "--in", "1.0")
    assert done.returncode == 0
    assert "owned" in done.stdout
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stdout)


def test_a_stranger_at_a_terminal_has_nothing_to_search(served: RunningLab) -> None:
    assert terminal(served, "stranger").json("search", "tool", "int", expected=4)["error"] == "not-found"


def test_a_person_searches_the_structure_of_code_at_the_terminal(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    person.tell("visit", "begin", "tool", "1.0")
    indexed(person)

    done = person.run("search", "tool", "int line_1_5(void);", "--structure", "C", "--in", "1.0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1.0 src/file1.c", "     5: int line_1_5(void);"]
    assert re.search(r"^1 matches in 1 files; 4 searched\.$", done.stderr, re.MULTILINE)

    none = person.run("search", "tool", "no_such($X)", "--structure", "C")
    assert (none.returncode, none.stdout) == (1, "")
    assert person.json("search", "tool", "f(", "--structure", "C", expected=2)["error"] == "codeindex.structure"
    assert person.json("search", "tool", "f()", "--structure", "COBOL", expected=2)["error"] == "codeindex.structure"
    assert person.run("search", "tool", "f()", "--structure", "C", "-i").returncode == 2
