# SPDX-License-Identifier: Apache-2.0
"""Taking in what tools say of a release."""

import hashlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Final

from glasshouse.domain.detections import queries, rows, shelf
from glasshouse.domain.detections.base import Base
from glasshouse.domain.detections.models import Detection, Report, Standing
from glasshouse.domain.detections.sightings import Tree
from glasshouse.domain.detections.taking import Heard, Taking, claimed
from glasshouse.domain.detections.values import Intake, Looked, Said, Taken
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Release
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity import SCHEME, DetectionState
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.memory import without_cycles

Progress = Callable[[int, int], None]
"""Called with results read so far, and how many there are."""
_USUAL: Final = Said()


def take_reports(
    actor: str,
    product: str,
    version: str,
    source: Path,
    *,
    now: datetime,
    said: Said = _USUAL,
    progress: Progress = lambda _done, _of: None,
) -> tuple[Taken, ...]:
    """Take a SARIF file in for a release, whole or not at all, a report for each of its runs.

    The same file again changes nothing. Raises ReleaseUnknownError, InvalidSarifError with place and reason,
    ReportsBusyError, KeyDestroyedError.
    """
    row = releases.named(product, version)
    found = releases.ref(row)
    vault.ring().open(found.product)
    with shelf.sole_writer(found.product), _regular(source) as file, without_cycles():
        _remove_unfinished(found.product)
        digest = Digest(hashlib.file_digest(file, "sha256").digest())
        intake = Intake(found, digest, said.party, claims_complete=said.is_complete)
        if here := _here(intake):
            return here
        log, tree = sarif.read(file, root=said.root), Tree(found)
        reports = [
            _take(
                intake,
                Heard(number, run, claimed(run, tree, is_complete=said.is_complete)),
                results,
                tree=tree,
                now=now,
                progress=progress,
            )
            for number, run, results in _by_run(log)
        ]
        omitted = {one.value: count for one, count in sorted(log.omitted.items()) if count}
        _finish(actor, reports, intake, omitted, now=now)
    return tuple(_taken(report, is_new=True) for report in reports)


def take_results(
    actor: str, intake: Intake, run: sarif.Run, results: Iterator[sarif.Result], looked: Looked, *, now: datetime
) -> Taken:
    """Take in what a tool said that the lab itself ran, whole or not at all, and once under the report's chosen uid.

    Raises as `take_reports` does.
    """
    with shelf.sole_writer(intake.release.product), without_cycles():
        _remove_unfinished(intake.release.product)
        if intake.uid is not None and (here := Report.objects.filter(uid=intake.uid.text).first()) is not None:
            return _taken(here, is_new=False)
        heard = Heard(0, run, looked)
        report = _take(intake, heard, results, tree=Tree(intake.release), now=now, progress=lambda _done, _of: None)
        _finish(actor, [report], intake, {}, now=now)
    return _taken(report, is_new=True)


def taken(uid: Uid) -> Taken:
    """Say again what a report brought; raises NoReportError."""
    return _taken(queries.report(uid), is_new=False)


def _finish(
    actor: str, reports: Sequence[Report], intake: Intake, omitted: Mapping[str, int], *, now: datetime
) -> None:
    with journal.transaction():
        for report in reports:
            report.counts |= {"omitted": dict(omitted)}
            report.taken_at = now
            report.save(update_fields=["counts", "taken_at"])
            _record(actor, report, intake, now=now)


def _regular(source: Path) -> BufferedReader:
    handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe without a writer would be waited for
    told = os.fstat(handle)
    if not stat.S_ISREG(told.st_mode):
        os.close(handle)
        raise InvalidError("A file of results is a plain file.")
    if told.st_size > sarif.Limits().bytes:  # before all of it is read for its digest
        os.close(handle)
        raise sarif.SarifTooLargeError(f"the file is longer than {sarif.Limits().bytes} bytes")
    return open(handle, "rb")  # noqa: PTH123 -- of a handle, not of a path


def _by_run(log: sarif.Log) -> Iterator[tuple[int, sarif.Run, Iterator[sarif.Result]]]:
    """Yield every run with its results, also one that has none."""
    grouped = itertools.groupby(log.results(), key=lambda one: one[0])
    waiting = next(grouped, None)
    for number, run in enumerate(log.runs):
        if waiting is None or waiting[0] != number:
            yield number, run, iter(())
            continue
        yield number, run, (result for _, result in waiting[1])
        waiting = next(grouped, None)


