# SPDX-License-Identifier: Apache-2.0
"""What every page that shows source carries: its seal, its promise, whose it is, and what is left of the budgets."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from glasshouse.domain.access.values import Balance, Spent
from glasshouse.domain.readingroom.values import View
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.context import rooms
from glasshouse.edges.web.places import Place

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
        "limits": limits_html(view.balance),
        "event": view.recorded.uid.text,
        "number": view.recorded.number,
        "room": "reading-room",
        "rooms": rooms(),  # whoever is shown source holds a grant
    }
    response = render(request, template, {**shared, **context})
    response[PROMISE] = view.promise.header
    return response
