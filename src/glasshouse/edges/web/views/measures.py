# SPDX-License-Identifier: Apache-2.0
"""Engineering quality of a release in numbers: tables, and plots over folders and releases that say the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glasshouse.domain.measures import queries
from glasshouse.domain.measures.values import MIN_TOKENS, Calls, Figures, Part, Point, Shadow, Sum
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.places import quoted
from glasshouse.edges.web.plots import Bar, Dot, bars, line
from glasshouse.edges.web.showing import page_of
from glasshouse.edges.web.views.scans import Where
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

_BARS: Final = 10
_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A file or folder of the table."""

    part: Part
    url: str
    unsafe: str
    duplicated: str


@dataclass(frozen=True, slots=True)
class Over:
    """A release of the table of releases; without a sum it was not measured."""

    point: Point
    unsafe: str
    duplicated: str


@require_safe
def of_release(request: HttpRequest, release: str, path: str = "") -> HttpResponse:
    """Show the measures of a whole release to the vendor's own, with one folder opened."""
    found = queries.release(viewer_of(request), Uid.parse(release))
    figures = queries.figures(found, folder=TreePath.parse(path) if path else None)
    points = queries.over_releases(queries.siblings(found))
    where = Where(found)
    shadows = figures.shadows[: readingroom.MOST_SHADOWS] if not path else ()
    context = _context(where, figures, points, shadows)
    return render(request, "measures/release.html", {**context, "release": found})


@require_safe
def under_grant(request: HttpRequest, grant: str, release: str, path: str = "") -> HttpResponse:
    """Show the measures of what the viewer's own grant covers, recorded."""
    grant_uid = Uid.parse(grant)
    shown = readingroom.open_measures(
        viewer_of(request), grant_uid, Uid.parse(release), TreePath.parse(path) if path else None, now=clock.now()
    )
    where = Where(shown.figures.release, grant_uid)
    context = _context(where, shown.figures, shown.points, shown.shadows)
    return page_of(request, "measures/release.html", shown.view, {**context, "room": "scans"})


def percent(share: float | None) -> str:
    """Write a share: a dash where there is nothing to share, never all or none of what is neither."""
    if share is None:
        return "\u2013"
    if share in {0.0, 1.0}:
        return f"{100 * share:.0f} %"
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def _context(where: Where, found: Figures, points: Sequence[Point], shadows: Sequence[Shadow]) -> dict[str, Any]:
    rows = [
        Row(
            part,
            _at(where, part.path) if part.is_folder else "",
            percent(part.sum.calls.unsafe_share),
            percent(part.sum.duplicated_share),
        )
        for part in found.parts
    ]
    return {
        "where": where,
        "found": found,
        "rows": rows,
        "families": [(family, one, percent(one.unsafe_share)) for family, one in found.here.families.items()],
        "uncalled": [family.value for family, one in found.here.families.items() if not one.total],
        "every": (found.here.calls, percent(found.here.calls.unsafe_share)),
        "duplicated": percent(found.here.duplicated_share),
        "protections": [
            (one, one.on[:_PLACES], one.off[:_PLACES], max(0, len(one.on) - _PLACES) + max(0, len(one.off) - _PLACES))
            for one in found.protections
        ],
        "shadows": [(one, _lines(where, one)) for one in shadows],
        "more_shadows": len(found.shadows) - len(shadows),
        "steps": [
            (one.name, _at(where, one)) for one in ((*found.folder.ancestors, found.folder) if found.folder else ())
        ],
        "top_url": where.measures,
        "bars": _bars(rows),
        "over": [Over(one, *_shares(one.sum)) for one in points],
        "plots": _plots(points),
        "least": MIN_TOKENS,
    }


def _above(folder: TreePath | None) -> list[TreePath]:
    return [*folder.ancestors, folder] if folder else []


def _at(where: Where, path: TreePath) -> str:
    return f"{where.measures}{'/' if where.grant else 'folder/'}{quoted(path)}"


def _lines(where: Where, shadow: Shadow) -> str:
    """Return the address of the line that defines a name, where a grant may show it."""
    if where.grant is None:
        return ""
    base = reverse("release", args=[where.grant.text, where.release.uid.text])
    return f"{base}file/{quoted(shadow.path)}?from={shadow.line}"


def _bars(rows: Sequence[Row]) -> SafeString | None:
    ordered = sorted((row for row in rows if row.part.sum.calls.total), key=_weight)[:_BARS]
    if not ordered:
        return None
    drawn = [
        Bar(
            row.part.path.name + ("/" if row.part.is_folder else ""),
            _fills(row.part.sum.calls),
            _said(row.part.sum.calls),
            row.url,
        )
        for row in ordered
    ]
    return bars(drawn, _("Calls that copy, by what is known of the target's size"))


def _weight(row: Row) -> tuple[int, int, bytes]:
    calls = row.part.sum.calls
    return -(calls.unsafe + calls.either), -calls.total, row.part.path.raw


def _fills(calls: Calls) -> list[tuple[float, str]]:
    return [(calls.unsafe, "f-fail"), (calls.either, "f-lapse"), (calls.safe, "f-act")]


def _said(calls: Calls) -> str:
    return _("%(unsafe)s unsafe, %(either)s of either kind, %(safe)s safe") % {
        "unsafe": intcomma(calls.unsafe),
        "either": intcomma(calls.either),
        "safe": intcomma(calls.safe),
    }


def _shares(found: Sum | None) -> tuple[str, str]:
    return (percent(found.calls.unsafe_share), percent(found.duplicated_share)) if found else ("", "")


def _plots(points: Sequence[Point]) -> list[tuple[str, SafeString]]:
    """Return the three lines over releases, each with its title."""
    shares: list[tuple[str, Callable[[Sum], float | None]]] = [
        (_("Unsafe calls, of all that copy"), lambda one: one.calls.unsafe_share),
        (_("Duplicated lines, of all with code"), lambda one: one.duplicated_share),
    ]
    drawn = []
    for title, value in shares:
        dots = [_dot(one, value) for one in points]
        most = max((dot.value for dot in dots if dot.value), default=0.0)
        top = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if most <= step)
        drawn.append((title, line(dots, title, f"{100 * top:.0f} %", top)))
    title = _("Silenced warnings")
    counts = [
        Dot(one.release.version, float(one.sum.silenced_total), intcomma(one.sum.silenced_total))
        if one.sum
        else Dot(one.release.version, None, _("not measured"))
        for one in points
    ]
    highest = max((int(dot.value) for dot in counts if dot.value), default=0)
    return [*drawn, (title, line(counts, title, intcomma(highest or 1), float(highest or 1)))]


def _dot(point: Point, value: Callable[[Sum], float | None]) -> Dot:
    if point.sum is None:
        return Dot(point.release.version, None, _("not measured"))
    share = value(point.sum)
    return Dot(point.release.version, share, percent(share))
