# SPDX-License-Identifier: Apache-2.0
"""Pages of scans: asked for, followed, stopped; each viewer with the figures of what they may name, and no others."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases.models import Release
from glasshouse.domain.scans import asking, performing, results, surveying
from glasshouse.domain.scans.models import End, Scan
from glasshouse.domain.scans.performing import Watch
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse
from tests.lab import NOW, Desk, House, add

FILES = {
    "p/src/run.py": b"import subprocess\n\n\ndef run(words):\n    return subprocess.call(words, shell=True)\n",
    "p/src/broken.py": b"def broken(:\n",
    "p/secret/also-broken.py": b"def (:\n",
    "p/secret/plain.py": b"def plain():\n    return 1\n",
}
TOOLS = USUAL | {Purpose.TOOLS}


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    with fanout.local(workers=1) as compute:
        yield Ways(installing.standard_folder(), compute)


@pytest.fixture
def release(house: House) -> Release:
    surveying.look(installing.standard_folder(), ["ruff"], now=NOW)
    return house.take("1", FILES)


@pytest.fixture
def manager(house: House, browser_of: Browse) -> Client:
    return browser_of(house.cast.manager)


def seat(house: House, release: Release, *patterns: str) -> Desk:
    return house.seat(house.cast.reviewer, release, patterns=patterns or ("**",), purposes=TOOLS)


def perform(ways: Ways) -> None:
    scan = Scan.objects.get(ended_at=None)
    watch = Watch(lambda _tool, _done, _of: None, lambda: None, lambda: NOW + timedelta(seconds=90))
    with results.sole_writer(Uid(scan.product)):
        performing.perform(Uid(scan.uid), "operator:worker", ways, watch)
    Job.objects.filter(uid=scan.job).update(state=State.DONE)


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_a_scan_is_started_followed_and_accounts_for_every_file(release: Release, manager: Client, ways: Ways) -> None:
    page = text(manager, f"/scans/{release.uid}/")
    assert "Never scanned" in page
    assert 'value="ruff" checked' in page
    assert 'value="bandit" disabled' in page  # nobody has looked at it here
    asked = manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    here = f"/scans/{release.uid}/runs/{scan.uid}/"
    assert asked.headers["Location"] == here
    waiting = text(manager, here)
    assert f'hx-get="{here}"' in waiting
    assert "Waiting" in waiting
    assert Job.objects.get(kind=asking.SCAN).arguments == {"scan": scan.uid}
    perform(ways)
    assert manager.get(here, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    done = text(manager, here)
    assert 'id="live" hx-get' not in done
    assert "4 of 4 looks at files" in done
    assert "2 analysed, 2 skipped" in done
    assert "src/broken.py" in done
    assert f"glasshouse scan reproduce {scan.runs.get().uid}" in done
    assert "4 of 4 looks at files" in text(manager, f"/scans/{release.uid}/runs/{scan.runs.get().uid}/")
    assert "Partial" in text(manager, "/scans/")
    kinds = list(Event.objects.values_list("kind", flat=True))
    assert [kinds.count(one) for one in ("scans.asked", "scans.begun", "scans.ended", "scans.finished")] == [1] * 4


def test_a_second_start_joins_the_one_under_way_or_is_refused_with_words(release: Release, manager: Client) -> None:
    manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    again = manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    assert again.headers["Location"].endswith(f"/{scan.uid}/")
    assert Job.objects.filter(kind=asking.SCAN).count() == 1
    manager.post(f"/scans/{release.uid}/runs/{scan.uid}/stop")
    refused = manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    assert refused.status_code == 409
    assert "is being scanned already" in refused.content.decode()
    missing = manager.post(f"/scans/{release.uid}/", {"tool": ["bandit"]})
    assert "bandit cannot be used here" in missing.content.decode()
    assert manager.post(f"/scans/{release.uid}/").status_code == 422


def test_what_a_stopped_scan_did_not_look_at_is_left_out_and_nothing_is_closed(
    release: Release, manager: Client, ways: Ways
) -> None:
    manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    here = f"/scans/{release.uid}/runs/{scan.uid}/"
    assert manager.post(f"{here}stop").headers["Location"] == here
    assert "Stopping" in text(manager, here)
    perform(ways)
    page = text(manager, here)
    assert "Stopped" in page
    assert "4 not looked at" in page
    scan.refresh_from_db()
    assert (scan.end, scan.runs.get().counts) == (End.STOPPED, {"left-out": 4})
    assert manager.post(f"{here}stop").status_code == 409


def test_a_scan_whose_job_failed_is_told_as_broken_off_and_another_can_start(release: Release, manager: Client) -> None:
    manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    Job.objects.filter(uid=scan.job).update(state=State.FAILED)
    assert "Broken off" in text(manager, f"/scans/{release.uid}/runs/{scan.uid}/")
    manager.post(f"/scans/{release.uid}/", {"tool": ["ruff"]})
    assert list(Scan.objects.order_by("pk").values_list("end", flat=True)) == [End.BROKEN, ""]


def test_a_visitor_sees_figures_and_files_of_what_their_grant_covers_alone(
    house: House, release: Release, browser_of: Browse, ways: Ways
) -> None:
    desk = seat(house, release, "src/**")
    client, base = browser_of(desk.viewer), f"/r/{desk.grant}/{desk.release}/scans/"
    assert base in text(client, "/scans/")
    asked = client.post(base, {"tool": ["ruff"]})
    here = asked.headers["Location"]
    assert here.startswith(base)
    perform(ways)
    page = text(client, here)
    assert "2 of 2 looks at files" in page
    assert "1 analysed, 1 skipped" in page
    assert "broken.py" not in page
    assert not Event.objects.filter(kind="readingroom.scan-files-shown").exists()
    answer = client.get(f"{here}files")
    shown = answer.content.decode()
    assert "src/broken.py" in shown
    assert "secret" not in shown
    assert "Glasshouse-Promise" in answer.headers
    entry = Event.objects.get(kind="readingroom.scan-files-shown")
    assert entry.engagement is not None
    assert Event.objects.get(kind="readingroom.scan-asked").engagement == entry.engagement
    assert "a visitor" in text(browser_of(house.cast.manager), f"/scans/{release.uid}/")


def test_what_somebody_may_not_see_does_not_exist(house: House, release: Release, browser_of: Browse) -> None:
    desk = seat(house, release)
    browser_of(desk.viewer).post(f"/r/{desk.grant}/{desk.release}/scans/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    under, own = f"/r/{desk.grant}/{desk.release}/scans/{scan.uid}/", f"/scans/{release.uid}/runs/{scan.uid}/"
    for who in (house.cast.stranger, house.cast.colleague):
        client = browser_of(who)
        text(client, under, 404)
        text(client, f"{under}files", 404)
        text(client, own, 404)
        assert client.post(f"{own}stop").status_code == 404
    for who in (house.cast.custodian, desk.viewer):
        text(browser_of(who), own, 404)
    other = house.take("2", FILES)
    text(browser_of(desk.viewer), f"/r/{desk.grant}/{other.uid}/scans/", 404)
    text(browser_of(house.cast.manager), f"/scans/{other.uid}/runs/{scan.uid}/", 404)
    Scan.objects.update(party=desk.viewer.organisation.text)  # what one organisation brought is nobody else's
    text(browser_of(house.cast.manager), own, 404)
    text(browser_of(desk.viewer), under)
    Scan.objects.update(party=house.cast.stranger.organisation.text)
    text(browser_of(desk.viewer), under, 404)


def test_a_grant_that_is_not_for_tools_says_so(house: House, release: Release, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, release)
    client = browser_of(desk.viewer)
    assert "it is not for this: run tools" in text(client, f"/r/{desk.grant}/{desk.release}/scans/", 403)
    assert "Your grants are not for running tools" in text(client, "/scans/")


def test_who_owns_a_product_does_not_stop_what_a_visitor_has_run(
    house: House, release: Release, browser_of: Browse
) -> None:
    desk = seat(house, release)
    client = browser_of(desk.viewer)
    client.post(f"/r/{desk.grant}/{desk.release}/scans/", {"tool": ["ruff"]})
    scan = Scan.objects.get()
    owner = browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    page = text(owner, f"/scans/{release.uid}/runs/{scan.uid}/")
    assert "a visitor" in page
    assert desk.viewer.name not in page
    assert "Stop the scan" not in page
    assert owner.post(f"/scans/{release.uid}/runs/{scan.uid}/stop").status_code == 403
    assert client.post(f"/r/{desk.grant}/{desk.release}/scans/{scan.uid}/stop").status_code == 302
    scan.refresh_from_db()
    assert scan.stop_asked_at is not None
