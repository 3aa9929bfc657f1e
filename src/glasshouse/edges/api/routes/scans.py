# SPDX-License-Identifier: Apache-2.0
"""Scans: asked for, followed, stopped. The vendor's people name a release, a visitor the grant that leads there too.

Figures are of the files that the caller may name. Names of files answer a session and no token, and a visitor is shown
them: recorded, within a visit.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Final, Self

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import commands, overview, queries
from glasshouse.domain.scans.overview import Gap, Gaps, RunSeen, ScanSeen
from glasshouse.domain.scans.progress import Mark
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.routes.reading import Offset
from glasshouse.edges.api.shapes import NamedRelease, Showing, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["scans"])
_OWN: Final = "/releases/{release}/scans"
_UNDER: Final = "/grants/{grant}/releases/{release}/scans"


class ScanAsked(Schema):
    """Which tools run, by name; none named means all that are ready."""

    tools: list[str] = Field(default=[], max_length=50)


class ToolRun(Schema):
    """One tool's part. `files` counts files by what became of them; `run` is what `glasshouse scan reproduce` takes."""

    tool: str
    run: str | None
    version: str
    digest: str
    phase: str
    files: dict[str, int]

    @classmethod
    def of(cls, seen: RunSeen) -> Self:
        """Describe a run."""
        return cls(
            tool=seen.tool,
            run=seen.run.text if seen.run else None,
            version=seen.version,
            digest=seen.digest,
            phase=seen.phase.value,
            files={_named(mark): count for mark, count in (seen.counts or {}).items() if count},
        )


class Scan(Schema):
    """A scan: `end` is `whole`, `partial`, `stopped` or `broken`, and null while it waits or runs."""

    uid: str
    release: NamedRelease
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    is_stopping: bool
    end: str | None
    done: int
    of: int
    tools: list[ToolRun]

    @classmethod
    def of_seen(cls, seen: ScanSeen) -> Self:
        """Describe a scan."""
        scan = seen.scan
        return cls(
            uid=scan.uid,
            release=NamedRelease.of(seen.release),
            asked_at=scan.asked_at,
            begun_at=scan.begun_at,
            ended_at=scan.ended_at,
            is_stopping=seen.is_live and scan.stop_asked_at is not None,
            end=seen.end or None,
            done=seen.done,
            of=seen.files,
            tools=[ToolRun.of(one) for one in seen.runs],
        )


class LeftFile(Schema):
    """A file that a tool was given and did not analyse, and why."""

    tool: str
    path: str
    became: str
    reason: str

    @classmethod
    def of(cls, gap: Gap) -> Self:
        """Describe it."""
        return cls(tool=gap.tool, path=str(gap.path), became=_named(gap.mark), reason=gap.reason)


class LeftFiles(Schema):
    """A page of such files: ask with `first=more` for the next, until it is null. `showing` is a visitor's entry."""

    rows: list[LeftFile]
    total: int
    more: int | None
    showing: Showing | None = None

    @classmethod
    def of(cls, gaps: Gaps, showing: Showing | None = None) -> Self:
        """Describe a page."""
        more = gaps.last if gaps.last < gaps.total else None
        return cls(rows=[LeftFile.of(one) for one in gaps.rows], total=gaps.total, more=more, showing=showing)


@router.get(_OWN, auth=SOURCE, response=answering(list[Scan]), url_name="scans")
def scans(request: HttpRequest, release: str) -> list[Scan]:
    """List the newest scans of a release, for the vendor's readers of findings."""
    return [Scan.of_seen(one) for one in overview.scans_of(_release(request, release))]


@router.post(_OWN, auth=ACTING, response=answering(Scan, HTTPStatus.CREATED), url_name="start_scan")
def start(request: HttpRequest, release: str, asked: ScanAsked) -> Status[Scan]:
    """Ask for a scan, or join the one under way that runs all these tools."""
    found = _release(request, release)
    made = commands.start(viewer_of(request), found.uid, asked.tools, now=clock.now())
    return Status(HTTPStatus.CREATED, Scan.of_seen(overview.seen(made.scan, found)))


@router.get(f"{_OWN}/{{scan}}", auth=SOURCE, response=answering(Scan), url_name="scan")
def scan(request: HttpRequest, release: str, scan: str) -> Scan:
    """Show how far a scan is, or what it came to."""
    found = _release(request, release)
    return Scan.of_seen(overview.seen(overview.scan_of(found, Uid.parse(scan)), found))


