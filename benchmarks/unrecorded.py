# SPDX-License-Identifier: Apache-2.0
"""The file page without its journal transaction, assembled for comparison: `benchmarks.unrecorded:application`.

Nothing in the product can switch recording off; this module replaces the one function that records.
"""

from collections.abc import Sequence
from datetime import datetime

from glasshouse.config.wsgi import application
from glasshouse.domain.access.values import Shown
from glasshouse.domain.journal.promises import promise
from glasshouse.domain.journal.values import Fields, Recorded
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands import showing
from glasshouse.domain.readingroom.values import Room, View, VisitRef
from glasshouse.kernel.ids import Uid

__all__ = ["application"]


def _unrecorded(
    viewer: Viewer,
    room: Room,
    visit: VisitRef,
    kind: str,
    *,
    shown: Sequence[Shown],
    fields: Fields,
    source: Fields,
    now: datetime,
    name: str = "file",
    visitor: Fields | None = None,
    at_least: int = 0,
    has_text: bool = False,
) -> View:
    del viewer, visit, shown, fields, source, name, visitor, at_least, has_text
    recorded = Recorded(0, Uid.new(), kind, bytes(32), room.engagement, 1)
    return View(room, recorded, now, promise(recorded), 0, queries.balance(room, now))


showing.show = _unrecorded
