# SPDX-License-Identifier: Apache-2.0
"""Asking for a scan: its row and its job, in the transaction of whoever judged that it may be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries as job_queries
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Json
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import surveying
from glasshouse.domain.scans.errors import ScanBusyError, ScanEndedError, ScanUnknownError
from glasshouse.domain.scans.models import End, Scan
from glasshouse.kernel.ids import Uid

SCAN: Final = "scans.scan"
KINDS: Final = (SCAN,)
"""Jobs that take hours: a worker of their own does them, so that they hold up nothing else."""
_ATTEMPTS: Final = 10  # a scan takes hours, and each attempt goes on where the last one was killed


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a scan runs: a person's uid or `operator:NAME`, and a visitor's grant.

    `brought` names rules that `party` brought: nobody else sees what comes of the scan, or waits for it.
    """

    actor: str
    grant: str = ""
    party: str = ""
    brought: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A scan that was asked for. Not `is_new` where one under way already does what is wanted."""

    scan: Scan
    is_new: bool

    def evidence(self) -> dict[str, Json]:
        """Return the fields of the journal's entry."""
        return {"is_new": self.is_new, "scan": self.scan.uid, "tools": list(self.scan.tools)}


def ask(
    found: ReleaseRef, asker: Asker, wanted: Sequence[str], *, now: datetime, not_before: datetime | None = None
) -> Started:
    """Put a scan in the queue, or join the one of this release that is under way and runs all that is wanted.

    Inside the caller's transaction, which records it. Raises ToolUnknownError, NoToolError, ScanBusyError.
    """
    tools = surveying.chosen(wanted)
    live = Scan.objects.select_for_update().filter(release=found.uid.text, party=asker.party, ended_at=None).first()
    if live is not None and not _is_dead(live):
        if live.stop_asked_at is None and live.brought == asker.brought and set(tools) <= set(live.tools):
            return Started(live, is_new=False)
        raise ScanBusyError(f"{found} is being scanned already.", hint="Wait for its end, or stop that scan.")
    if live is not None:
        live.end, live.ended_at = End.BROKEN, now
        live.save(update_fields=["end", "ended_at"])
    scan = Scan(
        uid=Uid.new().text,
        product=found.product.text,
        release=found.uid.text,
        grant=asker.grant,
        party=asker.party,
        brought=asker.brought,
        asked_by=asker.actor,
        tools=tools,
        asked_at=now,
    )
    job = jobs.ask(SCAN, {"scan": scan.uid}, actor=asker.actor, now=now, not_before=not_before, attempts=_ATTEMPTS)
    scan.job = job.text
    scan.save()
    return Started(scan, is_new=True)


def halt(scan: Scan, *, now: datetime) -> None:
    """Mark a scan to be stopped, inside the caller's transaction, which records it; raises ScanEndedError."""
    if not Scan.objects.filter(pk=scan.pk, ended_at=None).update(stop_asked_at=now):
        raise ScanEndedError("This scan has ended.", hint="Load the page again.")


def settle(*, now: datetime) -> None:
    """Say of scans whose job failed that they broke off; what they found until then stays as it is known."""
    failed = job_queries.failed(SCAN)
    for scan in Scan.objects.filter(ended_at=None, job__in=failed):
        with journal.transaction():
            if Scan.objects.filter(pk=scan.pk, ended_at=None).update(end=End.BROKEN, ended_at=now):
                journal.record("scans.broken-off", actor="operator:worker", at=now, subject=Uid(scan.uid))


def product_of(scan: Uid) -> Uid:
    """Return the product that a scan is of, for the worker that runs it; raises ScanUnknownError."""
    found = Scan.objects.filter(uid=scan.text).first()
    if found is None:
        raise ScanUnknownError
    return Uid(found.product)


def brought_for(scan: Uid) -> Uid | None:
    """Return which brought rules a scan was asked for with, for the worker that runs it; None where with none."""
    found = Scan.objects.filter(uid=scan.text).exclude(brought="").first()
    return Uid(found.brought) if found else None


def _is_dead(live: Scan) -> bool:
    return live.job in job_queries.failed(SCAN)
