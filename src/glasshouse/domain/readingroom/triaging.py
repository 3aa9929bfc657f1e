# SPDX-License-Identifier: Apache-2.0
"""What of a release's detections somebody may see and judge: the vendor's people by role, a visitor by a grant."""

from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.triage import queries as triage
from glasshouse.domain.triage.values import Scope
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Where:
    """A release, and the grant by which a visitor comes to it; the vendor's own people come without."""

    release: Uid
    grant: Uid | None = None


def scope_of(viewer: Viewer, where: Where, now: datetime) -> Scope:
    """Return what the viewer may see of a release: all of it to the vendor's, without a grant; else what one covers.

    Raises NotFoundError, and RefusedError where the viewer's own grant may not be used so, here and now.
    """
    if where.grant is None:
        return triage.whole(viewer, where.release)
    if viewer.is_vendor:
        raise NotFoundError
    room = queries.open_room(viewer, where.grant, where.release, Purpose.TOOLS, now=now)
    return Scope(room.release, room.terms.patterns, room.engagement)
