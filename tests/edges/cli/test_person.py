# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: signing in, reading under a grant, deciding, leaving with a receipt."""

import json
import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.edges.cli.conftest import Terminal, terminal
from tests.edges.forge import ROOT
from tests.edges.running import RunningLab

ACTS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
UNACKNOWLEDGED: Final = 4  # the verifier's word for a visit that no passkey closed
APPROVE: Final = """
import sys, django; django.setup()
from glasshouse.domain.people import commands as people, queries
from glasshouse.domain.people.models import Person
from glasshouse.kernel import clock
code, uid = sys.stdin.read().split()
people.approve_device(queries.viewer(Person.objects.get(uid=uid)), code, now=clock.now())
"""
# What the front door would note of a session that a test opened.
LISTED: Final = """
import sys, django; django.setup()
from allauth.usersessions.models import UserSession
from glasshouse.domain.people.models import Person
key, uid = sys.stdin.read().split()
person = Person.objects.get(uid=uid)
UserSession.objects.create(user=person, ip="127.0.0.1", user_agent="elsewhere", session_key=key)
"""


def verify(receipt: Path, trust: str) -> subprocess.CompletedProcess[str]:
    """Check a receipt as its holder does, with the verifier alone."""
    keys = receipt.with_suffix(".keys")
    keys.write_text(trust, "utf-8")
    command = [sys.executable, str(ROOT / "verifier" / "glasshouse_verify.py"), str(receipt), "--trust", str(keys)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_terminal_is_signed_in_by_approving_its_code(served: RunningLab) -> None:
    home = served.home.parent / "fresh"
    home.mkdir()
    person = Terminal(served, home)
    assert person.run("grant", "list").returncode == 3
    started = subprocess.Popen(
        [sys.executable, "-m", "glasshouse.edges.cli", "login", "--url", served.url, "--json"],
        env={**served.environment, "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stderr is not None
    code = ""
    while not code:
        found = re.search(r"shows the code ([B-Z]{4}-[B-Z]{4})", started.stderr.readline())
        code = found[1] if found else ""
    time.sleep(0.5)
    assert started.poll() is None, "nobody has approved it yet"
    served.python(APPROVE, f"{code} {served.cast['reviewer']['uid']}")
    out, errors = started.communicate(timeout=60)
    assert started.returncode == 0, errors
    assert json.loads(out)["uid"] == served.cast["reviewer"]["uid"]

    session = home / ".config" / "glasshouse" / "session.json"
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert [grant["product"] for grant in person.json("grant", "list")] == ["tool"]
    sessions_are_listed_and_ended(served, person)
    kept = session.read_bytes()
    person.tell("logout")
    assert not session.exists()
    session.write_bytes(kept)
    assert person.json("grant", "list", expected=3)["error"] == "http.not-signed-in"


def sessions_are_listed_and_ended(served: RunningLab, person: Terminal) -> None:
    elsewhere, custodian = terminal(served, "reviewer"), terminal(served, "custodian")
    served.python(LISTED, f"{served.cast['reviewer']['session']} {served.cast['reviewer']['uid']}")
    there, here = sorted(person.json("session", "list"), key=lambda one: bool(one["is_this"]))
    assert (here["is_this"], here["agent"].startswith("glasshouse/"), there["agent"]) == (True, True, "elsewhere")
    assert person.json("session", "list", "--everybody", expected=4)["error"] == "not-found"
    assert person.json("session", "end", expected=2)["error"] == "invalid"
    assert person.json("session", "end", "0" * 64, expected=4)["error"] == "not-found"
    assert {one["name"] for one in custodian.json("session", "list", "--everybody")} == {here["name"], there["name"]}
    whose = ("--person", there["person_uid"], "--reason", "Left at the machine.")
    custodian.tell("session", "end", there["name"], *whose)
    assert elsewhere.json("grant", "list", expected=3)["error"] == "http.not-signed-in"
    assert person.json("session", "end", "--others")["count"] == 0


def test_a_visit_at_the_terminal_from_beginning_to_receipt(served: RunningLab, tmp_path: Path) -> None:
    person = terminal(served, "reviewer")
    assert person.json("release", "show", "tool", "1.0", expected=3)["error"] == "readingroom.no-visit"
    visit = person.json("visit", "begin", "tool", "1.0")
    names = [item["name"] for item in person.json("release", "show", "tool", "1.0", "src/")["items"]]
    assert names == ["file0.c", "file1.c", "file2.c", "hostile.c"]

    shown = person.run("release", "show", "tool", "1.0", "src/file1.c", "--lines", "5-7")
    assert shown.stdout == "5  int line_1_5(void);\n6  int line_1_6(void);\n7  int line_1_7(void);\n"
    assert re.search(r"Recorded #\d+: lines 5-7 of 60; 3 lines charged, 117 left today", shown.stderr)

    hostile = person.run("release", "show", "tool", "1.0", "src/hostile.c")
    assert "[U+001B]]0;owned[U+0007]" in hostile.stdout
    assert ":bug: [bold]x" in hostile.stdout
    asked_json = person.tell("release", "show", "tool", "1.0", "src/hostile.c", "--json")
    for text in (hostile.stdout, hostile.stderr, asked_json):
        assert not ACTS.search(text)

    (difference,) = person.json("release", "diff", "tool", "1.0", "1.1", "src/file0.c")
    assert (difference["added"], difference["removed"]) == (1, 59)
    changes = person.json("release", "diff", "tool", "1.0", "1.1")
    assert [(one["kind"], one["after"]["path"]) for one in changes["changes"]] == [("changed", "src/file0.c")]

    assert person.json("release", "show", "tool", "1.0", "logo.bin", expected=3)["error"] == "releases.not-text"
    assert person.json("release", "show", "tool", "1.0", "src", expected=4)["hint"].startswith("Folders")
    assert person.json("release", "show", "tool", "9.9", expected=4)["error"] == "cli.no-grant"
    assert person.json("release", "show", "tool", "1.0", "../x", expected=2)["error"] == "invalid"
    spent = person.json("release", "show", "tool", "1.0", "src/file2.c", expected=3)
    assert spent["error"] == "access.budget-exhausted"

    promised = (person.home / ".local/share/glasshouse/promises.jsonl").read_text("utf-8").splitlines()
    numbers = [json.loads(line)["number"] for line in promised]
    assert len(numbers) == 6
    assert "src/" not in "".join(promised)

    assert person.json("visit", "close")["is_acknowledged"] is False
    assert person.json("visit", "close", expected=4)["error"] == "cli.no-visit"
    receipt = tmp_path / "receipt.zip"
    for _ in range(20):  # until the close is under a signed head
        done = person.run("receipt", visit["uid"], "--output", str(receipt))
        if done.returncode != 5:
            break
        time.sleep(0.5)
    assert done.returncode == 0, done.stderr
    assert person.run("receipt", "--output", str(receipt)).returncode == 2
    trust = json.loads(served.command("init", "--json"))["trust"]
    verified = verify(receipt, f"{trust}\nquorum none\n")
    assert verified.returncode == UNACKNOWLEDGED, verified.stdout + verified.stderr
    assert f"{len(numbers) + 2} promises the lab signed when it answered agree" in verified.stdout
    assert "unacknowledged: 6 views" in verified.stdout


def test_a_request_becomes_an_engagement_in_which_a_grant_is_opened(served: RunningLab, tmp_path: Path) -> None:
    manager, custodian, officer = (terminal(served, who) for who in ("lab-manager", "custodian", "export-officer"))
    stranger = terminal(served, "stranger")
    text = tmp_path / "nda.txt"
    text.write_text("A newer agreement.\n", "utf-8")
    assert manager.json("terms", "publish", "nda", str(text))["version"] == 2
    assert stranger.json("terms", "publish", "nda", str(text), expected=4)["error"] == "not-found"

    asked = ["request", "ask", "The tool", "--version", "1.0", "--purpose", "To see what it parses."]
    wrong = stranger.json(*asked, "--person", "reviewer@regulator.example", expected=2)
    assert wrong["error"] == "engagements.not-of-your-organisation"
    made = stranger.json(*asked, "--person", "stranger@other.example", "--days", "20")
    uid = made["uid"]
    assert stranger.json("request", "vet", uid, "tool", "--version", "1.0", expected=4)["error"] == "not-found"
    assert manager.json("request", "open", uid, expected=5)["error"] == "engagements.step-not-possible"
    assert manager.json("request", "vet", uid, "tool", "--version", "1.0")["state"] == "vetted"
    until = (datetime.now(tz=UTC) + timedelta(days=30)).isoformat()
    decision = ["request", "export", uid, "EC-2026-7", "--product-class", "5D002", "--until", until]
    decision += ["--person", "stranger@other.example", "--country", "BE"]
    assert manager.json(*decision, expected=3)["error"] == "people.role-missing"
    assert officer.json(*decision)["state"] == "cleared"
    proposal = manager.json("request", "open", uid)["proposal"]
    digest = manager.json("proposal", "show", proposal)["digest"]
    for person in (custodian, officer):
        person.json("proposal", "agree", proposal, "--digest", digest)
    (engagement,) = stranger.json("engagement", "list")
    shown = stranger.run("engagement", "show", engagement["label"])
    assert f"/engagements/{engagement['uid']}/sign" in shown.stdout
    assert "not signed" in shown.stdout
    assert stranger.json("engagement", "show", "26-999", expected=4)["error"] == "not-found"
    assert officer.json("engagement", "counts")[0]["received"] == 2

    words = ["grant", "propose", "stranger@other.example", "tool", "--version", "1.0", "--path", "src/*.c"]
    words += ["--engagement", engagement["label"]]
    assert terminal(served, "reviewer").json(*words, expected=4)["error"] == "not-found"
    made = manager.json(*words, "--days", "3", "--hour", "50")
    assert (made["state"], made["patterns"], made["statement"]["limits"]["hour"]) == ("open", ["src/*.c"], 50)
    uid, digest = made["uid"], made["digest"]
    assert manager.json("proposal", "agree", uid, "--digest", digest, expected=3)["error"] == (
        "approvals.not-independent"
    )
    assert stranger.json("proposal", "agree", uid, "--digest", digest, expected=4)["error"] == "not-found"

    shown_first = custodian.run("proposal", "agree", uid, told="y\n")
    assert shown_first.returncode == 0, shown_first.stderr
    assert digest in shown_first.stdout, "what is agreed to is shown first"
    decided = officer.json("proposal", "agree", uid, "--digest", digest, "--export-decision", "EC-2026-7")
    assert decided["state"] == "agreed"
    assert [grant["standing"] for grant in stranger.json("grant", "list")] == ["open"]
    assert officer.json("proposal", "refuse", uid, "--digest", digest, expected=5)["error"] == (
        "approvals.already-decided"
    )
    assert manager.json("proposal", "list") == []


def test_an_erasure_takes_two_and_the_audit_still_agrees(served: RunningLab) -> None:
    manager, custodian, officer = (terminal(served, who) for who in ("lab-manager", "custodian", "export-officer"))
    asked = ("journal", "erase", "reviewer@regulator.example", "--reason", "asked under article 17")
    assert manager.json(*asked, expected=5)["error"] == "readingroom.erasure-bound"
    manager.tell("engagement", "close", "26-001", "--ending", "completed")
    made = manager.json(*asked)
    assert made["statement"]["reason"] == "asked under article 17"
    for person in (custodian, officer):
        decided = person.json("proposal", "agree", made["uid"], "--digest", made["digest"])
    assert decided["state"] == "agreed"
    assert terminal(served, "reviewer").json("grant", "list", expected=3)["error"] == "http.not-signed-in"
    time.sleep(1)
    assert json.loads(served.command("ledger", "audit", "--json"))["findings"] == []


def test_own_reading_is_told_by_day_at_the_terminal(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    assert person.json("read") == []
    person.tell("visit", "begin", "tool", "1.0")
    person.tell("release", "show", "tool", "1.0", "src/file1.c", "--lines", "5-7")
    [day] = person.json("read")
    assert (day["files"], day["searches"]) == (1, 0)
    [read] = person.json("read", "--day", day["day"])
    assert (read["product"], read["version"], read["lines"]) == ("tool", "1.0", 3)
    assert "src/file1.c: 3" in person.tell("read", "--day", day["day"])
    assert person.json("read", "--day", "2001-01-01") == []
    assert person.json("read", "--day", "yesterday", expected=2)["error"] == "invalid"
    assert terminal(served, "custodian").json("read") == []


def test_a_hold_is_set_at_the_terminal_and_stops_an_erasure(served: RunningLab) -> None:
    manager, reviewer = terminal(served, "lab-manager"), terminal(served, "reviewer")
    made = manager.json("hold", "set", "reviewer@regulator.example", "--reason", "Order of a court")
    assert [one["reason"] for one in terminal(served, "auditor").json("hold", "list")] == ["Order of a court"]
    for refused in (("hold", "list"), ("hold", "lift", made["uid"], "--reason", "Why not")):
        assert reviewer.json(*refused, expected=4)["error"] == "not-found"
    manager.tell("engagement", "close", "26-001", "--ending", "completed")
    asked = ("journal", "erase", "reviewer@regulator.example", "--reason", "asked under article 17")
    assert "Order of a court" in manager.json(*asked, expected=5)["message"]
    manager.tell("hold", "lift", made["uid"], "--reason", "The case is over")
    assert manager.json(*asked)["state"] == "open"


def test_a_sites_notice_is_read_at_the_terminal(served: RunningLab, tmp_path: Path) -> None:
    site = json.loads(
        served.command("site", "add", "Brussels", "--place", "Rue 1", "--country", "BE", "--zone", "UTC", "--json")
    )["uid"]
    (tmp_path / "notice.txt").write_text("We keep what was shown.", "utf-8")
    served.command("site", "text", "Brussels", "notice", str(tmp_path / "notice.txt"))
    manager, reviewer = terminal(served, "lab-manager"), terminal(served, "reviewer")
    assert manager.json("site", "notices") == [], "nobody expects them"
    told = manager.tell("site", "notice", site)
    assert "notice, version 1:\nWe keep what was shown." in told
    assert manager.json("site", "notice", site, "--read", "1")["is_read"]
    assert reviewer.json("site", "notice", site, expected=4)["error"] == "not-found"


def test_a_token_made_at_the_terminal_reads_and_is_revoked(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    made = person.json("token", "make", "nightly", "--scope", "visits:read")
    assert made["secret"].startswith("ght_")
    assert [token["name"] for token in person.json("token", "list")] == ["nightly"]
    person.tell("token", "revoke", made["uid"])
    assert person.json("token", "list")[0]["revoked_at"] is not None
    assert person.json("token", "make", "x", "--scope", "source:read", expected=2)["error"] == "invalid"


def test_a_lab_that_does_not_answer_is_asked_again_later(served: RunningLab) -> None:
    person = terminal(served, "reviewer")
    served.stop()
    assert person.json("grant", "list", expected=5)["error"] == "cli.unreachable"
