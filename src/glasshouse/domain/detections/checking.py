# SPDX-License-Identifier: Apache-2.0
"""Whether reports are on the disk what was written, and each the one that its rows are of."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from glasshouse.domain.detections import shelf
from glasshouse.domain.detections.base import NO_ROW, Base
from glasshouse.domain.detections.errors import ReportDamagedError
from glasshouse.domain.detections.models import CodePath, Report
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.ids import Uid

_ELSEWHERE: Final = -2


def damaged(found: ReleaseRef) -> Iterator[str]:
    """Yield what is wrong with reports of a release, each by its uid and its file; all that rests of them is read."""
    for report in Report.objects.exclude(taken_at=None).filter(release=found.uid.text).order_by("pk"):
        where = f"Report {report.uid}, reports/{report.product}/{report.pack}"
        try:
            shelf.Kept(Uid(report.product), report.pack).check()
            is_its_own = _is_its_own(report)
        except ReportDamagedError:
            yield f"{where}: it was changed on the disk: restore this file from a backup."
            continue
        if not is_its_own:
            yield f"{where}: another report lies in its place: restore this file from a backup."


def _is_its_own(report: Report) -> bool:
    """Say whether a report's pack names the lines and the paths that its standings do."""
    base = Base.of(report)
    tags = {pk: bytes(tag) for pk, tag in CodePath.objects.filter(product=report.product).values_list("pk", "tag")}
    paths = base.sightings.paths
    places = {vault.path_id(Uid(report.product), path): place for place, path in enumerate(paths)}
    every, which = np.unique(base.rows["path"], return_inverse=True)
    told = np.array(
        [NO_ROW if row == NO_ROW else places.get(tags[row], _ELSEWHERE) for row in every.tolist()], np.int64
    )
    has_paths = np.array_equal(base.sightings.among(paths), told[which])
    return has_paths and np.array_equal(base.sightings.records["line"], base.rows["first_line"])
