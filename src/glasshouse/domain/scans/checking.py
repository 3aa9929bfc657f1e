# SPDX-License-Identifier: Apache-2.0
"""Whether a release, and all that tools said of it, is on the disk what was written."""

from collections.abc import Callable, Iterator

from glasshouse.domain.detections import checking as reports
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import record
from glasshouse.domain.scans.errors import RecordDamagedError
from glasshouse.domain.scans.models import ScanRun
from glasshouse.engines.store import Damage, Report


def check(found: ReleaseRef, progress: Callable[[int, int], None]) -> Report:
    """Read all that rests of a release, its reports and the records of its runs; damage is listed and not raised."""
    report = releases.verify(found, progress)
    report.damages += [Damage(None, message) for message in (*reports.damaged(found), *_damaged_records(found))]
    return report


def _damaged_records(found: ReleaseRef) -> Iterator[str]:
    for run in ScanRun.objects.exclude(kept="").filter(release=found.uid.text).order_by("pk"):
        try:
            record.read(run)
        except RecordDamagedError:
            where = f"Run {run.uid}, runs/{run.product}/{run.kept}"
            yield f"{where}: it was changed on the disk: restore this file from a backup."
