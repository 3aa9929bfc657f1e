# SPDX-License-Identifier: Apache-2.0
"""Where another house is asked for: a pure function over counts of requests, which other rooms hand in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

LEAST: Final = 5
"""So many requests a year from a country without a house make a proposal."""


@dataclass(frozen=True, slots=True)
class Demand:
    """How many requests came from a country for one product or service; an empty country is not known."""

    country: str
    product: str
    requests: int


@dataclass(frozen=True, slots=True)
class SiteProposal:
    """A house that is proposed: where, on how many requests, for what, the most asked for first."""

    country: str
    requests: int
    products: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the requests say: houses proposed, and how many requests speak for none of them.

    `served` came from countries with a house, `few` from countries with too few, `unknown` from nobody knows where.
    The four parts, proposals included, add up to all requests.
    """

    proposals: tuple[SiteProposal, ...]
    served: int
    few: int
    unknown: int


def outlook(demand: Iterable[Demand], housed: Collection[str], *, least: int = LEAST) -> Outlook:
    """Propose a house for each country that has none and asked at least so often, the one that asked most first."""
    asked: dict[str, dict[str, int]] = {}
    for one in demand:
        products = asked.setdefault(one.country, {})
        products[one.product] = products.get(one.product, 0) + one.requests
    totals = {country: sum(products.values()) for country, products in asked.items()}
    served = sum(total for country, total in totals.items() if country in housed)
    unknown = totals.get("", 0)
    without = {country: total for country, total in totals.items() if country and country not in housed}
    proposals = tuple(
        SiteProposal(country, total, tuple(sorted(asked[country].items(), key=_most)))
        for country, total in sorted(without.items(), key=_most)
        if total >= least
    )
    few = sum(total for total in without.values() if total < least)
    return Outlook(proposals, served, few, unknown)


def _most(named: tuple[str, int]) -> tuple[int, str]:
    name, count = named
    return -count, name
