# SPDX-License-Identifier: Apache-2.0
"""Showing coverage. It names files, so it is recorded as a folder's listing is; figures without names are not."""

from dataclasses import dataclass
from datetime import datetime

import rfc8785

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.scans import parties_of
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.coverage import Coverage, Reckoning, Whose, reckon
from glasshouse.domain.readingroom.values import Room, View
from glasshouse.domain.releases import surveys
from glasshouse.domain.scans import overview as scans
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True)
class CoverageShown:
    """Coverage of a release, recorded. `people` counts those who hold a grant on it in the engagement."""

    view: View
    coverage: Coverage
    whose: Whose
    people: int


def open_coverage(
    viewer: Viewer,
    grant: Uid,
    release: Uid,
    folder: TreePath | None,
    *,
    now: datetime,
    whose: Whose = Whose.OWN,
    first: int = 0,
) -> CoverageShown:
    """Show a viewer how much of a release was read, as far as their own grant covers it; it costs no lines.

    Raises NotFoundError for a folder in which the grant covers nothing.
    """
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    visit = visit_of(room)
    holders = _grants(room)
    own = [row for row, person in holders if person == viewer.row]
    counted = own if whose is Whose.OWN else [row for row, _ in holders]
    scanned = scans.analysed(room.release, parties_of(viewer)) if Purpose.TOOLS in room.terms.purposes else None
    found = Reckoning.of(surveys.survey(room.release), room.terms.patterns, access.seen(counted), scanned)
    found.check_has(folder)
    coverage = reckon(found, folder, first=first)
    names = [str(part.path) for part in coverage.parts], [str(one.path) for one in coverage.to_read]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.coverage-shown",
        shown=[],
        fields={
            "first": first,
            "items": sum(map(len, names)),
            "listing": str(Digest.of(rfc8785.dumps(list(names)))),
            "rules": coverage.version,
            "whose": whose.value,
        },
        source={"path": str(folder or "")},
        now=now,
    )
    return CoverageShown(view, coverage, whose, len({person for _, person in holders}))


def _grants(room: Room) -> list[tuple[int, int]]:
    """Return the grants on this release in the room's engagement, ended ones too, each with its holder's row."""
    rows = Grant.objects.filter(
        engagement=room.engagement.text, releases__release=room.release.uid.text, product=room.release.product.text
    )
    return list(rows.values_list("pk", "holder_id").order_by("pk"))