@router.get(f"{_OWN}/{{scan}}/files", auth=SOURCE, response=answering(LeftFiles), url_name="scan_files")
def files(request: HttpRequest, release: str, scan: str, first: Offset = 0) -> LeftFiles:
    """List files that a scan's tools did not analyse."""
    found = _release(request, release)
    return LeftFiles.of(overview.gaps(overview.scan_of(found, Uid.parse(scan)), found, first=first))


@router.post(f"{_OWN}/{{scan}}/stop", auth=ACTING, response=answering(Scan), url_name="stop_scan")
def stop(request: HttpRequest, release: str, scan: str) -> Scan:
    """Have a scan end early: what was found is taken in, nothing is closed."""
    found = _release(request, release)
    row = overview.scan_of(found, Uid.parse(scan))
    commands.stop(viewer_of(request), Uid(row.uid), now=clock.now())
    return Scan.of_seen(overview.seen(overview.scan_of(found, Uid(row.uid)), found))


@router.get(_UNDER, auth=SOURCE, response=answering(list[Scan]), url_name="granted_scans")
def granted_scans(request: HttpRequest, grant: str, release: str) -> list[Scan]:
    """List the newest scans of a release under the caller's own grant."""
    viewer = viewer_of(request)
    room = readingroom.scans_room(viewer, Uid.parse(grant), Uid.parse(release), now=clock.now())
    found = overview.scans_of(room.release, room.terms.patterns, readingroom.parties_of(viewer))
    return [Scan.of_seen(one) for one in found]


@router.post(_UNDER, auth=ACTING, response=answering(Scan, HTTPStatus.CREATED), url_name="start_granted_scan")
def start_granted(request: HttpRequest, grant: str, release: str, asked: ScanAsked) -> Status[Scan]:
    """Ask for a scan under the caller's own grant, in an open visit."""
    viewer, at = viewer_of(request), (Uid.parse(grant), Uid.parse(release))
    made = readingroom.start_scan(viewer, *at, asked.tools, now=clock.now())
    return Status(HTTPStatus.CREATED, _granted(request, grant, release, made.scan.uid))


@router.get(f"{_UNDER}/{{scan}}", auth=SOURCE, response=answering(Scan), url_name="granted_scan")
def granted_scan(request: HttpRequest, grant: str, release: str, scan: str) -> Scan:
    """Show how far a scan is, in figures of what the caller's own grant covers."""
    return _granted(request, grant, release, scan)


@router.get(f"{_UNDER}/{{scan}}/files", auth=SOURCE, response=answering(LeftFiles), url_name="granted_scan_files")
def granted_files(request: HttpRequest, *, grant: str, release: str, scan: str, first: Offset = 0) -> LeftFiles:
    """Show which files a scan's tools did not analyse, as far as the caller's own grant covers them; recorded."""
    at = (Uid.parse(grant), Uid.parse(release), Uid.parse(scan))
    shown = readingroom.open_gaps(viewer_of(request), *at, now=clock.now(), first=first)
    return LeftFiles.of(shown.gaps, Showing.of(shown.view))


@router.post(f"{_UNDER}/{{scan}}/stop", auth=ACTING, response=answering(Scan), url_name="stop_granted_scan")
def stop_granted(request: HttpRequest, grant: str, release: str, scan: str) -> Scan:
    """Have a scan end early that the caller asked for."""
    at = (Uid.parse(grant), Uid.parse(release), Uid.parse(scan))
    readingroom.stop_scan(viewer_of(request), *at, now=clock.now())
    return _granted(request, grant, release, scan)


def _release(request: HttpRequest, release: str) -> ReleaseRef:
    return releases.ref(queries.release(viewer_of(request), Uid.parse(release)))


def _granted(request: HttpRequest, grant: str, release: str, scan: str) -> Scan:
    viewer = viewer_of(request)
    room = readingroom.scans_room(viewer, Uid.parse(grant), Uid.parse(release), now=clock.now())
    found = overview.scan_of(room.release, Uid.parse(scan), readingroom.parties_of(viewer))
    return Scan.of_seen(overview.seen(found, room.release, room.terms.patterns))


def _named(mark: Mark) -> str:
    return mark.name.lower().replace("_", "-")
