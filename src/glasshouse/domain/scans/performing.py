# SPDX-License-Identifier: Apache-2.0
"""Doing a scan that was asked for: one tool after the other, from wherever it was left."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from glasshouse.domain.detections import commands as detections
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.scans.errors import ScanUnknownError
from glasshouse.domain.scans.given import Given
from glasshouse.domain.scans.models import End, Phase, Scan, ScanRun
from glasshouse.domain.scans.progress import Mark, Progress
from glasshouse.domain.scans.toolruns import Desk, Report, Scanned, ToolRun, told
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.values import Installed, State
from glasshouse.domain.scans.working import Ways
from glasshouse.kernel.ids import Uid

_LEFT_OUT: Final = "left-out"


@dataclass(frozen=True, slots=True)
class Watch:
    """What a scan looks at while it runs: `report` says how far it is, `check` raises where another is to go on."""

    report: Report
    check: Callable[[], None]
    now: Callable[[], datetime]


def perform(uid: Uid, actor: str, ways: Ways, watch: Watch, given: Given | None = None) -> tuple[Scanned, ...]:
    """Run what is left of a scan and return what all its tools came to. The caller holds the product's lock.

    `given` are the rules that the scan was asked for with; it ends early once they may be used no more.

    Raises what `watch.check` raises, with all that was worked out at rest; ScanUnknownError; KeyDestroyedError.
    """
    scan = Scan.objects.filter(uid=uid.text).first()
    if scan is None:
        raise ScanUnknownError
    if scan.ended_at is None:
        _Scan(scan, actor, ways, watch, given).go()
    ended = scan.runs.exclude(report="").order_by("pk")
    return tuple(told(run, detections.taken(Uid(run.report))) for run in ended)


class _Scan:
    """A scan on its way."""

    def __init__(self, scan: Scan, actor: str, ways: Ways, watch: Watch, given: Given | None) -> None:
        self._scan = scan
        self._watch = watch
        self._desk = Desk(actor, ways, watch.report, self._is_stopped, watch.check, watch.now, given)
        row = releases.all_releases().get(uid=scan.release)
        self._found = releases.ref(row)

    def go(self) -> None:
        if self._scan.begun_at is None:
            self._scan.begun_at = self._watch.now()
            with journal.transaction():
                self._scan.save(update_fields=["begun_at"])
        tools = [installing.find(registry.tool(name), self._desk.ways.tools) for name in self._scan.tools]
        ready = [one for one in tools if one.state is State.READY]
        self._prepare(ready)
        ended = set(self._runs(Phase.ENDED))
        for one in ready:
            if one.tool.name not in ended and not self._is_stopped():
                self._watch.check()
                self._run(one).go()
        self._end()

    def _prepare(self, ready: list[Installed]) -> None:
        """Make the rows of all runs at once, so that the page can say what is ahead."""
        here = set(self._scan.runs.values_list("tool", flat=True))
        fresh: list[ScanRun] = []
        for one in ready:
            self._watch.check()
            if one.tool.name not in here:
                fresh.append(self._run(one).prepare())
        with journal.transaction():
            ScanRun.objects.bulk_create(fresh)

    def _run(self, installed: Installed) -> ToolRun:
        return ToolRun(self._scan, self._found, installed, self._desk)

    def _runs(self, phase: Phase) -> list[str]:
        return list(self._scan.runs.filter(phase=phase).values_list("tool", flat=True))

    def _is_stopped(self) -> bool:
        given = self._desk.given
        if given is not None and not given.may_go_on():
            return True
        return Scan.objects.filter(pk=self._scan.pk).exclude(stop_asked_at=None).exists()

    def _end(self) -> None:
        """Account for what no tool came to, and say how it ended."""
        now = self._watch.now()
        self._scan.refresh_from_db()
        left = list(self._scan.runs.exclude(phase=Phase.ENDED))
        for run in left:
            progress = Progress.opened(bytes(run.progress), self._found.product, Uid(run.uid))
            progress.leave_out()
            run.counts = {_LEFT_OUT: progress.counts()[Mark.LEFT_OUT]}
            run.progress = progress.sealed(self._found.product, Uid(run.uid))
            run.phase, run.ended_at = Phase.ENDED, now
        runs = list(self._scan.runs.exclude(pk__in=[run.pk for run in left])) + left
        self._scan.end, self._scan.ended_at = self._how(runs), now
        counts: Counter[str] = Counter()
        for run in runs:
            counts.update(run.counts)
        with journal.transaction():
            for run in left:
                run.save()
            self._scan.save(update_fields=["end", "ended_at"])
            fields: Fields = {
                "counts": dict(counts),
                "end": str(self._scan.end),
                "release": self._found.evidence(),
                "tools": [run.tool for run in runs],
            }
            sealed = bool(self._scan.party)
            journal.record(
                "scans.finished",
                actor=self._desk.actor,
                at=now,
                subject=Uid(self._scan.uid),
                fields=None if sealed else fields,
                visitor=fields if sealed else None,
            )

    def _how(self, runs: list[ScanRun]) -> End:
        names = {run.tool for run in runs}
        gaps = {name for run in runs for name, count in run.counts.items() if count} - {"analysed", "not-applicable"}
        is_whole = not gaps and names == set(self._scan.tools)
        if self._scan.stop_asked_at is not None and _LEFT_OUT in gaps:
            return End.STOPPED
        return End.WHOLE if is_whole else End.PARTIAL
