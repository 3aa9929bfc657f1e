# SPDX-License-Identifier: Apache-2.0
"""Verbs of scans: asking for one, stopping one, and the operator's own, which is asked for and done in one go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from glasshouse.domain.jobs import beating
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import asking, performing, queries, results, surveying
from glasshouse.domain.scans.asking import Asker, Started
from glasshouse.domain.scans.errors import ScanBusyError
from glasshouse.domain.scans.performing import Watch
from glasshouse.domain.scans.rules import check_may_stop
from glasshouse.domain.scans.toolruns import Report, Scanned
from glasshouse.domain.scans.working import Ways
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

_HELD: Final = timedelta(minutes=1)
"""How long no worker takes a scan whose asker does it at once."""

__all__ = ["Scanned", "Ways", "scan", "start", "stop"]


def start(viewer: Viewer, release: Uid, wanted: Sequence[str], *, now: datetime) -> Started:
    """Ask for a scan of a release by these tools, or by all that are ready; visitors ask in the reading room.

    Raises ReleaseUnknownError, ToolUnknownError, NoToolError, ScanBusyError.
    """
    found = releases.ref(queries.release(viewer, release))
    return _asked(found, Asker(viewer.uid.text), wanted, now=now)


def _asked(
    found: ReleaseRef, asker: Asker, wanted: Sequence[str], *, now: datetime, not_before: datetime | None = None
) -> Started:
    with journal.transaction():
        started = asking.ask(found, asker, wanted, now=now, not_before=not_before)
        journal.record(
            "scans.asked",
            actor=asker.actor,
            at=now,
            subject=Uid(started.scan.uid),
            fields={"release": found.evidence(), "scan": started.evidence()},
        )
    return started


def stop(viewer: Viewer, scan: Uid, *, now: datetime) -> None:
    """Have a scan end early: what was found is taken in, what was not looked at is left out, and nothing is closed.

    Raises ScanUnknownError, NotYourScanError, ScanEndedError.
    """
    found = queries.scan(viewer, scan)
    check_may_stop(viewer, found.asked_by, is_visitors=bool(found.grant))
    with journal.transaction():
        asking.halt(found, now=now)
        journal.record("scans.stop-asked", actor=viewer.uid.text, at=now, subject=scan)


def scan(
    actor: str,
    product: str,
    version: str,
    ways: Ways,
    *,
    wanted: Sequence[str] = (),
    now: datetime,
    progress: Report = lambda _tool, _done, _of: None,
) -> tuple[Scanned, ...]:
    """Run every tool that is ready, or those wanted, over a release, here and now, as its job's own worker would.

    Killed, it is gone on with by the lab's worker. Raises ReleaseUnknownError, ToolUnknownError, NoToolError,
    ScanBusyError.
    """
    found = releases.ref(releases.named(product, version))
    surveying.look(ways.tools, wanted, now=now)
    with results.sole_writer(found.product):
        started = _asked(found, Asker(actor), wanted, now=now, not_before=now + _HELD)
        held = jobs.take(Uid(started.scan.job), now=now)
        if held is None:
            raise ScanBusyError(f"{found} is being scanned already.", hint="Try again when that is done.")
        with beating.kept(held) as beat:
            watch = Watch(progress, beat.check, clock.now)
            done = performing.perform(Uid(started.scan.uid), actor, ways, watch)
        jobs.finish(held, f"{len(done)} tools", now=clock.now())
    return done
