# SPDX-License-Identifier: Apache-2.0
"""How many units make one order: short ones together, so that carrying them costs little; long ones alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from glasshouse.engines.fanout.values import Unit

ORDER_SECONDS: Final = 0.5
LEAST_SECONDS: Final = 0.1  # carrying an order takes some milliseconds of all processes together
ORDER_UNITS: Final = 256
_NEWEST: Final = 0.3  # how much the newest measure counts


@dataclass(slots=True)
class Pace:
    """What a unit of weight has taken so far; unknown until the first answer, and orders are single units till then."""

    remaining: float
    seconds: float | None = None

    def learn(self, units: Sequence[Unit], seconds: float) -> None:
        """Take the time of some units into account."""
        measured = seconds / sum(unit.weight for unit in units)
        self.seconds = measured if self.seconds is None else (1 - _NEWEST) * self.seconds + _NEWEST * measured

    def next_order(self, pending: Sequence[Unit], start: int, *, workers: int) -> Sequence[Unit]:
        """Return the units of the next order, from `start` on.

        Towards the end orders get smaller, so that all workers end about together.
        """
        if self.seconds is None:
            return self._taken(pending[start : start + 1])
        share = self.remaining * self.seconds / (2 * workers)
        room = max(LEAST_SECONDS, min(ORDER_SECONDS, share))
        stop = start
        while stop < min(len(pending), start + ORDER_UNITS):
            room -= pending[stop].weight * self.seconds
            if room < 0 and stop > start:
                break
            stop += 1
        return self._taken(pending[start:stop])

    def _taken(self, units: Sequence[Unit]) -> Sequence[Unit]:
        self.remaining -= sum(unit.weight for unit in units)
        return units
