# SPDX-License-Identifier: Apache-2.0
"""Two releases by what tools found: what came, what went and what stayed, by rule. Tools of one release are told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from glasshouse.domain.detections import queries
from glasshouse.domain.detections.errors import NotComparableError
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.sights import Sight
from glasshouse.domain.detections.values import SEEN, RuleName
from glasshouse.engines.identity import DetectionState

_SEEN = [state.value for state in SEEN]


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule's detections: seen in the newer release alone, in the older alone, in both.

    `unknown` were seen in the older release, and nobody looked for them in the newer one: they did not go.
    """

    rule: RuleName
    tag: bytes
    came: int
    went: int
    unknown: int
    stayed: int


@dataclass(frozen=True, slots=True)
class Differing:
    """What differs; `only_before` and `only_after` are tools that have results of one of the releases alone."""

    rules: Sequence[Changed]
    only_before: Sequence[str]
    only_after: Sequence[str]

    def total(self, name: str) -> int:
        """Add one of the counts up."""
        return sum(getattr(one, name) for one in self.rules)


def differing(before: Sight, after: Sight) -> Differing:
    """Compare the newest reports of two releases of a product, as far as each may be seen.

    Raises NotComparableError for releases of different products.
    """
    if before.release.product != after.release.product:
        raise NotComparableError("These releases are of different products.")
    old = {(one.party, one.tool): one for one in before.reports()}
    new = {(one.party, one.tool): one for one in after.reports()}
    counts: dict[str, Counter[int]] = {name: Counter() for name in ("came", "went", "unknown", "stayed")}
    for name in old.keys() & new.keys():
        left, right = _seen(before, old[name]), _seen(after, new[name])
        there, here = Q(detection__in=_detections(left)), Q(detection__in=_detections(right))
        # What moved to where it may not be seen went, as a file that moves out of a grant does for its holder.
        looked = Standing.objects.filter(report=new[name], state__in=[*_SEEN, DetectionState.ABSENT.value])
        is_known = Q(detection__in=_detections(looked))
        counts["came"].update(_by_rule(right.exclude(there)))
        counts["stayed"].update(_by_rule(right.filter(there)))
        counts["went"].update(_by_rule(left.filter(is_known).exclude(here)))
        counts["unknown"].update(_by_rule(left.exclude(is_known)))
    names = queries.tagged_names(after.release.product, set().union(*counts.values()))
    rules = [
        Changed(name, tag, **{kind: found[pk] for kind, found in counts.items()}) for pk, (tag, name) in names.items()
    ]
    return Differing(
        sorted(rules, key=lambda one: (-one.came, -one.went, -one.stayed, one.rule.tool, one.rule.id)),
        sorted(tool for _, tool in old.keys() - new.keys()),
        sorted(tool for _, tool in new.keys() - old.keys()),
    )


def _seen(sight: Sight, report: Report) -> QuerySet[Standing]:
    return queries.covered(report, sight.patterns).filter(state__in=_SEEN)


def _detections(rows: QuerySet[Standing]) -> QuerySet[Standing, int]:
    return rows.values_list("detection", flat=True)


def _by_rule(rows: QuerySet[Standing]) -> dict[int, int]:
    return dict(rows.values_list("rule").annotate(count=Count("pk")).order_by())
