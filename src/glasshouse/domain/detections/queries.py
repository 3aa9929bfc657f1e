# SPDX-License-Identifier: Apache-2.0
"""Questions about detections."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.expressions import RawSQL

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections.errors import NoReportError, NotComparableError
from glasshouse.domain.detections.models import CodePath, Report, Standing, ToolRule
from glasshouse.domain.detections.values import SEEN, Difference, RuleName, Tally
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import searching, vault
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
    rows = covered(found, patterns).values("rule", "state", "severity").annotate(count=Count("pk"))
    for row in rows.order_by():
        state = DetectionState(row["state"])
        states[state] += row["count"]
        if state in SEEN:
            severities[Severity(row["severity"])] += row["count"]
            by_rule[row["rule"]] += row["count"]
    names = rule_names(Uid(found.product), by_rule)
    rules = sorted(((names[pk], count) for pk, count in by_rule.items()), key=lambda one: (-one[1], one[0].id))
    return Tally(states, severities, tuple(rules))


def covered(found: Report, patterns: Patterns) -> QuerySet[Standing]:
    """Return the standings of a report at paths that the patterns cover."""
    rows = Standing.objects.filter(report=found)
    if patterns.is_whole:
        return rows
    row = Release.objects.select_related("product").get(uid=found.release)
    paths = path_rows(releases.ref(row), patterns)
    # As one value: a database takes so many parameters and no more.
    if connection.vendor == "sqlite":
        among = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(paths)])
    else:
        among = RawSQL("SELECT unnest(%s::bigint[])", [paths])
    return rows.filter(path__in=among)


def path_rows(found: ReleaseRef, patterns: Patterns) -> list[int]:
    """Return the rows of the paths of a release that patterns cover."""
    files = searching.files_of(found.product, found.root, settings.GLASSHOUSE.search_file_bytes)
    visible = np.flatnonzero(searching.narrowed(files, [patterns], "")).tolist()
    tags = {vault.path_id(found.product, files.raw_path(one)) for one in visible}
    known = CodePath.objects.filter(product=found.product.text).values_list("pk", "tag")
    return [pk for pk, tag in known if bytes(tag) in tags]


def difference(before: Report, after: Report) -> Difference:
    """Compare what two reports of one tool saw, whichever came first; raises NotComparableError."""
    if (before.product, before.party, before.tool) != (after.product, after.party, after.tool):
        raise NotComparableError("These reports are of different tools or products.")
    left, right = _seen(before), _seen(after)
    both = left.filter(detection__in=right.values("detection")).count()
    return Difference(left.count() - both, right.count() - both, both)


def rule_names(product: Uid, rules: Collection[int]) -> Mapping[int, RuleName]:
    """Return what rules are called, by their rows."""
    key = vault.sealer(product, PURPOSE)
    found = {}
    for row in ToolRule.objects.filter(pk__in=list(rules)):
        told = json.loads(key.open(bytes(row.sealed), context=bytes(row.tag)))
        found[row.pk] = RuleName(
            told["tool"], told["component"], told["id"], told["summary"], told["help_uri"], tuple(told["cwes"])
        )
    return found


def _seen(found: Report) -> QuerySet[Standing]:
    return Standing.objects.filter(report=found, state__in=[state.value for state in SEEN])
