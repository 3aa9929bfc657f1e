# SPDX-License-Identifier: Apache-2.0
"""What tools found, written for elsewhere: as SARIF what was seen, as JSON and CSV all that is known, with its state.

The same reports give the same bytes, nothing is cut, and however much it is, little of it is in memory at a time.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Final

from glasshouse.domain.detections import listing, queries, shelf
from glasshouse.domain.detections.errors import NoReportError
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.sights import Sight
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases.models import Release
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.texts import unhidden

_PART: Final = shelf.A_BLOCK * 16
_IDENTITY: Final = "glasshouse/detection/v1"
_COLUMNS: Final = (
    "detection",
    "state",
    "severity",
    "severity_raw",
    "tool",
    "tool_version",
    "component",
    "rule",
    "cwes",
    "path",
    "outside",
    "first_line",
    "last_line",
    "message",
    "suppressed",
    "first_seen",
)
_FORMULA: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20|%")
_BASELINE: Final = {
    DetectionState.NEW: sarif.BaselineState.NEW,
    DetectionState.REOPENED: sarif.BaselineState.NEW,
    DetectionState.UNCHANGED: sarif.BaselineState.UNCHANGED,
    DetectionState.MOVED: sarif.BaselineState.UNCHANGED,
    DetectionState.EDITED: sarif.BaselineState.UPDATED,
}
Value = str | int | bool | list[int] | None


class Form(StrEnum):
    """How detections are written."""

    SARIF = "sarif"
    CSV = "csv"
    JSON = "json"

    @classmethod
    def parse(cls, text: str) -> "Form":
        """Read a form's name."""
        try:
            return cls(text)
        except ValueError as error:
            named = ", ".join(cls)
            raise InvalidError("Detections are not written in this form.", hint=f"Name one of {named}.") from error


def export(actor: str, sight: Sight, form: Form, *, now: datetime, tool: str = "") -> Iterator[bytes]:
    """Record that detections are carried off, and return them in pieces; the entry is durable when this returns.

    Raises NoReportError where no tool's results, or none of this tool, may be seen.
    """
    reports = sight.reports(tool=tool)
    if not reports:
        raise NoReportError("No tool's results of this release are here.", hint="Take some in, or start a scan.")
    with journal.transaction():
        journal.record(
            "detections.exported",
            actor=actor,
            at=now,
            subject=sight.release.uid,
            fields={
                "form": form.value,
                "release": sight.release.evidence(),
                "reports": [one.uid for one in reports],
                "tool": tool,
            },
        )
    return _WRITERS[form](sight, reports)


def _as_sarif(sight: Sight, reports: Sequence[Report]) -> Iterator[bytes]:
    return sarif.written((_run(sight, one), _results(sight, one)) for one in reports)


def _run(sight: Sight, report: Report) -> sarif.Run:
    return shelf.Kept(sight.release.product, report.pack).run()


def _results(sight: Sight, report: Report) -> Iterator[sarif.Result]:
    for standing, told in _told(sight, report):
        state = DetectionState(standing.state)
        if state in SEEN:
            known = ((_IDENTITY, standing.detection.uid),)
            others = tuple(one for one in told.partial_fingerprints if one[0] != _IDENTITY)
            yield replace(told, baseline_state=_BASELINE[state], partial_fingerprints=others + known)


def _as_json(sight: Sight, reports: Sequence[Report]) -> Iterator[bytes]:
    head = json.dumps({"product": sight.release.product_slug, "version": sight.release.version}, sort_keys=True)
    yield f'{{"release":{head},"detections":['.encode()
    for number, row in enumerate(_rows(sight, reports)):
        yield f"{',' if number else ''}\n{json.dumps(row, sort_keys=True)}".encode()
    yield b"\n]}\n"


def _as_csv(sight: Sight, reports: Sequence[Report]) -> Iterator[bytes]:
    yield _line(_COLUMNS)
    for row in _rows(sight, reports):
        yield _line([_cell(row[name]) for name in _COLUMNS])


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Value) -> str:
    """Write a value for a spreadsheet, which takes what begins with some characters for something to compute."""
    if isinstance(value, list):
        return " ".join(f"CWE-{one}" for one in value)
    if not isinstance(value, str):
        return "" if value is None else str(value).lower()
    said = unhidden(value).replace("\n", "\\n").replace("\t", "\\t")
    return f"'{said}" if said.lstrip()[:1] in _FORMULA and said.strip() else said


def _rows(sight: Sight, reports: Sequence[Report]) -> Iterator[Mapping[str, Value]]:
    versions = dict(Release.objects.filter(product__uid=sight.release.product.text).values_list("uid", "version"))
    return chain.from_iterable(_of_report(sight, report, versions) for report in reports)


def _of_report(sight: Sight, report: Report, versions: Mapping[str, str]) -> Iterator[Mapping[str, Value]]:
    rules = Standing.objects.filter(report=report).values_list("rule", flat=True).distinct()
    names = queries.rule_names(sight.release.product, set(rules))
    for standing, told in _told(sight, report):
        place, rule = told.place or sarif.Location(), names[standing.rule_id]
        yield {
            "detection": standing.detection.uid,
            "state": standing.state,
            "severity": standing.severity,
            "severity_raw": told.severity_raw,
            "tool": report.tool,
            "tool_version": report.version,
            "component": rule.component,
            "rule": rule.id,
            "cwes": list(told.cwes or rule.cwes),
            "path": str(place.path) if place.path else "",
            "outside": place.outside,
            "first_line": standing.first_line or None,
            "last_line": standing.last_line or None,
            "message": told.message,
            "suppressed": standing.is_suppressed,
            "first_seen": versions.get(standing.detection.first.release, ""),
        }


def _told(sight: Sight, report: Report) -> Iterator[tuple[Standing, sarif.Result]]:
    """Yield all standings of a report with what the tool said, in the order of their numbers, some at a time."""
    covered = queries.covered(report, sight.patterns).order_by("number").select_related("detection__first")
    rows = covered.iterator(chunk_size=_PART)
    while part := list(islice(rows, _PART)):
        told = listing.details(sight.release.product, part)
        yield from ((one, told[one.pk]) for one in part)


_WRITERS: Final = {Form.SARIF: _as_sarif, Form.CSV: _as_csv, Form.JSON: _as_json}
