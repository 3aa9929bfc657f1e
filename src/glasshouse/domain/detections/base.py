# SPDX-License-Identifier: Apache-2.0
"""The report that a new one is compared with, as columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.detections import queries, shelf
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.noted import SEVERITIES, RuleKey
from glasshouse.domain.releases import vault
from glasshouse.engines.identity import DetectionState
from glasshouse.engines.identity.tables import RECORD, Sightings
from glasshouse.kernel.ids import Uid

STATES: Final = tuple(DetectionState)
"""By the number that stands for one in a column."""
NO_ROW: Final = -1
_STATE: Final = {one.value: number for number, one in enumerate(STATES)}
_SEVERITY: Final = {one.value: number for number, one in enumerate(SEVERITIES)}
_ROW: Final = np.dtype(
    [
        ("detection", "i8"),
        ("known", "u1"),
        ("seen_in", "i8"),
        ("seen_number", "i8"),
        ("rule", "i8"),
        ("path", "i8"),
        ("severity", "u1"),
        ("blob", f"V{vault.OPAQUE_BYTES}"),
        ("first_line", "i8"),
        ("last_line", "i8"),
        ("is_suppressed", "?"),
    ]
)
_READ: Final = 2_000


@dataclass(frozen=True, slots=True)
class Base:
    """Standings in the order of their numbers, and what identity sees of them. `rules` names the rows of rules."""

    rows: NDArray[np.void]
    sightings: Sightings
    rules: Mapping[int, RuleKey]

    @classmethod
    def of(cls, report: Report | None) -> Self:
        """Read the standings of a report; none has none."""
        if report is None:
            return cls(np.empty(0, _ROW), Sightings(np.empty(0, RECORD), ()), {})
        product = Uid(report.product)
        rows = np.fromiter(_rows(report), _ROW)
        kept = shelf.Kept(product, report.pack).sightings(len(rows))
        names = queries.rule_names(product, np.unique(rows["rule"]).tolist())
        return cls(rows, kept, {row: (name.component, name.id) for row, name in names.items()})

    def __len__(self) -> int:
        """Return how many standings there are."""
        return len(self.rows)

    def rule_places(self, rules: Mapping[RuleKey, int]) -> NDArray[np.int64]:
        """Return for each standing the number that its rule has among others, -1 for none."""
        every, which = np.unique(self.rows["rule"], return_inverse=True)
        return np.array([rules.get(self.rules[row], -1) for row in every.tolist()], np.int64)[which]

    def path(self, place: int) -> bytes:
        """Return the path of a standing, empty where it has none."""
        return self.sightings.path(place)


def _rows(report: Report) -> Iterator[tuple[Any, ...]]:
    told = Standing.objects.filter(report=report).order_by("number").values_list(*_ROW.names or ())
    for detection, known, seen_in, number, rule, path, severity, blob, first, last, suppressed in told.iterator(_READ):
        path_row = NO_ROW if path is None else path
        opaque = bytes(blob).ljust(vault.OPAQUE_BYTES, b"\0")
        rank = _SEVERITY[severity]
        yield detection, _STATE[known], seen_in, number, rule, path_row, rank, opaque, first, last, suppressed
