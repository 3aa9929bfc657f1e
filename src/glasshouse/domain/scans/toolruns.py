# SPDX-License-Identifier: Apache-2.0
"""One tool over one release. A run that was left half by a kill is gone on with, and ends as if nothing had been."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from glasshouse.domain.detections import commands as detections
from glasshouse.domain.detections.values import Intake, Looked, Taken
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import builds, planning, record, results, working
from glasshouse.domain.scans.builds import Build
from glasshouse.domain.scans.descriptions import FileSaid
from glasshouse.domain.scans.given import Given
from glasshouse.domain.scans.models import Phase, Scan, ScanRun
from glasshouse.domain.scans.planning import Basis, Headers, Wanted
from glasshouse.domain.scans.progress import Mark, Progress
from glasshouse.domain.scans.record import Came, Head, Inputs
from glasshouse.domain.scans.tools.values import Coverage, Installed, Tool
from glasshouse.domain.scans.working import Ways
from glasshouse.engines.formats import sarif
from glasshouse.engines.store import ProductStore
from glasshouse.engines.store.entries import Content
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

_KEPT_AT_ONCE: Final = 2_000
_KEPT_SECONDS: Final = 20.0  # so much of the work is lost at most when everything is killed
_TOLD_SECONDS: Final = 1.0
Report = Callable[[str, int, int], None]
"""Called with a tool's name, the files that it is through with, and how many it is given."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one tool's run over a release came to. `counts` says how many files there are of each outcome.

    Not `is_whole` where some file was not looked at for a reason that is not the file's own kind.
    """

    run: Uid
    tool: str
    version: str
    counts: dict[str, int]
    cached: int
    built: int
    seconds: float
    taken: Taken
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """On whose behalf tools run, with what, and how they are told to stop.

    Once `is_stopped`, a tool takes in what it has found, and what it did not look at is left out. `check` raises where
    this process is to leave the scan to another; what was worked out rests. `given` are rules that a visitor brought.
    """

    actor: str
    ways: Ways
    report: Report
    is_stopped: Callable[[], bool]
    check: Callable[[], None]
    now: Callable[[], datetime]
    given: Given | None = None


class ToolRun:
    """One tool over one release, for a scan."""

    def __init__(self, scan: Scan, found: ReleaseRef, installed: Installed, desk: Desk) -> None:
        """Take what it needs; nothing is begun."""
        self._scan = scan
        self._found = found
        self._installed = installed
        self._desk = desk
        self._store: ProductStore = vault.product_store(found.product)
        given = desk.given
        self._sarif = sarif.Tool(
            sarif.Component(given.tool_name(self._tool.name) if given else self._tool.name, installed.version)
        )
        self._rules = given.named if given else ()
        self._party = given.sealer if given else None
        self._rows: dict[bytes, int] = {}
        self._told = 0.0

    @property
    def _tool(self) -> Tool:
        return self._installed.tool

    def go(self) -> Scanned:
        """Look at what is not known, and take in what is said of all files together."""
        files = self._files()
        build = builds.of(files, self._read) if self._tool.follows_includes else Build()
        headers = Headers([one for one in files if not one.is_binary], self._read)
        wanted = list(planning.wanted(self._tool, files, self._read, headers, build.flags))
        self._desk.check()
        keys = {results.key_of(self._found.product, self._installed, one, self._rules): one for one in wanted}
        said = results.known(self._found.product, list(keys), self._party)
        head = Head.of(self._found, self._installed, build.database, build.trouble)
        inputs = Inputs(head, wanted, self._rules)
        run, progress = self._begun(inputs, {keys[key].file[0] for key in said})
        for one in said.values():
            self._note(progress, one)
        self._work(run, progress, keys, said)
        progress.leave_out()
        in_order = [said[key] for key in keys if key in said]
        taken = self._taken(in_order, run, is_whole=len(said) == len(keys))
        came = (Came.of(one, self._tool.name, is_by_own_rules=not self._rules) for one in in_order)
        run.kept, run.outcomes = record.write(self._found.product, inputs, came)
        return self._ended(run, progress, taken, list(said.values()))

    def _files(self) -> list[Content]:
        every = list(releases.manifest(self._found).contents())
        self._rows = {one.path: row for row, one in enumerate(every)}
        return [one for one in every if not one.is_link]

    def _read(self, digest: Digest) -> bytes:
        return self._store.document(digest.raw)

    def prepare(self) -> ScanRun:
        """Return the run as it waits, with the files that it is about; its headers are looked up when it begins."""
        tool = replace(self._tool, follows_includes=False)
        wanted = planning.wanted(tool, self._files(), self._read, Headers([], self._read))
        progress = Progress.of(len(self._rows), [self._row(one.file[0]) for one in wanted])
        uid = Uid.new()
        return ScanRun(
            uid=uid.text,
            scan=self._scan,
            product=self._found.product.text,
            release=self._found.uid.text,
            tool=self._tool.name,
            tool_version=self._installed.version,
            tool_digest=self._digest,
            phase=Phase.WAITING,
            progress=progress.sealed(self._found.product, uid),
            files=progress.counts()[Mark.WAITING],
            cached=0,
            begun_at=self._desk.now(),
        )

    def _begun(self, inputs: Inputs, known: set[TreePath]) -> tuple[ScanRun, Progress]:
        """Begin the run, or go on with what was left half: which files were known stays as it was at first."""
        tag = inputs.tag(self._found.product)
        run = ScanRun.objects.get(scan=self._scan, tool=self._tool.name)
        progress = Progress.of(len(self._rows), [self._row(one.file[0]) for one in inputs.wanted])
        if bytes(run.record) == tag:
            progress.known = Progress.opened(bytes(run.progress), self._found.product, Uid(run.uid)).known
            return run, progress
        if run.record:  # what is installed, or our reading of it, changed meanwhile: nothing of that run counts
            run.uid = Uid.new().text
        for path in known:
            progress.known[self._row(path)] = True
        run.record, run.files, run.cached = tag, len(inputs.wanted), len(known)
        run.built = sum(one.basis is Basis.BUILD for one in inputs.wanted)
        run.tool_version, run.tool_digest = self._installed.version, self._digest
        run.phase, run.begun_at = Phase.RUNNING, self._desk.now()
        run.progress = progress.sealed(self._found.product, Uid(run.uid))
        with journal.transaction():
            run.save()
            self._journal("scans.begun", run, run.begun_at, {})
        return run, progress

    @property
    def _digest(self) -> bytes:
        assert self._installed.digest is not None  # noqa: S101 -- a tool that is ready has one
        return self._installed.digest.raw

    def _work(self, run: ScanRun, progress: Progress, keys: dict[bytes, Wanted], said: dict[bytes, FileSaid]) -> None:
        """Have the tool look at files that nothing is known of; what it says rests in parts."""
        left = {key: one for key, one in keys.items() if key not in said}
        by_path = {one.file[0]: key for key, one in left.items()}
        lasting: dict[bytes, FileSaid] = {}
        kept = time.monotonic()
        self._tell(run, progress, len(said), len(keys))
        answers = working.answers(
            self._desk.ways,
            self._installed,
            left.values(),
            self._desk.given.reading(self._read) if self._desk.given else self._read,
            rules=self._rules,
            is_out=self._desk.is_stopped,
        )
        try:
            for answer in answers:
                for one in answer.said:
                    said[by_path[one.outcome.path]] = one
                    self._note(progress, one)
                lasting |= {by_path[one.outcome.path]: one for one in answer.lasting()}
                self._desk.check()
                self._tell(run, progress, len(said), len(keys))
                if len(lasting) >= _KEPT_AT_ONCE or time.monotonic() - kept > _KEPT_SECONDS:
                    results.keep(self._found.product, self._sarif, lasting, self._party)
                    lasting, kept = {}, time.monotonic()
        finally:
            results.keep(self._found.product, self._sarif, lasting, self._party)

    def _note(self, progress: Progress, one: FileSaid) -> None:
        progress.say(self._row(one.outcome.path), one.outcome.coverage, one.outcome.reason)

    def _row(self, path: TreePath) -> int:
        return self._rows[path.raw]

    def _tell(self, run: ScanRun, progress: Progress, done: int, of: int) -> None:
        """Say how far the tool is: at each call to who listens, about once a second to the pages."""
        self._desk.report(self._tool.name, done, of)
        if time.monotonic() - self._told < _TOLD_SECONDS:
            return
        self._told = time.monotonic()
        with journal.transaction():
            ScanRun.objects.filter(pk=run.pk).update(
                progress=progress.sealed(self._found.product, Uid(run.uid)), phase=Phase.RUNNING
            )

    def _taken(self, said: Sequence[FileSaid], run: ScanRun, *, is_whole: bool) -> Taken:
        analysed = frozenset(one.outcome.path for one in said if one.outcome.coverage is Coverage.ANALYSED)
        gaps = {Coverage.CRASHED, Coverage.TIMED_OUT, Coverage.SKIPPED}
        looked = Looked(analysed, is_complete=is_whole and all(one.outcome.coverage not in gaps for one in said))
        found = (result for one in sorted(said, key=_by_path) for result in one.results)
        intake = Intake(self._found, Digest(bytes(run.record)), self._scan.party, uid=Uid(run.uid))
        return detections.take_results(
            self._desk.actor, intake, sarif.Run(self._sarif), found, looked, now=self._desk.now()
        )

    def _ended(self, run: ScanRun, progress: Progress, taken: Taken, said: Sequence[FileSaid]) -> Scanned:
        now = self._desk.now()
        counts = dict(Counter(one.outcome.coverage.value for one in said))
        if left := run.files - len(said):
            counts["left-out"] = left
        fresh = (one.seconds for one in said if not progress.known[self._row(one.outcome.path)])
        run.report, run.counts, run.seconds, run.ended_at = taken.uid.text, counts, sum(fresh), now
        run.phase, run.progress = Phase.ENDED, progress.sealed(self._found.product, Uid(run.uid))
        with journal.transaction():
            run.save()
            outcomes = bytes(run.outcomes).hex()
            self._journal("scans.ended", run, now, {"counts": counts, "outcomes": outcomes, "report": taken.uid.text})
        return told(run, taken)

    def _journal(self, kind: str, run: ScanRun, now: datetime, more: dict[str, dict[str, int] | str]) -> None:
        fields: Fields = {
            "cached": run.cached,
            "files": run.files,
            "record": bytes(run.record).hex(),
            "release": self._found.evidence(),
            "scan": self._scan.uid,
            "tool": {"digest": str(self._installed.digest), "name": run.tool, "version": run.tool_version},
            **more,
        }
        # Of a run by brought rules the vendor's side reads that there was one, and nothing that came of it.
        sealed = bool(self._scan.party)
        journal.record(
            kind,
            actor=self._desk.actor,
            at=now,
            subject=Uid(run.uid),
            fields=None if sealed else fields,
            visitor=fields if sealed else None,
        )


def told(run: ScanRun, taken: Taken) -> Scanned:
    """Return what a run that has ended came to."""
    is_whole = {Coverage.ANALYSED.value, Coverage.NOT_APPLICABLE.value} >= run.counts.keys()
    return Scanned(
        Uid(run.uid), run.tool, run.tool_version, dict(run.counts), run.cached, run.built, run.seconds, taken, is_whole
    )


def _by_path(said: FileSaid) -> TreePath:
    return said.outcome.path
