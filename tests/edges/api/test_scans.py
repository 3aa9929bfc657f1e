# SPDX-License-Identifier: Apache-2.0
"""Scans by API: asked for, followed and stopped, in figures of what the caller may name."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.scans.models import Phase, Scan, ScanRun, ToolSeen
from glasshouse.domain.scans.progress import Progress
from glasshouse.domain.scans.tools.values import Coverage
from glasshouse.kernel.ids import Uid
from tests.edges.api.conftest import bearing, signed_in
from tests.lab import NOW, House

FILES = {"p/src/a.py": b"a = 1\n", "p/src/b.py": b"def (:\n", "p/secret/c.py": b"def (:\n"}


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(f"/api/v1{address}", json.dumps(body), content_type="application/json")


def get(client: Client, address: str, **query: Any) -> Any:
    return client.get(f"/api/v1{address}", query)


def look(scan: Scan) -> ScanRun:
    """Leave the scan as its worker would halfway: two files skipped, one waiting; files stand in the order of paths."""
    run = ScanRun(
        uid=Uid.new().text,
        scan=scan,
        product=scan.product,
        release=scan.release,
        tool="ruff",
        tool_version="1",
        tool_digest=bytes(32),
        phase=Phase.RUNNING,
        files=3,
        cached=0,
        begun_at=NOW,
    )
    progress = Progress.of(3, [0, 1, 2])
    progress.say(0, Coverage.SKIPPED, "ruff could not parse it as Python 3")
    progress.say(2, Coverage.SKIPPED, "ruff could not parse it as Python 3")
    run.progress = progress.sealed(Uid(scan.product), Uid(run.uid))
    run.save()
    Scan.objects.update(begun_at=NOW + timedelta(seconds=1))
    return run


def test_the_vendor_asks_follows_and_stops(house: House) -> None:
    release = house.take("1", FILES)
    client, at = signed_in(house.cast.manager), f"/releases/{release.uid}/scans"
    refused = post(client, at)
    assert (refused.status_code, refused.json()["code"]) == (409, "scans.no-tool")
    ToolSeen.objects.create(tool="ruff", state="ready", seen_at=NOW)
    made = post(client, at, tools=["ruff"])
    assert made.status_code == 201
    scan = made.json()["uid"]
    assert (made.json()["end"], made.json()["begun_at"], made.json()["of"]) == (None, None, 0)
    assert post(client, at).json()["uid"] == scan
    run = look(Scan.objects.get())
    page = get(client, f"{at}/{scan}").json()
    assert page["tools"][0]["files"] == {"waiting": 1, "skipped": 2}
    assert (page["done"], page["of"], page["tools"][0]["run"]) == (2, 3, run.uid)
    files = get(client, f"{at}/{scan}/files").json()
    assert [one["path"] for one in files["rows"]] == ["secret/c.py", "src/b.py"]
    assert (files["total"], files["more"], files["showing"]) == (2, None, None)
    stopped = post(client, f"{at}/{scan}/stop").json()
    assert stopped["is_stopping"]
    assert [one["uid"] for one in get(client, at).json()] == [scan]
    unknown = post(client, at, tools=["no-such-tool"])
    assert (unknown.status_code, unknown.json()["code"]) == (404, "scans.tool-unknown")


def test_a_visitor_gets_figures_and_names_of_what_the_grant_covers(house: House) -> None:
    release = house.take("1", FILES)
    ToolSeen.objects.create(tool="ruff", state="ready", seen_at=NOW)
    desk = house.seat(house.cast.reviewer, release, patterns=("src/**",), purposes=USUAL | {Purpose.TOOLS})
    client, at = signed_in(desk.viewer), f"/grants/{desk.grant}/releases/{desk.release}/scans"
    scan = post(client, at).json()["uid"]
    look(Scan.objects.get())
    page = get(client, f"{at}/{scan}").json()
    assert page["tools"][0]["files"] == {"waiting": 1, "skipped": 1}
    assert (page["done"], page["of"]) == (1, 2)
    assert get(client, at).json() == [page]
    files = get(client, f"{at}/{scan}/files").json()
    assert [one["path"] for one in files["rows"]] == ["src/b.py"]
    assert files["showing"]["charged"] == 0
    assert Event.objects.filter(kind="readingroom.scan-files-shown").count() == 1
    assert post(client, f"{at}/{scan}/stop").json()["is_stopping"]


def test_a_token_neither_starts_nor_reads_a_scan(house: House) -> None:
    release = house.take("1", FILES)
    client = bearing(house.cast.manager, *Scope)
    assert get(client, f"/releases/{release.uid}/scans").status_code == 403
    assert post(client, f"/releases/{release.uid}/scans").status_code == 403
