# SPDX-License-Identifier: Apache-2.0
"""Which releases have been looked at by tools, for whoever reads that without a grant."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.detections import queries, sights
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.identity import DetectionState


@dataclass(frozen=True, slots=True)
class Overview:
    """What the newest reports of all tools say of a release: how many were found, and how many are not known."""

    release: ReleaseRef
    tools: tuple[str, ...]
    found: int
    unknown: int
    newest: datetime | None


def releases_of(viewer: Viewer) -> list[Overview]:
    """Return every release that a reader of the vendor may ask about, the newest first; of no other viewer any."""
    rows = sights.releases_of(viewer).order_by("product__slug", "-pk")
    return [_of(releases.ref(row)) for row in rows]


def _of(release: ReleaseRef) -> Overview:
    reports = queries.newest_reports(release.uid)
    states: Counter[DetectionState] = Counter()
    for report in reports:
        states.update({DetectionState(state): count for state, count in report.counts["states"].items()})
    newest = max((one.taken_at for one in reports if one.taken_at), default=None)
    found = sum(count for state, count in states.items() if state in SEEN)
    return Overview(release, tuple(one.tool for one in reports), found, states[DetectionState.UNKNOWN], newest)
