# SPDX-License-Identifier: Apache-2.0
"""What is kept of the results of a run while its report is made.

Columns, for as objects a hundred thousand of them would take a hundred megabytes.
"""

import hashlib
from array import array
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glasshouse.engines.formats import sarif
from glasshouse.engines.identity.hints import naming_one
from glasshouse.engines.identity.tables import hint_of, hints_of, numbered
from glasshouse.kernel.paths import TreePath

SEVERITIES: Final = tuple(sarif.Severity)
"""By the number that stands for one in a column."""
NO_PLACE: Final = 0
"""The place of a result that names no path."""
RuleKey = tuple[str, str]
"""A rule by the plug-in that brought it, "" for the tool itself, and its id."""
_RANK: Final = {one: number for number, one in enumerate(SEVERITIES)}
_PRINT: Final = 16


class Noted:
    """Results in the order of their report. No line, and no column, is 0."""

    def __init__(self) -> None:
        self.rules: dict[RuleKey, int] = {}
        self.paths: dict[TreePath | None, int] = {None: NO_PLACE}
        self.rule = array("I")
        self.path = array("I")
        self.first = array("I")
        self.last = array("I")
        self.column = array("I")
        self.severity = array("B")
        self.is_suppressed = array("B")
        self._prints = bytearray()
        self._owners = array("I")

    def __len__(self) -> int:
        """Return how many results were noted."""
        return len(self.rule)

    def add(self, result: sarif.Result) -> None:
        """Note a result."""
        place = result.place or sarif.Location()
        region = place.region
        told = [*result.fingerprints, *result.partial_fingerprints]
        for one in sorted({(name, _short(value)) for name, value in told if name and value}):
            self._prints += hint_of("=".join(one))
            self._owners.append(len(self))
        self.rule.append(self.rules.setdefault((result.component, result.rule_id), len(self.rules)))
        self.path.append(self.paths.setdefault(place.path, len(self.paths)))
        self.first.append(region.start_line if region else 0)
        self.last.append(region.end_line if region else 0)
        self.column.append(region.start_column if region else 0)
        self.severity.append(_RANK[result.severity])
        self.is_suppressed.append(any(one.status is sarif.SuppressionStatus.ACCEPTED for one in result.suppressions))

    def named(self) -> Sequence[TreePath | None]:
        """Return the paths by their places."""
        return list(self.paths)

    def hints(self, likeness: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return for each result its first fingerprint that names one thing alone, in short; zeros for none."""
        prints = hints_of([bytes(self._prints[at : at + _PRINT]) for at in range(0, len(self._prints), _PRINT)])
        owners = np.frombuffer(self._owners, np.uint32) if self._owners else np.empty(0, np.uint32)
        alike, _ = numbered(likeness)
        is_one = naming_one(numbered(prints)[0], alike[owners])
        found = np.zeros((len(self), 2), np.uint64)
        found[owners[is_one][::-1]] = prints[is_one][::-1]  # of several the first is written last, and stays
        return found


def _short(value: str) -> str:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).hexdigest()
