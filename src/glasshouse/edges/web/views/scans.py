# SPDX-License-Identifier: Apache-2.0
"""Scans: what is asked of the tools, how far they are, and what they could not look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.admissions import queries as admissions
from glasshouse.domain.admissions.values import Told as Brought
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom import queries as reading
from glasshouse.domain.readingroom.values import Room
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import commands, overview, queries
from glasshouse.domain.scans.overview import Gaps, RunSeen, ScanSeen
from glasshouse.domain.scans.progress import FAILED, Mark
from glasshouse.domain.scans.rules import may_stop, sees_all
from glasshouse.domain.scans.tools.errors import ToolUnknownError
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.showing import page_of
from glasshouse.edges.web.strips import LOOKS, legend, strip
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span

_FASTEST: Final = 2.0
"""Seconds after which a page of a scan under way asks again."""


@dataclass(frozen=True, slots=True)
class Where:
    """The addresses of a release's scans: the vendor's own, or those under one grant."""

    release: ReleaseRef
    grant: Uid | None = None

    @property
    def scans(self) -> str:
        """Return the address of the release's scans."""
        return self._at("scans-of", "scans-under")

    @property
    def detections(self) -> str:
        """Return the address of what tools found."""
        if self.grant is not None:
            return f"{reverse('release', args=[self.grant.text, self.release.uid.text])}detections/"
        return f"/detections/{self.release.uid}/"

    @property
    def measures(self) -> str:
        """Return the address of the release's measures."""
        return self._at("measures-of", "measures-under")

    def run(self, uid: Uid) -> str:
        """Return the address of a scan."""
        return self._at("scan", "scan-under", uid.text)

    def stop(self, uid: Uid) -> str:
        """Return the address at which a scan is stopped."""
        return self._at("scan-stop", "scan-stop-under", uid.text)

    def files(self, uid: Uid) -> str:
        """Return the address of files that were not analysed, where they have one of their own."""
        return self._at("scan", "scan-files-under", uid.text)

    def _at(self, own: str, granted: str, *more: str) -> str:
        release = self.release.uid.text
        if self.grant is None:
            return reverse(own, args=[release, *more])
        return reverse(granted, args=[self.grant.text, release, *more])


@dataclass(frozen=True, slots=True)
class ToolRow:
    """A tool of a scan as the page's table has it."""

    seen: RunSeen
    picture: str
    done: int
    files: int
    cached: int
    failed: int
    skipped: int
    left_out: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A release in the list of those that may be scanned, with its newest scan."""

    release: ReleaseRef
    where: Where
    newest: ScanSeen | None


@require_safe
def scans(request: HttpRequest) -> HttpResponse:
    """Show the releases whose scans the viewer may see, each with its newest."""
    viewer = viewer_of(request)
    own = [_listed(releases.ref(row), None) for row in queries.releases_of(viewer)]
    desk = reading.desk(viewer, clock.now())
    granted = [
        (found, [_listed(releases.ref(row), Uid(found.grant.uid)) for row in found.releases])
        for found in desk
        if Purpose.TOOLS in found.purposes
    ]
    context = {"own": own, "granted": granted, "sees_all": sees_all(viewer), "holds": bool(desk)}
    return render(request, "scans/list.html", context)


@require_http_methods(["GET", "POST"])
def release_scans(request: HttpRequest, release: str) -> HttpResponse:
    """Show a release's scans, and ask for another."""
    viewer = viewer_of(request)
    where = Where(releases.ref(queries.release(viewer, Uid.parse(release))))
    found = overview.scans_of(where.release)
    if request.method == "POST":
        return _started(
            request,
            where,
            found,
            lambda wanted: commands.start(viewer, where.release.uid, wanted, now=clock.now()).scan.uid,
        )
    return _release_page(request, where, found)


@require_safe
def run(request: HttpRequest, release: str, scan: str) -> HttpResponse:
    """Show how far a scan is, or what it came to."""
    viewer = viewer_of(request)
    where = Where(releases.ref(queries.release(viewer, Uid.parse(release))))
    found = overview.scan_of(where.release, Uid.parse(scan))
    seen = overview.seen(found, where.release)
    if _asks_again(request) and not seen.is_live:
        return _loaded_anew()
    gaps = overview.gaps(found, where.release, first=_first(request))
    return render(request, "scans/run.html", _run_context(viewer, where, seen, gaps))


