# SPDX-License-Identifier: Apache-2.0
"""Questions about notices: everybody asks for their own."""

from django.db.models import QuerySet

from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def inbox(viewer: Viewer) -> QuerySet[Notice]:
    """Return the viewer's notices, newest first, seen ones too."""
    return Notice.objects.filter(person_id=viewer.row).order_by("-at", "-pk")


def unseen_of(viewer: Viewer) -> QuerySet[Notice]:
    """Return the viewer's notices that they have not seen, newest first."""
    return inbox(viewer).filter(seen_at=None)


def unseen(viewer: Viewer) -> int:
    """Return how many of the viewer's notices they have not seen."""
    return unseen_of(viewer).count()


def notice(viewer: Viewer, uid: Uid) -> Notice:
    """Return one of the viewer's own notices."""
    found = inbox(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found
