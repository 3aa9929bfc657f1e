# SPDX-License-Identifier: Apache-2.0
"""Scanning a release."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from glasshouse.domain.detections import commands as detections
from glasshouse.domain.detections.values import Intake, Looked, Taken
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import descriptions, planning, results
from glasshouse.domain.scans.descriptions import Description, FileSaid
from glasshouse.domain.scans.errors import NoToolError
from glasshouse.domain.scans.models import ScanRun
from glasshouse.domain.scans.planning import Headers, Wanted
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.values import Coverage, Installed, Outcome, State, Tool
from glasshouse.engines import fanout
from glasshouse.engines.formats import sarif
from glasshouse.engines.store import ProductStore
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

FUNCTION: Final = "glasshouse.domain.scans.units:analyse"
_KEPT_AT_ONCE: Final = 2_000
Progress = Callable[[str, int, int], None]
"""Called with a tool's name, the files that it is through with, and how many it is given."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one tool's run over a release came to. `counts` says how many files there are of each outcome."""

    tool: str
    version: str
    counts: dict[str, int]
    cached: int
    seconds: float
    taken: Taken


@dataclass(frozen=True, slots=True)
class Ways:
    """Where tools are, and what runs them."""

    tools: Path
    compute: fanout.Compute


def scan(
    actor: str,
    product: str,
    version: str,
    ways: Ways,
    *,
    wanted: Sequence[str] = (),
    now: datetime,
    progress: Progress = lambda _tool, _done, _of: None,
) -> tuple[Scanned, ...]:
    """Run every installed tool, or those wanted, over a release; a file is looked at only where something changed.

    Raises ReleaseUnknownError, ToolUnknownError, NoToolError where none of them is installed, ScanBusyError.
    """
    row = releases.named(product, version)
    found = releases.ref(row)
    chosen = [registry.tool(name) for name in wanted] or list(registry.standard())
    ready = [one for one in (installing.find(tool, ways.tools) for tool in chosen) if one.state is State.READY]
    if not ready:
        raise NoToolError("None of these tools is installed.", hint="See `glasshouse tools list`.")
    with results.sole_writer(found.product):
        return tuple(_Scan(actor, found, one, ways, progress).run(now) for one in ready)


class _Scan:
    """One tool over one release."""

    def __init__(self, actor: str, found: ReleaseRef, installed: Installed, ways: Ways, progress: Progress) -> None:
        self._actor = actor
        self._found = found
        self._installed = installed
        self._ways = ways
        self._progress = progress
        self._store: ProductStore = vault.product_store(found.product)
        self._sarif = sarif.Tool(sarif.Component(installed.tool.name, installed.version))

    @property
    def _tool(self) -> Tool:
        return self._installed.tool

    def run(self, now: datetime) -> Scanned:
        """Look at what is not known, and take in what is said of all files together."""
        wanted = self._wanted()
        keys = {results.key_of(self._found.product, self._installed, one): one for one in wanted}
        said = results.known(self._found.product, list(keys))
        cached = len(said)
        run = self._begun(wanted, cached, now)
        left = {key: one for key, one in keys.items() if key not in said}
        for fresh in self._worked_out(left, cached, len(keys)):
            said |= fresh
        counts = Counter(one.outcome.coverage.value for one in said.values())
        taken = self._taken([said[key] for key in keys], run, now)
        self._ended(run, taken, dict(counts), sum(one.seconds for key, one in said.items() if key in left), now)
        return Scanned(self._tool.name, self._installed.version, dict(counts), cached, run.seconds, taken)

    def _wanted(self) -> list[Wanted]:
        files = [one for one in releases.manifest(self._found).contents() if not one.is_link]
        headers = Headers([one for one in files if not one.is_binary], self._read)
        return list(planning.wanted(self._tool, files, self._read, headers))

    def _read(self, digest: Digest) -> bytes:
        return self._store.document(digest.raw)

    def _worked_out(self, left: dict[bytes, Wanted], done: int, of: int) -> Iterator[dict[bytes, FileSaid]]:
        """Yield what the tool says of files that nothing is known of, in parts, each of which rests."""
        by_path = {one.file[0]: key for key, one in left.items()}
        units, content = self._units(left.values())
        fresh: dict[bytes, FileSaid] = {}
        lasting: dict[bytes, FileSaid] = {}
        self._progress(self._tool.name, done, of)
        job = Uid.new().text
        outcomes = fanout.run(
            self._ways.compute,
            list(units),
            FUNCTION,
            content=fanout.Content(job, 1, lambda digest: content.get(digest) or self._read(digest)),
            report=lambda _done, _of: None,
            is_out=lambda: False,
        )
        for outcome in outcomes:
            for one in self._answered(outcome, units[outcome.unit]):
                key = by_path[one.outcome.path]
                fresh[key] = one
                if outcome.kind is fanout.Kind.DONE and one.outcome.coverage in _LASTING:
                    lasting[key] = one
            done += len(units[outcome.unit].files)
            self._progress(self._tool.name, done, of)
            if len(lasting) >= _KEPT_AT_ONCE:
                results.keep(self._found.product, self._sarif, lasting)
                lasting = {}
        results.keep(self._found.product, self._sarif, lasting)
        yield fresh

    def _units(self, left: Iterable[Wanted]) -> tuple[dict[fanout.Unit, Description], dict[Digest, bytes]]:
        settings = json.dumps(
            {"digest": str(self._installed.digest), "folder": str(self._ways.tools), "tool": self._tool.name}
        )
        units: dict[fanout.Unit, Description] = {}
        content: dict[Digest, bytes] = {}
        for number, (description, size) in enumerate(planning.grouped(self._tool, left)):
            told = description.to_bytes()
            content[Digest.of(told)] = told
            digests = (Digest.of(told), *description.digests)
            units[fanout.Unit(str(number), digests, settings, float(max(1, size)))] = description
        return units, content

    def _answered(self, outcome: fanout.Outcome, description: Description) -> list[FileSaid]:
        """Return what is said of every file of a unit, whatever became of it."""
        if outcome.kind is fanout.Kind.DONE:
            return descriptions.parted(outcome.value)
        why = "the process that ran the tool ended" if outcome.kind is fanout.Kind.LOST else "the unit failed"
        return [FileSaid(Outcome(path, Coverage.CRASHED, why), (), 0.0) for path, _ in description.files]

    def _begun(self, wanted: Sequence[Wanted], cached: int, now: datetime) -> ScanRun:
        record = hashlib.sha256(
            json.dumps([self._tool.name, self._installed.version, str(self._installed.digest)]).encode()
        )
        for one in wanted:
            record.update(results.key_of(self._found.product, self._installed, one))
        assert self._installed.digest is not None  # noqa: S101 -- a tool that is ready has one
        run = ScanRun(
            uid=Uid.new().text,
            product=self._found.product.text,
            release=self._found.uid.text,
            tool=self._tool.name,
            tool_version=self._installed.version,
            tool_digest=self._installed.digest.raw,
            record=record.digest(),
            files=len(wanted),
            cached=cached,
            begun_at=now,
        )
        with journal.transaction():
            run.save()
            self._record("scans.begun", run, now, {})
        return run

    def _taken(self, said: Sequence[FileSaid], run: ScanRun, now: datetime) -> Taken:
        analysed = frozenset(one.outcome.path for one in said if one.outcome.coverage is Coverage.ANALYSED)
        gaps = {Coverage.CRASHED, Coverage.TIMED_OUT, Coverage.SKIPPED}
        looked = Looked(analysed, is_complete=all(one.outcome.coverage not in gaps for one in said))
        found = (result for one in sorted(said, key=_by_path) for result in one.results)
        intake = Intake(self._found, Digest(bytes(run.record)))
        return detections.take_results(self._actor, intake, sarif.Run(self._sarif), found, looked, now=now)

    def _ended(self, run: ScanRun, taken: Taken, counts: dict[str, int], seconds: float, now: datetime) -> None:
        run.report, run.counts, run.seconds, run.ended_at = taken.uid.text, counts, seconds, now
        with journal.transaction():
            run.save()
            self._record("scans.ended", run, now, {"counts": counts, "report": taken.uid.text})

    def _record(self, kind: str, run: ScanRun, now: datetime, more: dict[str, dict[str, int] | str]) -> None:
        journal.record(
            kind,
            actor=self._actor,
            at=now,
            subject=Uid(run.uid),
            fields={
                "cached": run.cached,
                "files": run.files,
                "record": bytes(run.record).hex(),
                "release": self._found.evidence(),
                "tool": {"digest": str(self._installed.digest), "name": run.tool, "version": run.tool_version},
                **more,
            },
        )


_LASTING: Final = frozenset({Coverage.ANALYSED, Coverage.SKIPPED, Coverage.NOT_APPLICABLE})
"""Outcomes that come again; what crashed or was too slow is tried again."""


def _by_path(said: FileSaid) -> TreePath:
    return said.outcome.path
