# SPDX-License-Identifier: Apache-2.0
"""What was read of a release, as a map and as a table; what is risky and unread comes first."""

from dataclasses import dataclass
from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.coverage import READING_LIST, Coverage, Part, Share, ToRead, Whose
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.places import Place
from glasshouse.edges.web.showing import page_of
from glasshouse.edges.web.treemap import MOST, Cell, drawn
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

_MAPS: Final = (("wide", 860, 300), ("narrow", 384, 420))
_STEPS: Final = (20.0, 40.0, 60.0, 80.0)
_FIRST_ROWS: Final = 10
"""How much of the reading list is open on a page that is about the whole; the rest of it is folded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A file or folder of the table; `areas` are the titles of its risky areas."""

    part: Part
    url: str
    percent: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Next:
    """A file of the reading list, with the address of its first unread line."""

    item: ToRead
    url: str
    areas: tuple[str, ...]


@require_safe
def coverages(request: HttpRequest) -> HttpResponse:
    """Show of which releases the viewer may look up what they have read."""
    found = queries.desk(viewer_of(request), clock.now())
    return render(request, "reading/coverage_list.html", {"desk": found})


@require_safe
def coverage(request: HttpRequest, grant: str, release: str, path: str = "") -> HttpResponse:
    """Show how much of a release was read, with one folder opened."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    inside = TreePath.parse(path) if path else None
    first = Span.parse(request.GET["from"]).first - 1 if "from" in request.GET else 0
    whose = _whose(request)
    shown = commands.open_coverage(
        viewer_of(request), grant_uid, release_uid, inside, now=clock.now(), whose=whose, first=first
    )
    found, place = shown.coverage, Place.of(grant_uid, release_uid)
    titles = {one.area.slug: one.area.title for one in found.areas}
    query = "" if whose is Whose.OWN else f"?whose={whose.value}"
    rows = [
        Row(
            part,
            f"{place.coverage(part.path)}{query}" if part.is_folder else place.file(part.path),
            percent_text(part.share),
            tuple(titles[slug] for slug in part.areas),
        )
        for part in found.parts
    ]
    to_read = [
        Next(one, f"{place.file(one.path)}?from={one.line}", tuple(titles[slug] for slug in one.areas))
        for one in found.to_read
    ]
    context = {
        "found": found,
        "whose": whose,
        "runs_tools": Purpose.TOOLS in shown.view.room.terms.purposes,
        "people": shown.people,
        "rows": rows,
        "maps": _maps(found, rows) if found.here.lines else (),
        "areas": [(one, percent_text(one.share)) for one in found.areas],
        "whole_percent": percent_text(found.whole),
        "here_percent": percent_text(found.here),
        "to_read": to_read if "from" in request.GET else to_read[:_FIRST_ROWS],
        "folded": () if "from" in request.GET else to_read[_FIRST_ROWS:],
        "first": first,
        "last": first + len(found.to_read),
        "more": first + READING_LIST < found.to_read_total,
        "query": query,
        "tabs": [
            (_("Mine"), place.coverage(inside), whose is Whose.OWN),
            (_("The engagement's"), f"{place.coverage(inside)}?whose=engagement", whose is Whose.ENGAGEMENT),
        ],
        "steps": [(step.name, f"{place.coverage(step)}{query}") for step in _above(inside)],
        "top_url": f"{place.coverage(None)}{query}",
    }
    return page_of(request, "reading/coverage.html", shown.view, context)


def percent_text(share: Share) -> str:
    """Write how much was read: a dash where there is nothing to read, never all or none of what is neither."""
    percent = share.percent
    if percent is None:
        return "\u2013"
    return f"{percent:.0f} %" if percent in {0, 100} else f"{percent:.1f} %"


def _whose(request: HttpRequest) -> Whose:
    try:
        return Whose(request.GET.get("whose", Whose.OWN))
    except ValueError as error:
        raise InvalidError("Coverage is your own or the engagement's.") from error


def _above(inside: TreePath | None) -> list[TreePath]:
    return [*inside.ancestors, inside] if inside else []


def _maps(found: Coverage, rows: list[Row]) -> list[tuple[str, str]]:
    ordered = sorted((row for row in rows if row.part.share.lines), key=lambda row: -row.part.share.lines)
    cells = [_cell(row) for row in ordered[: MOST - 1]]
    small = ordered[MOST - 1 :]
    if small:
        weight = sum(row.part.share.lines for row in small)
        label = _("%(count)s smaller ones") % {"count": intcomma(len(small))}
        read = sum(row.part.share.read for row in small)
        cells.append(Cell(weight, label, f"{label}, {_said(read, weight)}", "", _fill(Share(0, weight, read, 0))))
    title = _("What was read of %(what)s; area is lines") % {"what": found.folder or _("the release")}
    return [(name, drawn(cells, f"map-{name}", title, width=width, height=height)) for name, width, height in _MAPS]


def _cell(row: Row) -> Cell:
    share = row.part.share
    return Cell(
        weight=share.lines,
        label=row.part.path.name,
        said=f"{row.part.path}, {_said(share.read, share.lines)}",
        url=row.url,
        fill=_fill(share),
        is_risky=bool(row.part.areas) and share.read < share.lines,
    )


def _said(read: int, lines: int) -> str:
    return _("%(read)s of %(lines)s lines read") % {"read": intcomma(read), "lines": intcomma(lines)}


def _fill(share: Share) -> str:
    """Return the step of the one hue that a share has; what nobody read has none and is hatched."""
    percent = share.percent
    return f"f-{1 + sum(percent > step for step in _STEPS)}" if percent else ""
