# SPDX-License-Identifier: Apache-2.0
"""What tools found: the vendor's readers see whole releases without code, visitors what their grant covers, with it.

A page under a grant was recorded and charged before it left. A fragment is the same detection beside its list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.detections import listing, overview, sights
from glasshouse.domain.detections.narrowing import Narrowing, Which
from glasshouse.domain.detections.whole import Step, Whole, whole
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.releases.values import Window
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.detected import (
    STATES,
    Base,
    Drawn,
    characters_of,
    item_of,
    sides_of,
    tabs_of,
    told_of,
    words_of,
)
from glasshouse.edges.web.drawing import Pen
from glasshouse.edges.web.places import Place
from glasshouse.edges.web.showing import page_of, pen_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import unhidden

_ASKED = ("which", "severity", "rule", "cwe", "tool", "suppressed", "words", "folder")


@require_safe
def detections(request: HttpRequest) -> HttpResponse:
    """Show of which releases the viewer reads what tools found."""
    viewer = viewer_of(request)
    desk = [one for one in queries.desk(viewer, clock.now()) if Purpose.TOOLS in one.purposes]
    context = {
        "viewer": viewer,
        "reads": sights.may_read(viewer),
        "releases": [(one, [unhidden(tool) for tool in one.tools]) for one in overview.releases_of(viewer)],
        "desk": desk,
    }
    return render(request, "detections/releases.html", context)


@require_safe
def of_release(request: HttpRequest, release: str) -> HttpResponse:
    """Show a reader of the vendor what tools found in a release."""
    viewer = viewer_of(request)
    sight, narrowing = sights.sight_of(viewer, Uid.parse(release)), narrowing_of(request)
    page = listing.page(sight, narrowing, after=_after(request))
    base = Base(sight.release.uid)
    context = {"release": sight.release, "viewer": viewer, **list_context(base, narrowing, page, None)}
    return render(request, "detections/list.html", context)


@require_safe
def under_grant(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show a visitor what tools found in a release, as far as their grant covers it."""
    narrowing = narrowing_of(request)
    shown = commands.open_detections(
        viewer_of(request), Uid.parse(grant), Uid.parse(release), narrowing, now=clock.now(), after=_after(request)
    )
    base = Base(Uid.parse(release), Uid.parse(grant))
    pen = pen_of(request, shown.view, sum(len(row.message) for row in shown.page.rows))
    context = {**list_context(base, narrowing, shown.page, pen), "room": "findings"}
    return page_of(request, "detections/list.html", shown.view, context)


@require_safe
def detection(request: HttpRequest, release: str, detection: str) -> HttpResponse:
    """Show a reader of the vendor one detection."""
    viewer = viewer_of(request)
    sight = sights.sight_of(viewer, Uid.parse(release))
    every = [Uid(row.uid) for row in sights.releases_of(viewer).filter(product__uid=sight.release.product.text)]
    found = whole(sight, Uid.parse(detection), every)
    context = {
        "release": sight.release,
        "viewer": viewer,
        "no_code": "no-grant",
        **one_context(Base(sight.release.uid), found, Shown({}, None, None)),
    }
    return render(request, _template(request), context)


@require_safe
def one_under_grant(request: HttpRequest, grant: str, release: str, detection: str) -> HttpResponse:
    """Show a visitor one detection beside its code."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    shown = commands.open_detection(viewer_of(request), grant_uid, release_uid, Uid.parse(detection), now=clock.now())
    pen = pen_of(request, shown.view, characters_of(shown.whole, shown.code))
    place = Place.of(grant_uid, release_uid) if Purpose.READ in shown.view.room.terms.purposes else None
    context = {
        "no_code": shown.no_code,
        "is_fragment": is_fragment(request),
        "room": "findings",
        **one_context(Base(release_uid, grant_uid), shown.whole, Shown(shown.code, place, pen)),
    }
    return page_of(request, _template(request), shown.view, context)


def narrowing_of(request: HttpRequest) -> Narrowing:
    """Read what the address narrows a list to."""
    return Narrowing.parse({name: request.GET[name] for name in _ASKED if name in request.GET})


def _after(request: HttpRequest) -> Uid | None:
    return Uid.parse(request.GET["after"]) if request.GET.get("after") else None


def _template(request: HttpRequest) -> str:
    return "detections/one.html" if is_fragment(request) else "detections/detection.html"


def list_context(base: Base, narrowing: Narrowing, page: listing.Page, pen: Pen | None) -> dict[str, Any]:
    """Return what a list of detections says."""
    facets = page.facets
    return {
        "base": base,
        "items": [item_of(row, base, pen, number) for number, row in enumerate(page.rows)],
        "tabs": tabs_of(base, narrowing, facets),
        "sides": sides_of(base, narrowing, facets),
        "told": told_of(base, narrowing, facets),
        "narrowing": narrowing,
        "kept": [(name, value) for name, value in narrowing.told().items() if name not in ("words", "folder")],
        "total": facets.total,
        "unknown": facets.which[Which.UNKNOWN] if narrowing.which is not Which.UNKNOWN else 0,
        "unknown_url": base.narrowed(narrowing.without("which"), which=Which.UNKNOWN.value),
        "after_url": base.narrowed(narrowing, after=page.after.text) if page.after else "",
        "all_url": base.address,
        "reports": [(unhidden(one.tool), unhidden(one.version), one) for one in page.reports],
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """The code of a detection as far as it is shown, where its files open, and what draws it."""

    code: Mapping[Step, Window]
    place: Place | None
    pen: Pen | None


def one_context(base: Base, found: Whole, shown: Shown) -> dict[str, Any]:
    """Return what the page of a detection says."""
    drawn = Drawn(shown.code, shown.place, shown.pen)
    return {
        "base": base,
        "found": found,
        "item": item_of(found.row, base, shown.pen),
        "message": words_of(found.row.message, shown.pen, 0),
        "help": unhidden(found.help),
        "help_uri": found.row.rule.help_uri if found.row.rule.help_uri.startswith("https://") else "",
        "summary": unhidden(found.row.rule.summary),
        "component": unhidden(found.row.rule.component),
        "severity_raw": unhidden(found.severity_raw),
        "stop": drawn.stop(found.place),
        "others": [drawn.stop(one) for one in found.others],
        "routes": [drawn.route(one) for one in found.ways],
        "suppressions": [(one.kind.value, one.status.value, unhidden(one.justification)) for one in found.suppressions],
        "history": [
            (one, STATES[one.state.value], unhidden(one.version), _at(one.path, one.line)) for one in found.history
        ],
        "neighbours": [item_of(row, base, shown.pen) for row in found.neighbours],
        "tool": (unhidden(found.source.tool), unhidden(found.source.version)),
    }


def _at(path: object, line: int) -> str:
    name = str(path) if path else ""
    return f"{name}:{line}" if name and line else name
