# SPDX-License-Identifier: Apache-2.0
"""Fifty programs search and read at once, over HTTP: one purse, and not one line more than it has."""

import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.edges.running import RunningLab, make_source

CLIENTS: Final = 50
CALLS: Final = 4
FILES, LINES = 6, 60
BUDGET: Final = 211  # no multiple of what one call may cost
TURNS: Final = 200


def prepare(lab: RunningLab) -> None:
    """Take a release in of which the reviewer may see a little."""
    lab.command("release", "import", "tool", "1.0", str(make_source(lab.home.parent, files=FILES, lines=LINES)))
    lab.set_the_scene(hour=BUDGET, day=BUDGET * 2, visit=BUDGET * 2, total=BUDGET * 2)


@pytest.fixture
def lab(prepared: RunningLab) -> RunningLab:
    """A lab that serves."""
    prepared.serve()
    return prepared


def indexed(lab: RunningLab) -> int:
    """Search until the worker has indexed all; return what that cost, one line each time."""
    with lab.client("reviewer") as client:
        for searches in range(1, 60):
            asked = {"releases": [lab.releases["1.0"]], "pattern": "nowhere_in_it"}
            page = client.post(f"/grants/{lab.grant}/search", json=asked).json()
            if "not-indexed" not in [one["reason"] for one in page["not_searched"]]:
                return searches
            time.sleep(0.5)
    raise AssertionError("never indexed")


def found(client: httpx.Client, lab: RunningLab, call: int) -> httpx.Response:
    """Search, and wait for the answer as a program does."""
    asked = {"releases": [lab.releases["1.0"]], "pattern": f"line_{call % FILES}_{1 + call % 5}", "context": call % 4}
    for _ in range(TURNS):
        answer = client.post(f"/grants/{lab.grant}/search", json=asked)
        if answer.status_code == httpx.codes.FORBIDDEN or (answer.is_success and answer.json()["showing"] is not None):
            return answer
        # A person begins so many searches a second, and the searcher answers so many at once; asked again, it is free.
        assert answer.status_code in {httpx.codes.OK, httpx.codes.CONFLICT}, answer.text
        time.sleep(0.2)
    raise AssertionError("the searcher never answered")


def read(client: httpx.Client, lab: RunningLab, call: int) -> httpx.Response:
    first = 1 + call * 17 % LINES
    place = f"/grants/{lab.grant}/releases/{lab.releases['1.0']}/file"
    return client.get(
        place, params={"path": f"src/file{call * 7 % FILES}.c", "lines": f"{first}-{min(LINES, first + call % 9)}"}
    )


def work(lab: RunningLab, seed: int, start: threading.Barrier, answers: list[httpx.Response]) -> None:
    with lab.client("reviewer") as client:
        start.wait()
        calls = range(seed * CALLS, (seed + 1) * CALLS)
        answers.extend((found if call % 2 else read)(client, lab, call) for call in calls)


def lines_of(page: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield each line of a page, of a file or of what was found."""
    if "lines" in page and "path" in page:
        yield from ((page["path"], line["number"]) for line in page["lines"])
    for file in page.get("files", ()):
        for stretch in file["stretches"]:
            yield from ((file["path"], line["number"]) for line in stretch)


def test_searching_and_reading_at_once_never_show_a_line_more_than_the_budget(lab: RunningLab) -> None:
    with lab.client("reviewer") as client:
        begun = client.post("/visits", json={"grant": lab.grant, "release": lab.releases["1.0"]})
        assert begun.status_code == 200, begun.text
    before = indexed(lab)
    start = threading.Barrier(CLIENTS)
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=work, args=(lab, seed, start, answers)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == CLIENTS * CALLS
    shown = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer.json() for answer in answers if answer.status_code != 200]
    assert {told["code"] for told in refused} <= {"access.budget-exhausted"}
    assert refused, "the budget was meant to run out"
    searches = [page for page in shown if "files" in page]
    assert searches, "some of them searched"
    charged = sum(page["showing"]["charged"] for page in shown)
    seen = {line for page in shown for line in lines_of(page)}
    # A search pays for one line even where it shows none that is new.
    assert len(seen) <= charged <= BUDGET - before
    assert charged - len(seen) <= len(searches)
    with lab.client("reviewer") as client:
        (grant,) = client.get("/grants").json()
        assert grant["balance"]["hour"] == {"used": before + charged, "limit": BUDGET}
        assert grant["standing"] == "open"
