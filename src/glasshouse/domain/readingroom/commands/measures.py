# SPDX-License-Identifier: Apache-2.0
"""Showing a visitor the measures of a release, as far as their grant covers it and lets them run tools.

It names files, so it is recorded as a folder's listing is. Each safe name that is unsafe is a word of the source beside
its place, and costs as a line does; figures cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import rfc8785

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.journal.values import Json
from glasshouse.domain.measures import queries as measures
from glasshouse.domain.measures.values import Figures, Point, Shadow
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.values import View
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

MOST_SHADOWS: Final = 100
"""Safe names that are unsafe on one page."""


@dataclass(frozen=True, slots=True)
class MeasuresShown:
    """The measures of a release and of the grant's others, recorded; `shadows` are those that are named."""

    view: View
    figures: Figures
    shadows: tuple[Shadow, ...]
    points: tuple[Point, ...]


def open_measures(viewer: Viewer, grant: Uid, release: Uid, folder: TreePath | None, *, now: datetime) -> MeasuresShown:
    """Show a viewer the measures of what their own grant covers of a release, with one folder opened.

    Raises NotFoundError for a folder in which the grant covers nothing that could be measured, NotMeasuredError.
    """
    room = queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    visit = visit_of(room)
    patterns = room.terms.patterns
    found = measures.figures(room.release, patterns, folder)
    points = measures.over_releases(queries.granted(grant), patterns)
    # Where lines are pictures no word of them stands as text.
    shadows = found.shadows[:MOST_SHADOWS] if folder is None and not room.as_pictures else ()
    named: Json = [
        [str(part.path) for part in found.parts],
        [[str(one.path), one.line, one.name] for one in shadows],
        [[one.protection.name, [str(path) for path, _ in (*one.on, *one.off)]] for one in found.protections],
    ]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.measures-shown",
        shown=[],
        fields={
            "items": len(found.parts) + len(shadows),
            "listing": str(Digest.of(rfc8785.dumps(named))),
            "releases": [str(one.release.root) for one in points],
        },
        source={"path": str(folder or "")},
        at_least=len(shadows),
        now=now,
    )
    return MeasuresShown(view, found, shadows, points)
