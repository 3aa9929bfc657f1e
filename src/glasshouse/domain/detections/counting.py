# SPDX-License-Identifier: Apache-2.0
"""Counting detections: one question for each report, which an index alone answers, and the rest is adding up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import Count, Q

from glasshouse.domain.detections import places
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.values import SEEN
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState

_FRESH = frozenset({DetectionState.NEW, DetectionState.REOPENED})


class Cell(NamedTuple):
    """What counted standings share. `is_new` says that the release before had them not."""

    report: int
    rule: int
    state: DetectionState
    severity: Severity
    is_suppressed: bool
    is_new: bool


def cells(report: Report, paths: Sequence[int] | None, among: Q | None = None) -> Iterator[tuple[Cell, int]]:
    """Count the standings of a report at some paths; None is everywhere. `among` leaves others out."""
    asked = among or Q()
    every = _counted(report, paths, asked)
    chain = since(report)
    if len(chain) == 1:
        for (rule, state, severity, is_suppressed), count in every.items():
            yield Cell(report.pk, rule, state, severity, is_suppressed, state in _FRESH), count
        return
    new = _counted(report, paths, asked & is_new(report))
    for key, count in every.items():
        for judged, part in ((True, new[key]), (False, count - new[key])):
            if part:
                yield Cell(report.pk, *key, judged), part


def since(report: Report) -> list[Report]:
    """Return the reports of a tool on this release, newest first, back to the one that another release's precedes."""
    chain = [report]
    while chain[-1].base is not None and chain[-1].base.release == report.release:
        chain.append(chain[-1].base)
    return chain


def is_new(report: Report) -> Q:
    """Return the condition that a standing is seen, and the release before had it not.

    A second report of one release calls new what the first one had not; those of both are new to the release.
    """
    fresh = [state.value for state in _FRESH]
    chain = since(report)
    if len(chain) == 1:
        return Q(state__in=fresh)
    arrived = Standing.objects.filter(report__in=[one.pk for one in chain], state__in=fresh).values("detection")
    return Q(state__in=[state.value for state in SEEN], detection__in=arrived)


def _counted(
    report: Report, paths: Sequence[int] | None, condition: Q
) -> Counter[tuple[int, DetectionState, Severity, bool]]:
    rows = places.at(Standing.objects.filter(condition, report=report), paths)
    grouped = rows.values_list("rule", "state", "severity", "is_suppressed").annotate(count=Count("pk")).order_by()
    found: Counter[tuple[int, DetectionState, Severity, bool]] = Counter()
    for rule, state, severity, is_suppressed, count in grouped:
        found[rule, DetectionState(state), Severity(severity), is_suppressed] = count
    return found
