# SPDX-License-Identifier: Apache-2.0
"""Counting requests: what came in, and how it was answered, each in the period in which it happened.

Both are counted apart, so that the numbers of a period that is over never change, and no two exports can be compared
to single one request out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from glasshouse.domain.engagements.models import Request
from glasshouse.domain.engagements.queries import finding
from glasshouse.domain.engagements.rules import period_of
from glasshouse.domain.engagements.values import State
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.sites.demand import Demand
from glasshouse.kernel.errors import NotFoundError

_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """The requests of one quarter: received by category and by country, answered by outcome and by ground."""

    period: str
    received: int
    settled: int
    categories: Mapping[str, int]
    countries: Mapping[str, int]
    outcomes: Mapping[str, int]
    grounds: Mapping[str, int]


def tally(viewer: Viewer) -> list[PeriodCount]:
    """Return the counts of every period, newest first, for those who see each request; nothing is hidden from them."""
    if not finding.sees_all(viewer):
        raise NotFoundError
    return counts()


def demand(viewer: Viewer, now: datetime) -> list[Demand]:
    """Return how often a year's requests came from each country for each product or service, for those who arrange.

    A request that is not vetted yet is for nothing that has a name here; one that was withdrawn asks for nothing.
    """
    if not finding.arranges(viewer):
        raise NotFoundError
    asked = Request.objects.filter(asked_at__gt=now - _YEAR).exclude(state=State.WITHDRAWN)
    rows = asked.values_list("country", "product", "service").annotate(Count("pk")).order_by("country")
    slugs = releases.product_slugs()
    return [Demand(country, service or slugs.get(product, ""), number) for country, product, service, number in rows]


def counts(*, before: datetime | None = None) -> list[PeriodCount]:
    """Return the counts of every period, or of those that were over at a moment, newest first.

    For rooms above that answer nobody in particular: they MUST hide small numbers.
    """
    rows = list(Request.objects.values_list("asked_at", "settled_at", "category", "country", "state", "ground"))
    received: dict[str, list[tuple[str, str]]] = {}
    settled: dict[str, list[tuple[str, str]]] = {}
    for asked_at, settled_at, category, country, state, ground in rows:
        received.setdefault(period_of(asked_at), []).append((category, country))
        if settled_at is not None:
            settled.setdefault(period_of(settled_at), []).append((state, ground))
    over = period_of(before) if before else None
    periods = sorted(received.keys() | settled.keys(), reverse=True)
    return [
        _count(period, received.get(period, []), settled.get(period, []))
        for period in periods
        if over is None or period < over
    ]


def _count(period: str, received: Sequence[tuple[str, str]], settled: Sequence[tuple[str, str]]) -> PeriodCount:
    return PeriodCount(
        period=period,
        received=len(received),
        settled=len(settled),
        categories=_sorted(category for category, _ in received),
        countries=_sorted(country for _, country in received),
        outcomes=_sorted(state for state, _ in settled),
        grounds=_sorted(ground for state, ground in settled if state == State.REFUSED),
    )


def _sorted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
