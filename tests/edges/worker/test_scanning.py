# SPDX-License-Identifier: Apache-2.0
"""The process for scans: it takes scans alone, leaves one half done to the next, and tells what broke off."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.scans import asking, performing
from glasshouse.domain.scans import commands as scans
from glasshouse.domain.scans.errors import ScanBusyError, ScanUnknownError
from glasshouse.domain.scans.models import End, Scan, ToolSeen
from glasshouse.edges.worker import scanning, working
from glasshouse.engines.fanout import ComputeEndedError
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.stopping import Stop
from tests.lab import NOW, House

Perform = Callable[[Exception | None], None]


@pytest.fixture
def house(transactional_db: None, furnished: House) -> House:
    """A founded lab whose scans a worker runs."""
    del transactional_db
    return furnished


@pytest.fixture
def scan(house: House) -> Scan:
    """A scan that the lab manager asked for."""
    release = house.take()
    ToolSeen.objects.create(tool="ruff", state="ready", seen_at=NOW)
    return scans.start(house.cast.manager, Uid(release.uid), ["ruff"], now=clock.now()).scan


@pytest.fixture
def perform(monkeypatch: pytest.MonkeyPatch) -> Perform:
    """Have a scan end as a test wants it, in the place of tools on a cluster."""

    def as_wanted(ends: Exception | None) -> None:
        def end(_uid: Uid, _actor: str, _ways: Any, watch: performing.Watch, *_: Any) -> tuple[()]:
            watch.check()
            if ends is not None:
                raise ends
            return ()

        monkeypatch.setattr(performing, "perform", end)
        monkeypatch.setattr(scanning, "compute", nullcontext)

    return as_wanted


def job() -> Job:
    return Job.objects.get(kind=asking.SCAN)


def test_other_work_goes_on_while_a_scan_waits_and_a_scan_while_other_work_does(scan: Scan, perform: Perform) -> None:
    perform(None)
    others = set(Job.objects.exclude(kind=asking.SCAN).values_list("uid", flat=True))
    assert others
    taken = set()
    while (held := jobs.claim(now=clock.now() + timedelta(hours=1), besides=asking.KINDS)) is not None:
        taken.add(held.uid.text)
    assert taken == others
    assert job().state == State.WAITING
    assert scanning.scan_one(Stop())
    assert (job().state, job().arguments) == (State.DONE, {"scan": scan.uid})
    assert not scanning.scan_one(Stop())


def test_the_worker_for_other_work_takes_no_scan(scan: Scan) -> None:
    del scan
    Job.objects.exclude(kind=asking.SCAN).delete()
    assert not working.run_one()


def test_a_process_that_is_told_to_end_gives_its_scan_back_without_using_an_attempt_up(
    scan: Scan, perform: Perform
) -> None:
    del scan
    perform(None)
    stop = Stop()
    stop.set()
    for _ in range(20):  # more often than a scan has attempts
        assert scanning.scan_one(stop)
        assert (job().state, job().attempts) == (State.WAITING, 0)
    assert scanning.scan_one(Stop())
    assert job().state == State.DONE


def test_while_the_operator_scans_the_product_the_worker_tries_again_later(scan: Scan, perform: Perform) -> None:
    del scan
    perform(ScanBusyError("It is being scanned."))
    assert scanning.scan_one(Stop())
    assert (job().state, job().attempts) == (State.WAITING, 0)
    assert job().not_before > clock.now()
    assert not scanning.scan_one(Stop())


def test_a_cluster_that_never_starts_uses_up_attempts_and_the_scan_is_told_as_broken_off(
    scan: Scan, perform: Perform
) -> None:
    perform(ComputeEndedError("it did not get ready"))
    attempts = 0
    while scanning.scan_one(Stop()):
        attempts += 1
        Job.objects.update(leased_until=clock.now())
    assert attempts == job().attempts_limit
    assert job().state == State.FAILED
    asking.settle(now=NOW)
    asking.settle(now=NOW)
    scan.refresh_from_db()
    assert (scan.end, scan.ended_at) == (End.BROKEN, NOW)
    assert Event.objects.filter(kind="scans.broken-off").count() == 1


@pytest.mark.parametrize("error", [ScanUnknownError(), ValueError("a bug")])
def test_a_scan_that_cannot_be_done_has_failed_and_holds_up_no_other(
    scan: Scan, perform: Perform, error: Exception
) -> None:
    perform(error)
    assert scanning.scan_one(Stop())
    assert job().state == State.FAILED
    scan.refresh_from_db()
    assert scan.end == End.BROKEN


def test_a_lease_that_another_took_over_is_told_to_who_works(scan: Scan) -> None:
    held = jobs.claim(now=NOW + timedelta(days=400), among=asking.KINDS)
    assert held is not None
    assert held.arguments == {"scan": scan.uid}
    after: datetime = NOW + timedelta(days=401)
    other = jobs.take(Uid(job().uid), now=after)
    assert other is not None
    with pytest.raises(StaleTokenError):
        jobs.give_back(held, now=after)
    with pytest.raises(StaleTokenError):
        jobs.let_go(held, until=after)
    assert jobs.take(Uid(job().uid), now=after) is None
    with journal.transaction():
        jobs.ask("tests.work", {}, actor="operator:tests", now=NOW, attempts=1)
    assert Job.objects.get(kind="tests.work").attempts_limit == 1
