# SPDX-License-Identifier: Apache-2.0
"""What tools found: the vendor's readers see whole releases without code, visitors what their grant covers, with it.

A page under a grant was recorded and charged before it left. A fragment is the same detection beside its list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.detections import listing, overview, sights
from glasshouse.domain.detections.differing import Differing, differing
from glasshouse.domain.detections.narrowing import Narrowing, Which
from glasshouse.domain.detections.whole import Step, Whole, whole
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef, Window
from glasshouse.domain.scans import queries as scans
from glasshouse.domain.triage import queries as triage
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web import judged
from glasshouse.edges.web.detected import (
    STATES,
    Base,
    Drawn,
    changes_of,
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

_CHANGES: Final = (("came", _("came")), ("went", _("went")), ("unknown", _("unknown")), ("stayed", _("stayed")))
_ASKED = ("which", "severity", "rule", "cwe", "tool", "suppressed", "words", "folder", "judged")


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
    viewer, now = viewer_of(request), clock.now()
    sight, narrowing = sights.sight_of(viewer, Uid.parse(release)), narrowing_of(request)
    base = Base(sight.release.uid)
    labels = triage.labels(viewer, judged.scope_of(viewer, base, now), now)
    page = listing.page(sight, narrowing, after=_after(request), labels=labels)
    rows = sights.releases_of(viewer).filter(product__uid=sight.release.product.text).order_by("-pk")
    context = {
        "release": sight.release,
        "viewer": viewer,
        "compare": _others(base, [releases.ref(row) for row in rows]),
        **list_context(base, narrowing, page, None),
    }
    judged.list_context(viewer, base, narrowing, context, now)
    return render(request, "detections/list.html", context)


@require_safe
def under_grant(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show a visitor what tools found in a release, as far as their grant covers it."""
    viewer, narrowing, now = viewer_of(request), narrowing_of(request), clock.now()
    shown = commands.open_detections(
        viewer, Uid.parse(grant), Uid.parse(release), narrowing, now=now, after=_after(request)
    )
    base = Base(Uid.parse(release), Uid.parse(grant))
    pen = pen_of(request, shown.view, sum(len(row.message) for row in shown.page.rows))
    others = reversed(queries.granted(base.grant)) if base.grant else ()
    context = {
        "compare": _others(base, others),
        "room": "findings",
        **list_context(base, narrowing, shown.page, pen),
    }
    judged.list_context(viewer, base, narrowing, context, now)
    return page_of(request, "detections/list.html", shown.view, context)


@require_safe
def detection(request: HttpRequest, release: str, detection: str) -> HttpResponse:
    """Show a reader of the vendor one detection."""
    viewer = viewer_of(request)
    sight = sights.sight_of(viewer, Uid.parse(release))
    found = whole(sight, Uid.parse(detection), sights.of_product(viewer, sight.release.product))
    base = Base(sight.release.uid)
    context = {
        "release": sight.release,
        "viewer": viewer,
        "no_code": "no-grant",
        **_levels(request),
        **one_context(base, found, Shown({}, None, None)),
        "judged": judged.of_one(viewer, base, found.row.uid, clock.now()),
    }
    return render(request, _template(request), context)


@require_safe
def one_under_grant(request: HttpRequest, grant: str, release: str, detection: str) -> HttpResponse:
    """Show a visitor one detection beside its code."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    viewer, now = viewer_of(request), clock.now()
    shown = commands.open_detection(viewer, grant_uid, release_uid, Uid.parse(detection), now=now)
    pen = pen_of(request, shown.view, characters_of(shown.whole, shown.code))
    base = Base(release_uid, grant_uid)
    place = Place.of(grant_uid, release_uid) if Purpose.READ in shown.view.room.terms.purposes else None
    context = {
        "no_code": shown.no_code,
        "room": "findings",
        **_levels(request),
        **one_context(base, shown.whole, Shown(shown.code, place, pen)),
        "judged": judged.of_one(viewer, base, shown.whole.row.uid, now),
    }
    return page_of(request, _template(request), shown.view, context)


@require_safe
def since(request: HttpRequest, release: str, before: str) -> HttpResponse:
    """Show a reader of the vendor by rule what tools found in one of two releases and not in the other."""
    viewer = viewer_of(request)
    after, earlier = (sights.sight_of(viewer, Uid.parse(one)) for one in (release, before))
    found = differing(earlier, after)
    context = {"release": after.release, "before": earlier.release, **_differing(Base(after.release.uid), found)}
    return render(request, "detections/differing.html", context)


@require_safe
def since_under_grant(request: HttpRequest, grant: str, release: str, before: str) -> HttpResponse:
    """Show a visitor the same, as far as their grant covers both releases."""
    uids = Uid.parse(grant), Uid.parse(before), Uid.parse(release)
    shown = commands.open_differing(viewer_of(request), *uids, now=clock.now())
    base = Base(Uid.parse(release), Uid.parse(grant))
    context = {"before": shown.before, "room": "findings", **_differing(base, shown.differing)}
    return page_of(request, "detections/differing.html", shown.view, context)


def _differing(base: Base, found: Differing) -> dict[str, Any]:
    return {
        "base": base,
        "rules": changes_of(base, found),
        "totals": [(label, found.total(name)) for name, label in _CHANGES],
        "only_before": [unhidden(tool) for tool in found.only_before],
        "only_after": [unhidden(tool) for tool in found.only_after],
    }


def _others(base: Base, others: Iterable[ReleaseRef]) -> list[tuple[str, str]]:
    """Return the releases that this one can be compared with, the newest before it first."""
    return [(one.version, base.since(one.uid)) for one in others if one.uid != base.release]


def narrowing_of(request: HttpRequest) -> Narrowing:
    """Read what the address narrows a list to."""
    return Narrowing.parse({name: request.GET[name] for name in _ASKED if name in request.GET})


def _after(request: HttpRequest) -> Uid | None:
    return Uid.parse(request.GET["after"]) if request.GET.get("after") else None


def _levels(request: HttpRequest) -> dict[str, Any]:
    """Return the levels of the headings, which are one lower beside a list."""
    beside = is_fragment(request)
    return {"is_fragment": beside, "level": 2 if beside else 1, "sub": 3 if beside else 2}


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
        "run": scans.run_of(found.source.uid),
        "tool": (unhidden(found.source.tool), unhidden(found.source.version)),
    }


def _at(path: object, line: int) -> str:
    name = str(path) if path else ""
    return f"{name}:{line}" if name and line else name