def _take(
    intake: Intake,
    heard: Heard,
    results: Iterator[sarif.Result],
    *,
    tree: Tree,
    now: datetime,
    progress: Progress,
) -> Report:
    """Write all of a report but that it is taken."""
    product, run = intake.release.product, heard.run
    report = Report(
        uid=(intake.uid or Uid.new()).text,
        product=product.text,
        release=intake.release.uid.text,
        party=intake.party,
        tool=run.tool.name[:120],
        version=run.tool.version[:120],
        digest=intake.digest.raw,
        number=heard.number,
        scheme=SCHEME,
        is_complete=heard.looked.is_complete,
        asked_at=now,
    )
    report.base = _base(report)
    taking = Taking(
        tree=tree,
        run=run,
        base=Base.of(report.base),
        looked=heard.looked,
        known_in=report.base.pk if report.base and report.base.counts["has_symbols"] else None,
        progress=progress,
    )
    report.pack = shelf.write(product, taking.blocks(results))
    report.counts = {
        "claims_complete": intake.claims_complete,
        "folded": taking.folded,
        "has_symbols": tree.has_symbols,
        "not_failed": taking.not_failed,
        "outside": taking.outside,
        "results": taking.results,
        "states": {state.value: count for state, count in sorted(taking.states().items())},
    }
    with journal.transaction():
        report.save()
    rows.write_standings(taking, product, report)
    return report


def _base(report: Report) -> Report | None:
    """Return what a report is compared with: the tool's last one of the release, else of the nearest release."""
    taken = Report.objects.exclude(taken_at=None).filter(
        product=report.product, party=report.party, tool=report.tool, scheme=report.scheme
    )
    order = list(Release.objects.filter(product__uid=report.product).order_by("pk").values_list("uid", flat=True))
    here = order.index(report.release)
    for release in (*reversed(order[: here + 1]), *order[here + 1 :]):
        newest = taken.filter(release=release).order_by("-taken_at", "-pk").first()
        if newest is not None:
            return newest
    return None


def _here(intake: Intake) -> tuple[Taken, ...]:
    """Return the reports of this very file, where each is the one that a next report would be compared with."""
    same = Report.objects.exclude(taken_at=None).filter(
        release=intake.release.uid.text, digest=intake.digest.raw, party=intake.party
    )
    reports = [one for one in same.order_by("number") if one.counts["claims_complete"] == intake.claims_complete]
    if any(_base(report) != report for report in reports):
        return ()
    return tuple(_taken(report, is_new=False) for report in reports)


def _remove_unfinished(product: Uid) -> None:
    """Remove what an intake left that was killed before its end."""
    unfinished = Report.objects.filter(product=product.text, taken_at=None)
    for report in unfinished:
        with journal.transaction():
            Standing.objects.filter(report=report).delete()
            Detection.objects.filter(first=report).delete()
            report.delete()
    packs = Report.objects.filter(product=product.text).values_list("pack", flat=True)
    shelf.remove_others(product, set(packs))


def _record(actor: str, report: Report, intake: Intake, *, now: datetime) -> None:
    counts: Mapping[str, int] = report.counts["states"]
    fields: Fields = {
        "base": report.base.uid if report.base else "",
        "claims_complete": intake.claims_complete,
        "digest": str(intake.digest),
        "is_complete": report.is_complete,
        "release": intake.release.evidence(),
        "results": report.counts["results"],
        "run": report.number,
        "scheme": report.scheme,
        "states": dict(counts),
        "tool": report.tool,
        "version": report.version,
    }
    # What one party alone sees, its side alone reads; that there is a report is for both.
    sealed = bool(report.party)
    journal.record(
        "detections.report-taken",
        actor=actor,
        at=now,
        subject=Uid(report.uid),
        fields=None if sealed else fields,
        visitor=fields if sealed else None,
    )


def _taken(report: Report, *, is_new: bool) -> Taken:
    told = report.counts
    base = Release.objects.filter(uid=report.base.release).values_list("version", flat=True) if report.base else []
    return Taken(
        uid=Uid(report.uid),
        tool=report.tool,
        results=told["results"],
        folded=told["folded"],
        not_failed=told["not_failed"],
        outside=told["outside"],
        omitted=told["omitted"],
        states={DetectionState(state): count for state, count in told["states"].items()},
        base=next(iter(base), ""),
        is_new=is_new,
    )
