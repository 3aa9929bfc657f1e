# SPDX-License-Identifier: Apache-2.0
"""Questions about detections."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from django.db.models import QuerySet

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import counting, places
from glasshouse.domain.detections.errors import NoReportError, NotComparableError
from glasshouse.domain.detections.models import Report, Standing, ToolRule
from glasshouse.domain.detections.values import SEEN, Difference, RuleName, Tally
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid

PURPOSE: Final = "detections"
WHOLE: Final = Patterns(("**",))


def newest_reports(release: Uid, *, party: str = "") -> list[Report]:
    """Return the newest report of each tool on a release, by the names of tools."""
    taken = Report.objects.exclude(taken_at=None).filter(release=release.text, party=party)
    newest: dict[str, Report] = {}
    for report in taken.order_by("taken_at", "pk"):
        newest[report.tool] = report
    return [newest[tool] for tool in sorted(newest)]


def report(uid: Uid) -> Report:
    """Return a report that was taken in; raises NoReportError."""
    found = Report.objects.exclude(taken_at=None).filter(uid=uid.text).first()
    if found is None:
        raise NoReportError
    return found


def tally(found: Report, patterns: Patterns = WHOLE) -> Tally:
    """Count the detections of a report at paths that the patterns cover; one that names no path is in none but all."""
    states: Counter[DetectionState] = Counter()
    severities: Counter[Severity] = Counter()
    by_rule: Counter[int] = Counter()
    for cell, count in counting.cells(found, _paths(found, patterns)):
        states[cell.state] += count
        if cell.state in SEEN:
            severities[cell.severity] += count
            by_rule[cell.rule] += count
    names = rule_names(Uid(found.product), by_rule)
    rules = sorted(((names[pk], count) for pk, count in by_rule.items()), key=lambda one: (-one[1], one[0].id))
    return Tally(states, severities, tuple(rules))


def covered(found: Report, patterns: Patterns) -> QuerySet[Standing]:
    """Return the standings of a report at paths that the patterns cover."""
    return places.at(Standing.objects.filter(report=found), _paths(found, patterns))


def path_rows(found: ReleaseRef, patterns: Patterns) -> list[int]:
    """Return the rows of the paths of a release that patterns cover."""
    return places.places_of(found).covered(patterns)


def _paths(found: Report, patterns: Patterns) -> list[int] | None:
    if patterns.is_whole:
        return None
    row = Release.objects.select_related("product").get(uid=found.release)
    return path_rows(releases.ref(row), patterns)


def difference(before: Report, after: Report) -> Difference:
    """Compare what two reports of one tool saw, whichever came first; raises NotComparableError."""
    if (before.product, before.party, before.tool) != (after.product, after.party, after.tool):
        raise NotComparableError("These reports are of different tools or products.")
    left, right = _seen(before), _seen(after)
    both = left.filter(detection__in=right.values("detection")).count()
    return Difference(left.count() - both, right.count() - both, both)


def rule_names(product: Uid, rules: Collection[int]) -> Mapping[int, RuleName]:
    """Return what rules are called, by their rows."""
    return {pk: name for pk, (_, name) in tagged_names(product, rules).items()}


def tagged_names(product: Uid, rules: Collection[int]) -> Mapping[int, tuple[bytes, RuleName]]:
    """Return the tag of rules and what they are called, by their rows."""
    key = vault.sealer(product, PURPOSE)
    found = {}
    for row in ToolRule.objects.filter(pk__in=list(rules)):
        tag = bytes(row.tag)
        told = json.loads(key.open(bytes(row.sealed), context=tag))
        found[row.pk] = (
            tag,
            RuleName(
                told["tool"], told["component"], told["id"], told["summary"], told["help_uri"], tuple(told["cwes"])
            ),
        )
    return found


def _seen(found: Report) -> QuerySet[Standing]:
    return Standing.objects.filter(report=found, state__in=[state.value for state in SEEN])
