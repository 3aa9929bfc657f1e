# SPDX-License-Identifier: Apache-2.0
"""One's own conclusions, seen from a release: which stand, which lapsed, and by which lines."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases.reliances import Standing
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.places import Comparison, Place
from glasshouse.edges.web.showing import page_of
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True)
class Row:
    """A conclusion as the page tells it; `state` is a kind of mark, `difference` leads to what changed."""

    subject: Uid
    name: str
    lines: str
    base: ReleaseRef
    url: str
    state: str
    said: str
    why: str
    difference: str
    now: str


@require_http_methods(["GET", "HEAD", "POST"])
def conclusions(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show the viewer's conclusions; by POST, keep that they read `path`, or take back the mark `withdraw`."""
    grant_uid, release_uid = Uid.parse(grant), Uid.parse(release)
    if request.method == "POST":
        return _changed(request, grant_uid, release_uid)
    shown = commands.open_conclusions(viewer_of(request), grant_uid, release_uid, now=clock.now())
    rows = [_row(one, shown.bases[one.release], shown.view.room.release, grant_uid) for one in shown.standings]
    counts = [
        (kind, said, sum(row.state == kind for row in rows))
        for kind, said in (("lapsed", _("Lapsed")), ("pass", _("Stand")), ("missing", _("Not judged yet")))
    ]
    context = {"rows": sorted(rows, key=lambda row: row.state != "lapsed"), "counts": counts, "room": "coverages"}
    return page_of(request, "reading/conclusions.html", shown.view, context)


@require_safe
def newest(request: HttpRequest, release: str) -> HttpResponse:
    """Go to the viewer's conclusions seen from a release, under the newest of their open grants that names it."""
    viewer, seen_from = viewer_of(request), Uid.parse(release)
    grant = access.newest_naming(viewer, seen_from, clock.now())
    return redirect(Place.of(Uid(grant.uid), seen_from).conclusions)


def _changed(request: HttpRequest, grant: Uid, release: Uid) -> HttpResponse:
    viewer, now = viewer_of(request), clock.now()
    if "withdraw" in request.POST:
        commands.withdraw_mark(viewer, Uid.parse(request.POST["withdraw"]), now=now)
    elif "path" in request.POST:
        lines = request.POST.get("lines", "").strip()
        span = Span.parse(lines) if lines else None
        commands.mark_read(viewer, grant, release, TreePath.parse(request.POST["path"]), now=now, span=span)
    else:
        raise NotFoundError
    return redirect(Place.of(grant, release).conclusions)


def _row(one: Standing, base: ReleaseRef, seen_from: ReleaseRef, grant: Uid) -> Row:
    ground, verdict = one.ground, one.verdict
    path, lines = ground.path, str(ground.span or "")
    then = Place.of(grant, base.uid)
    state, said, why, difference, now = "missing", _("Not judged yet"), "", "", ""
    if verdict is not None:
        state = "lapsed" if verdict.outcome == "lapsed" else "pass"
        said = {
            "stands": _("Stands"),
            "moved": _("Stands, elsewhere"),
            "lapsed": _("Lapsed"),
        }[verdict.outcome]
        why = _why(verdict.reason, verdict.lines)
        to = verdict.now.path if verdict.now else None
        if verdict.outcome == "moved" and verdict.now is not None:
            now = f"{to}:{verdict.now.span}" if verdict.now.span else str(to)
        if path is not None and to is not None and verdict.reason == "changed":
            difference = Comparison.of(grant, base.uid, seen_from.uid).file(to, path)
        elif path is None and verdict.outcome == "lapsed":
            difference = Comparison.of(grant, base.uid, seen_from.uid).base
    url = then.base if path is None else then.file(path) + (f"?lines={lines}" if lines else "")
    return Row(one.subject, str(path or base), lines, base, url, state, said, why, difference, now)


def _why(reason: str, lines: int) -> str:
    """Say why a conclusion lapsed, with the number of lines where that is known."""
    if reason == "changed":
        return _("%(lines)s lines differ") % {"lines": f"{lines:,}"} if lines != 1 else _("1 line differs")
    return {
        "removed": _("the file is gone"),
        "release": _("the release is another one"),
        "not-compared": _("the file changed, and cannot be compared by lines"),
    }.get(reason, "")
