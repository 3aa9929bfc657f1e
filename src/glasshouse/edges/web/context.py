# SPDX-License-Identifier: Apache-2.0
"""What every page needs around its content."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.access import queries as access
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.findings.rules import READING
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.scans.rules import sees_all
from glasshouse.domain.sites.rules import ARRANGERS
from glasshouse.domain.threads.rules import ANSWERING
from glasshouse.edges.http.machines import is_workstation
from glasshouse.edges.http.viewer import viewer_or_none
from glasshouse.edges.web import ledger
from glasshouse.edges.web.look import Look

ROOMS: Final = (
    (_("Home"), "home"),
    (_("Reading room"), "reading-room"),
    (_("Search"), "searches"),
    (_("Changes"), "changes"),
    (_("Engagements"), "engagements"),
    (_("Notes"), "notes"),
    (_("Questions"), "questions"),
    (_("Findings"), "findings"),
    (_("Scans"), "scans"),
    (_("Sites"), "sites"),
    (_("My record"), "record"),
)
"""The top bar, in order, by the route of each room's first page; a room without a page does not stand in it."""
HELD: Final = frozenset({"searches"})
"""Rooms that stand in the top bar of those alone who hold a grant, ended ones included, because they say so."""

SHOWN: Final = frozenset({"reading-room", "changes"})
"""Rooms that stand in the top bar of visitors, and of those of the vendor alone who hold a grant."""

ARRANGED: Final = frozenset({"sites"})
"""Rooms that stand in the top bar of those alone who arrange visits; visitors come to them from home."""

OWN: Final = frozenset({"notes"})
"""Rooms that stand in the top bar of visitors alone."""

ALSO: Final = (
    ("/brought/", "engagements"),
    ("/coverage/", "reading-room"),
    ("/detections/", "findings"),
    ("/measures/", "scans"),
    ("/requests/", "engagements"),
)
"""Beginnings of addresses that lie in a room without standing below its first page."""


@dataclass(frozen=True, slots=True)
class Room:
    """A link of the top bar."""

    label: Any
    name: str
    url: str


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values; those that cost something are looked up when a template asks."""
    return {
        "lab": settings.GLASSHOUSE,
        "rooms": SimpleLazyObject(lambda: rooms_of(request)),
        "room": room_of(request.path),
        "is_workstation": is_workstation(request),
        "me": SimpleLazyObject(lambda: viewer_or_none(request)),
        "unseen": SimpleLazyObject(lambda: unseen(request)),
        "look": Look.of(request),
        "ledger": SimpleLazyObject(ledger.facts),
        "zone": SimpleLazyObject(zone),
        "keys_dialog": SimpleLazyObject(lambda: keys_dialog(get_language())),
        "here": request.path,
    }


@cache
def keys_dialog(language: str | None) -> SafeString:
    """Return the dialog of all keys: the same on every page, so it is rendered once for each language."""
    del language  # it only tells the renderings apart
    return render_to_string("parts/keys_dialog.html")


@cache
def rooms() -> tuple[Room, ...]:
    """Return the rooms that have a page."""
    found = []
    for label, name in ROOMS:
        try:
            found.append(Room(label, name, reverse(name)))
        except NoReverseMatch:
            continue
    return tuple(found)


def rooms_of(request: HttpRequest) -> tuple[Room, ...]:
    """Return the rooms of the top bar for whoever asks: who never held a grant has nothing to search."""
    viewer = viewer_or_none(request)
    return rooms_for(viewer, holds=viewer is not None and access.grants_of(viewer).exists())


def rooms_for(viewer: Viewer | None, *, holds: bool) -> tuple[Room, ...]:
    """Return the rooms of the top bar for a viewer who holds a grant, or holds none."""
    left_out: frozenset[str] = frozenset() if holds else HELD
    if viewer is None or not viewer.is_vendor or not viewer.may_act_as(*ARRANGERS):
        left_out |= ARRANGED
    if viewer is None or viewer.is_vendor:
        left_out |= OWN
    if viewer is not None and viewer.is_vendor:
        left_out |= SHOWN if not holds else frozenset()
        left_out |= {"engagements"} if not engagements.sees_all(viewer) and not holds else frozenset()
        left_out |= {"questions"} if not viewer.may_act_as(*ANSWERING) else frozenset()
        left_out |= {"findings"} if not viewer.may_act_as(*READING) else frozenset()
    if not holds and (viewer is None or not sees_all(viewer)):
        left_out |= {"scans"}
    return tuple(room for room in rooms() if room.name not in left_out)


def unseen(request: HttpRequest) -> int:
    """Return how many notices wait for whoever asks."""
    viewer = viewer_or_none(request)
    return notices.unseen(viewer) if viewer else 0


def room_of(path: str) -> str:
    """Name the room that a path lies in. A view whose page lies elsewhere says `room` in its own context."""
    for beginning, name in ALSO:
        if path.startswith(beginning):
            return name
    inside = [room for room in rooms() if path == room.url or (room.url != "/" and path.startswith(room.url))]
    return max(inside, key=lambda room: len(room.url)).name if inside else ""


def zone() -> str:
    """Name the lab's time zone once per page, as its distance from UTC."""
    offset = timezone.localtime().strftime("%z")
    hours, minutes = int(offset[1:3]), offset[3:]
    return "UTC" if offset[1:] == "0000" else f"UTC{offset[0]}{hours}{':' + minutes if minutes != '00' else ''}"
