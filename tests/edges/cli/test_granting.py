# SPDX-License-Identifier: Apache-2.0
"""Grants at a person's terminal: bound to purposes and places, raised by two, ended by one."""

from tests.edges.cli.conftest import terminal
from tests.edges.running import RunningLab


def test_more_is_asked_for_at_a_terminal_and_agreed_at_two_others(served: RunningLab) -> None:
    reviewer, custodian, officer, manager = (
        terminal(served, who) for who in ("reviewer", "custodian", "export-officer", "lab-manager")
    )
    reviewer.tell("visit", "begin", "tool", "1.0")
    for file in ("src/file0.c", "src/file1.c"):
        reviewer.tell("release", "show", "tool", "1.0", file)
    spent = reviewer.run("release", "show", "tool", "1.0", "src/file2.c")
    assert spent.returncode == 3
    assert "ask for more" in spent.stdout + spent.stderr

    asked = reviewer.json("grant", "more", served.grant, "--window", "hour")
    assert asked["state"] == "open"
    assert reviewer.run("grant", "more", served.grant, "--window", "minute").returncode == 2
    assert reviewer.run("grant", "more", served.grant, "--window", "day").returncode == 5
    for person in (custodian, officer):
        digest = person.json("proposal", "show", asked["proposal"])["digest"]
        person.tell("proposal", "agree", asked["proposal"], "--digest", digest)
    (held,) = reviewer.json("grant", "list")
    assert held["balance"]["hour"] == {"used": 120, "limit": 240}
    assert held["purposes"] == ["read", "search"]

    assert manager.run("grant", "resume", served.grant).returncode == 3, "a custodian does"
    assert custodian.run("grant", "resume", served.grant).returncode == 5, "it does not wait"
    assert reviewer.run("grant", "revoke", served.grant).returncode == 4
    manager.tell("grant", "revoke", served.grant)
    ended = reviewer.run("release", "show", "tool", "1.0", "src/file0.c")
    assert ended.returncode == 3
    assert "revoked" in ended.stdout + ended.stderr


def test_a_grant_is_proposed_for_a_purpose_and_under_a_condition(served: RunningLab) -> None:
    manager = terminal(served, "lab-manager")
    words = ("reviewer@regulator.example", "tool", "--engagement", "26-001", "--version", "1.0", "--path", "src/**")
    made = manager.json("grant", "propose", *words, "--for", "search", "--accompanied", "--hour", "50")
    assert made["statement"]["purposes"] == ["search"]
    assert made["statement"]["conditions"] == {"accompanied": True, "sites": [], "workstation": False}
    limits = made["statement"]["limits"]
    assert (limits["hour"], limits["day"]) == (50, 60_000), "what is left out is as the engagement's depth has it"
    assert manager.run("grant", "propose", *words, "--for", "own").returncode == 2
