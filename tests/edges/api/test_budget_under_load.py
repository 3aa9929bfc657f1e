# SPDX-License-Identifier: Apache-2.0
"""Fifty programs read at once, over HTTP, from real web processes: no budget gives one line more than it has."""

import threading
from typing import Final

import httpx
import pytest

from tests.edges.running import RunningLab, make_source

CLIENTS: Final = 50
CALLS: Final = 6
FILES, LINES = 6, 60
BUDGET: Final = 137  # no multiple of what one call may cost


def prepare(lab: RunningLab) -> None:
    """Take a release in of which the reviewer may see a little."""
    lab.command("release", "import", "tool", "1.0", str(make_source(lab.home.parent, files=FILES, lines=LINES)))
    lab.set_the_scene(hour=BUDGET, day=BUDGET * 2, visit=BUDGET * 2, total=BUDGET * 2)


@pytest.fixture
def lab(prepared: RunningLab) -> RunningLab:
    """A lab that serves."""
    prepared.serve()
    return prepared


def read(lab: RunningLab, seed: int, start: threading.Barrier, answers: list[httpx.Response]) -> None:
    """Ask for a few windows that overlap those of others, whatever the answer is."""
    place = f"/grants/{lab.grant}/releases/{lab.releases['1.0']}/file"
    with lab.client("reviewer") as client:
        start.wait()
        for call in range(seed * CALLS, (seed + 1) * CALLS):
            first = 1 + call * 17 % LINES
            last = min(LINES, first + call * 5 % 13)
            asked = {"path": f"src/file{call * 7 % FILES}.c", "lines": f"{first}-{last}"}
            answers.append(client.get(place, params=asked))


def test_abuse_case_1_fifty_clients_at_once_never_see_a_line_more_than_the_budget(lab: RunningLab) -> None:
    with lab.client("reviewer") as client:
        begun = client.post("/visits", json={"grant": lab.grant, "release": lab.releases["1.0"]})
        assert begun.status_code == 200, begun.text
    start = threading.Barrier(CLIENTS)
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=read, args=(lab, seed, start, answers)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == CLIENTS * CALLS
    shown = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer.json() for answer in answers if answer.status_code != 200]
    assert {told["code"] for told in refused} == {"access.budget-exhausted"}
    seen = {(page["path"], line["number"]) for page in shown for line in page["lines"]}
    charged = sum(page["showing"]["charged"] for page in shown)
    assert len(seen) == charged, "each new line is charged once, whoever asks first"
    assert BUDGET - 13 < charged <= BUDGET

    numbers = [page["showing"]["number"] for page in shown]
    assert len(set(numbers)) == len(numbers), "each showing is an entry of its own"
    with lab.client("reviewer") as client:
        (grant,) = client.get("/grants").json()
        assert grant["balance"]["hour"] == {"used": charged, "limit": BUDGET}
