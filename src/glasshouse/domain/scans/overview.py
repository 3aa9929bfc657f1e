# SPDX-License-Identifier: Apache-2.0
"""Scans as somebody sees them: figures of files that they may name, and of no others. The caller has judged that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from django.conf import settings
from django.db.models import Q
from numpy.typing import NDArray

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.jobs import queries as jobs
from glasshouse.domain.jobs.models import State as JobState
from glasshouse.domain.people.models import Person
from glasshouse.domain.releases import searching
from glasshouse.domain.releases.searching import Files
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import surveying
from glasshouse.domain.scans.errors import ScanUnknownError
from glasshouse.domain.scans.models import End, Phase, Scan, ScanRun, ToolSeen
from glasshouse.domain.scans.progress import Mark, Progress
from glasshouse.domain.scans.tools import registry
from glasshouse.domain.scans.tools.values import State, Tool
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

WHOLE: Final = Patterns(("**",))
ALL: Final = ("",)
"""What all see who see the release; other parties see what is theirs besides."""
A_PAGE: Final = 50
_NEWEST: Final = 20
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ToolAhead:
    """A tool that a scan may be asked to run, as it was last found."""

    tool: Tool
    state: str
    version: str
    hint: str

    @property
    def is_ready(self) -> bool:
        """Say whether it can run."""
        return self.state == State.READY.value


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One tool's run. `counts` are files by what became of them, `run` is None where the tool was not there."""

    tool: str
    about: str
    run: Uid | None
    version: str = ""
    digest: str = ""
    record: str = ""
    phase: Phase = Phase.WAITING
    counts: Mapping[Mark, int] | None = None
    seconds: float = 0.0
    report: str = ""
    begun_at: datetime | None = None

    @property
    def files(self) -> int:
        """Return how many files it is given."""
        return sum(self.counts.values()) if self.counts else 0

    @property
    def done(self) -> int:
        """Return how many files have an outcome."""
        return self.files - self.of(Mark.WAITING)

    def of(self, *marks: Mark) -> int:
        """Return how many files have one of these marks."""
        return sum(self.counts.get(mark, 0) for mark in marks) if self.counts else 0