@require_POST
def stop(request: HttpRequest, release: str, scan: str) -> HttpResponse:
    """Stop a scan."""
    viewer = viewer_of(request)
    where = Where(releases.ref(queries.release(viewer, Uid.parse(release))))
    found = Uid(overview.scan_of(where.release, Uid.parse(scan)).uid)
    commands.stop(viewer, found, now=clock.now())
    return redirect(where.run(found))


@require_http_methods(["GET", "POST"])
def granted_scans(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Show a release's scans under the viewer's own grant, and ask for another."""
    viewer, grant_uid, release_uid = viewer_of(request), Uid.parse(grant), Uid.parse(release)
    room = readingroom.scans_room(viewer, grant_uid, release_uid, now=clock.now())
    where = Where(room.release, grant_uid)
    found = overview.scans_of(room.release, room.terms.patterns, readingroom.parties_of(viewer))
    if request.method == "POST":
        return _started(
            request,
            where,
            found,
            lambda wanted: readingroom.start_scan(viewer, grant_uid, release_uid, wanted, now=clock.now()).scan.uid,
        )
    return _release_page(request, where, found, has_visit=room.visit is not None, brought=_brought(viewer, room))


@require_safe
def granted_run(request: HttpRequest, grant: str, release: str, scan: str) -> HttpResponse:
    """Show how far a scan is, in figures of what the viewer's own grant covers."""
    viewer, grant_uid = viewer_of(request), Uid.parse(grant)
    room = readingroom.scans_room(viewer, grant_uid, Uid.parse(release), now=clock.now())
    found = overview.scan_of(room.release, Uid.parse(scan), readingroom.parties_of(viewer))
    seen = overview.seen(found, room.release, room.terms.patterns)
    if _asks_again(request) and not seen.is_live:
        return _loaded_anew()
    context = _run_context(viewer, Where(room.release, grant_uid), seen, None)
    return render(
        request, "scans/run.html", {**context, "room": "scans", "is_narrowed": not room.terms.patterns.is_whole}
    )


@require_safe
def granted_gaps(request: HttpRequest, grant: str, release: str, scan: str) -> HttpResponse:
    """Show which files a scan did not analyse, as far as the viewer's own grant covers them; recorded."""
    viewer, grant_uid = viewer_of(request), Uid.parse(grant)
    shown = readingroom.open_gaps(
        viewer, grant_uid, Uid.parse(release), Uid.parse(scan), now=clock.now(), first=_first(request)
    )
    where = Where(shown.view.room.release, grant_uid)
    context = _run_context(viewer, where, shown.scan, shown.gaps)
    return page_of(request, "scans/files.html", shown.view, {**context, "room": "scans"})


@require_POST
def granted_stop(request: HttpRequest, grant: str, release: str, scan: str) -> HttpResponse:
    """Stop a scan that the viewer asked for under their own grant."""
    viewer, grant_uid, release_uid = viewer_of(request), Uid.parse(grant), Uid.parse(release)
    readingroom.stop_scan(viewer, grant_uid, release_uid, Uid.parse(scan), now=clock.now())
    return redirect("scan-under", grant=grant, release=release, scan=scan)


def _asks_again(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _loaded_anew() -> HttpResponse:
    """Have a page that followed a scan to its end load itself once more: what may be done with it has changed."""
    return HttpResponse(headers={"HX-Refresh": "true"})


@require_POST
def granted_brought(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Start a scan by rules that the viewer's organisation brought, under their own grant."""
    viewer, grant_uid, release_uid = viewer_of(request), Uid.parse(grant), Uid.parse(release)
    rules = Uid.parse(request.POST.get("brought", ""))
    started = readingroom.start_brought_scan(viewer, grant_uid, release_uid, rules, now=clock.now())
    return redirect("scan-under", grant=grant, release=release, scan=started.scan.uid)


def _brought(viewer: Viewer, room: Room) -> list[Brought]:
    return admissions.admitted(viewer, room.engagement, clock.now())


def _listed(release: ReleaseRef, grant: Uid | None) -> Listed:
    return Listed(release, Where(release, grant), overview.newest_of(release))


def _started(request: HttpRequest, where: Where, found: list[ScanSeen], ask: Any) -> HttpResponse:  # noqa: ANN401
    wanted = request.POST.getlist("tool")
    if not wanted:
        return _release_page(request, where, found, wrong="Choose at least one tool.", status=422)
    try:
        scan = Uid(ask(wanted))
    except (ConflictError, ToolUnknownError) as error:
        return _release_page(request, where, found, wrong=f"{error} {error.hint}".strip(), status=409)
    return redirect(where.run(scan))


def _release_page(
    request: HttpRequest,
    where: Where,
    found: list[ScanSeen],
    *,
    has_visit: bool = True,
    brought: Sequence[Brought] = (),
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    viewer = viewer_of(request)
    ahead = overview.tools_ahead()
    context = {
        "where": where,
        "release": where.release,
        "scans": [(one, where.run(one.uid), _asker(viewer, one)) for one in found],
        "live": next((one for one in found if one.is_live and not one.scan.party), None),
        "ahead": ahead,
        "is_ready": any(one.is_ready for one in ahead),
        "has_visit": has_visit,
        "brought": brought,
        "wrong": wrong,
        "room": "scans",
    }
    return render(request, "scans/release.html", context, status=status)


def _run_context(viewer: Viewer, where: Where, seen: ScanSeen, gaps: Gaps | None) -> dict[str, Any]:
    now = clock.now()
    counts = seen.counts
    return {
        "where": where,
        "release": where.release,
        "scan": seen,
        "rows": [_row(one, f"strip-{number}") for number, one in enumerate(seen.runs)],
        "legend": legend(),
        "asker": _asker(viewer, seen),
        "may_stop": seen.is_live
        and seen.scan.stop_asked_at is None
        and may_stop(viewer, seen.scan.asked_by, is_visitors=bool(seen.scan.grant)),
        "here": where.run(seen.uid),
        "stop": where.stop(seen.uid),
        "files": where.files(seen.uid),
        "gaps": gaps,
        "gap_rows": [(one, LOOKS[one.mark]) for one in gaps.rows] if gaps else [],
        "gap_more": gaps is not None and gaps.last < gaps.total,
        "failed": _sum(counts, FAILED),
        "skipped": counts.get(Mark.SKIPPED, 0),
        "left_out": counts.get(Mark.LEFT_OUT, 0),
        "took": _duration(seen.seconds(now)),
        "left": _left(seen, now),
        "wait": f"{_FASTEST:.0f}s",
    }


def _row(seen: RunSeen, name: str) -> ToolRow:
    counts = seen.counts or {}
    return ToolRow(
        seen,
        strip(counts, name) if seen.files else "",
        seen.done,
        seen.files,
        seen.of(Mark.CACHED),
        seen.of(*FAILED),
        seen.of(Mark.SKIPPED),
        seen.of(Mark.LEFT_OUT),
        seen.of(Mark.NOT_APPLICABLE),
    )


def _sum(counts: Mapping[Mark, int], marks: frozenset[Mark]) -> int:
    return sum(counts.get(mark, 0) for mark in marks)


def _asker(viewer: Viewer, seen: ScanSeen) -> str:
    """Say who asked, as far as it is the viewer's to know: no one of the vendor learns which visitor it was."""
    by = seen.scan.asked_by
    if by == viewer.uid.text:
        return viewer.name
    if by.startswith("operator:"):
        return "the operator"
    if seen.scan.grant:
        return "a visitor"
    return seen.asker if viewer.is_vendor else "the vendor"


def _left(seen: ScanSeen, now: datetime) -> str:
    """Say about how long it still takes, once there is something to go by."""
    worked = sum(seen.counts.get(mark, 0) for mark in (Mark.ANALYSED, Mark.SKIPPED, *FAILED, Mark.NOT_APPLICABLE))
    took, waiting = seen.seconds_at_work(now), seen.counts.get(Mark.WAITING, 0)
    enough = 10.0
    if not seen.is_live or not worked or not waiting or took < enough:
        return ""
    return _duration(took * waiting / worked)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _first(request: HttpRequest) -> int:
    return Span.parse(request.GET["from"]).first - 1 if "from" in request.GET else 0
