# SPDX-License-Identifier: Apache-2.0
"""What every page that shows source carries: its seal, its promise, whose it is, and what is left of the budgets."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from glasshouse.domain.access.values import Balance, Spent
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.values import View
from glasshouse.domain.releases import queries as releases_queries
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.edges.http.headers import allow_pictures
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.context import rooms_for
from glasshouse.edges.web.drawing import Pen
from glasshouse.edges.web.manners import manners
from glasshouse.edges.web.places import Place
from glasshouse.edges.web.stamp import Stamps, Whose

PROMISE: Final = "Glasshouse-Promise"
"""The header that carries the web's key and its signature over the entry's commitment, both in base64."""
_NEAR: Final = 0.9


def limits_html(balance: Balance) -> SafeString:
    """Return the three budgets that a reader meets while reading, as the context bar shows them."""
    named = (
        (_("Lines this hour"), balance.hour),
        (_("Today"), balance.day),
        (_("This visit"), balance.visit),
    )
    return mark_safe(f'<dl class="limits">{"".join(_limit(*one) for one in named)}</dl>')  # noqa: S308 -- escaped below


def _limit(label: str, spent: Spent) -> str:
    near = ' class="near"' if spent.used >= spent.limit * _NEAR else ""
    said = escape(label)
    return (
        f"<div><dt>{said}</dt><dd>{spent.used:,} / {spent.limit:,} "
        f'<progress{near} aria-label="{said}" value="{spent.used}" max="{spent.limit}"></progress></dd></div>'
    )


def _whose(viewer: Viewer, view: View) -> Whose:
    room = view.room
    visit = room.visit.number if room.visit else None
    return Whose(viewer.name, viewer.organisation_name, room.engagement_label, visit, view.at, view.recorded.number)


def _stamps(viewer: Viewer, view: View) -> Stamps:
    event = view.recorded.uid.text
    return Stamps(reverse("watermark", args=[event]), event, _whose(viewer, view).lines)


def pen_of(request: HttpRequest, view: View, characters: int, *, wrap: int = 0) -> Pen | None:
    """Return what draws the lines of a showing, None where they stand as text. The page may then hold pictures."""
    if not view.room.as_pictures:
        return None
    allow_pictures(request)
    return Pen(" \u00b7 ".join(_whose(viewer_of(request), view).lines), characters, wrap)


def prepare(request: HttpRequest, releases: Sequence[ReleaseRef]) -> None:
    """Let the page hold pictures where its product is shown in them: found lines come into it by themselves."""
    if releases and releases_queries.reading_of(releases[0].product).in_pictures:
        allow_pictures(request)


def page_of(request: HttpRequest, template: str, view: View, context: Mapping[str, Any]) -> HttpResponse:
    """Render a showing that is recorded, with its promise."""
    viewer, room = viewer_of(request), view.room
    shared = {
        "view": view,
        "viewer": viewer,
        "engagement": room.engagement_label,
        "visit": room.visit,
        "release": room.release,
        "place": Place.of(room.grant, room.release.uid),
        "still": reverse("still", args=[room.grant.text, room.release.uid.text]),
        "limits": limits_html(view.balance),
        "event": view.recorded.uid.text,
        "number": view.recorded.number,
        "stamps": _stamps(viewer, view),
        **manners(room),
        "room": "reading-room",
        "unseen": 0,  # a page of source costs no look into the inbox
        "rooms": rooms_for(viewer, holds=True),  # whoever is shown source does
    }
    response = render(request, template, {**shared, **context})
    response[PROMISE] = view.promise.header
    return response