@dataclass(frozen=True, slots=True)
class ScanSeen:
    """A scan with its runs. `end` is empty while it waits or runs, `asker` where nobody of the vendor asked."""

    scan: Scan
    release: ReleaseRef
    runs: Sequence[RunSeen]
    end: str
    is_running: bool
    asker: str

    @property
    def uid(self) -> Uid:
        """Return its uid."""
        return Uid(self.scan.uid)

    @property
    def is_live(self) -> bool:
        """Say whether it waits or runs."""
        return not self.end

    @property
    def counts(self) -> Mapping[Mark, int]:
        """Return files of all tools by what became of them."""
        found: Counter[Mark] = Counter()
        for run in self.runs:
            found.update(run.counts or {})
        return found

    @property
    def done(self) -> int:
        """Return how many files of all tools have an outcome."""
        return sum(run.done for run in self.runs)

    @property
    def files(self) -> int:
        """Return how many files all tools are given together."""
        return sum(run.files for run in self.runs)

    def seconds_at_work(self, now: datetime) -> float:
        """Return how long tools have been at work, what was done before the first of them left out."""
        begun = [run.begun_at for run in self.runs if run.begun_at is not None]
        return max(0.0, (now - min(begun)).total_seconds()) if begun else 0.0

    def seconds(self, now: datetime) -> float:
        """Return how long it has run, waiting left out."""
        if self.scan.begun_at is None:
            return 0.0
        return max(0.0, ((self.scan.ended_at or now) - self.scan.begun_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Gap:
    """A file that a tool did not analyse, and why."""

    tool: str
    path: TreePath
    mark: Mark
    reason: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """A page of files that were not analysed, of so many; the page begins at `first`."""

    rows: Sequence[Gap]
    first: int
    total: int

    @property
    def last(self) -> int:
        """Return where the next page begins."""
        return self.first + len(self.rows)


def tools_ahead() -> list[ToolAhead]:
    """Return the tools of a scan that names none, with how each was last found."""
    standard = {tool.name for tool in registry.standard()}
    return [_ahead(tool, row) for tool, row in surveying.seen() if tool.name in standard]


def scan_of(release: ReleaseRef, uid: Uid, parties: Sequence[str] = ALL) -> Scan:
    """Return a scan of a release that one of these parties sees, by its own uid or that of one of its runs."""
    rows = Scan.objects.filter(release=release.uid.text, party__in=parties)
    found = rows.filter(Q(uid=uid.text) | Q(runs__uid=uid.text)).first()
    if found is None:
        raise ScanUnknownError
    return found


def scans_of(release: ReleaseRef, patterns: Patterns = WHOLE, parties: Sequence[str] = ALL) -> list[ScanSeen]:
    """Return the newest scans of a release that one of these parties sees."""
    rows = Scan.objects.filter(release=release.uid.text, party__in=parties).order_by("-asked_at", "-pk")
    return [seen(scan, release, patterns) for scan in rows[:_NEWEST]]


def analysed(release: ReleaseRef, parties: Sequence[str] = ALL) -> Mask | None:
    """Return which files a tool has analysed in a scan that one of these parties sees; None where no tool ran."""
    runs = ScanRun.objects.filter(scan__release=release.uid.text, scan__party__in=parties).exclude(report="")
    found: Mask | None = None
    for run in runs.order_by("pk"):
        marks = _progress(run, release.product).marks
        done = np.isin(marks, [int(Mark.ANALYSED), int(Mark.CACHED)])
        found = done if found is None else found | done
    return found


def seen(scan: Scan, release: ReleaseRef, patterns: Patterns = WHOLE) -> ScanSeen:
    """Return a scan with figures of the files that the patterns cover."""
    visible = _visible(release, patterns)
    runs = {run.tool: run for run in scan.runs.all()}
    return _seen(scan, release, [_run_seen(name, runs.get(name), release.product, visible) for name in scan.tools])


def newest_of(release: ReleaseRef) -> ScanSeen | None:
    """Return where the newest scan of a release stands, without figures, for a list of releases."""
    found = Scan.objects.filter(release=release.uid.text, party="").order_by("-asked_at", "-pk").first()
    return _seen(found, release, ()) if found else None


def _seen(scan: Scan, release: ReleaseRef, runs: Sequence[RunSeen]) -> ScanSeen:
    state = JobState.DONE if scan.ended_at else jobs.state(Uid(scan.job))
    end = scan.end or (End.BROKEN if state is JobState.FAILED else "")
    staff = Person.objects.filter(uid=scan.asked_by, organisation__is_vendor=True).values_list("name", flat=True)
    asker = "" if scan.grant else next(iter(staff), "")
    return ScanSeen(scan, release, runs, str(end), is_running=not end and scan.begun_at is not None, asker=asker)


def gaps(scan: Scan, release: ReleaseRef, patterns: Patterns = WHOLE, *, first: int = 0) -> Gaps:
    """Return files that the patterns cover and a tool did not analyse, a page at a time, tool by tool."""
    files, visible = _files(release), _visible(release, patterns)
    found = [
        (run.tool, row, mark, reason)
        for run in scan.runs.order_by("pk")
        if run.progress
        for row, mark, reason in _progress(run, release.product).to_look_at(visible)
    ]
    page = found[first : first + A_PAGE]
    return Gaps([Gap(tool, files.path(row), mark, reason) for tool, row, mark, reason in page], first, len(found))


def _run_seen(name: str, run: ScanRun | None, product: Uid, visible: Mask | None) -> RunSeen:
    about = registry.tool(name).about
    if run is None:
        return RunSeen(name, about, None)
    return RunSeen(
        name,
        about,
        Uid(run.uid),
        run.tool_version,
        str(Digest(bytes(run.tool_digest))),
        bytes(run.record).hex(),
        Phase(run.phase),
        _progress(run, product).counts(visible) if run.progress else None,
        run.seconds,
        run.report,
        None if run.phase == Phase.WAITING else run.begun_at,
    )


def _progress(run: ScanRun, product: Uid) -> Progress:
    return Progress.opened(bytes(run.progress), product, Uid(run.uid))


def _files(release: ReleaseRef) -> Files:
    return searching.files_of(release.product, release.root, settings.GLASSHOUSE.search_file_bytes)


def _visible(release: ReleaseRef, patterns: Patterns) -> Mask | None:
    return None if patterns.is_whole else searching.narrowed(_files(release), [patterns], "")


def _ahead(tool: Tool, row: ToolSeen | None) -> ToolAhead:
    if row is None:
        return ToolAhead(tool, "", "", "")
    return ToolAhead(tool, row.state, row.version, row.hint)
