# SPDX-License-Identifier: Apache-2.0
"""How many searches a person, and all of an organisation, may begin in a minute.

Each search costs a line at least, and tells a number: without a cap a program could count its way through what it may
not read at once. Several accounts of one organisation do not get round it together.
"""

import math
import time
from collections import OrderedDict, deque
from typing import Final

from glasshouse.engines.codeindex.search.questions import SearchBusyError
from glasshouse.kernel.ids import Uid

WINDOW: Final = 60.0
_REMEMBERED: Final = 10_000


class Rates:
    """Counts searches; in no minute, whenever it begins, are there more than these. The caller keeps threads apart."""

    def __init__(self, *, by_person: int, by_organisation: int) -> None:
        self._persons = _Windows(by_person)
        self._organisations = _Windows(by_organisation)

    def take(self, person: Uid, organisation: Uid) -> None:
        """Count one search; raises SearchBusyError when it comes too soon, and then counts nothing."""
        now = time.monotonic()
        for windows, who, said in (
            (self._persons, person, "You search"),
            (self._organisations, organisation, "Your organisation searches"),
        ):
            wait = windows.wait(who, now)
            if wait > 0:
                raise SearchBusyError(
                    f"{said} faster than this lab allows: {windows.most:,} searches a minute.",
                    hint=f"Go on in {math.ceil(wait)} s.",
                )
        self._persons.add(person, now)
        self._organisations.add(organisation, now)


class _Windows:
    """When each of some began their last searches."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._begun: OrderedDict[Uid, deque[float]] = OrderedDict()

    def wait(self, who: Uid, now: float) -> float:
        """Return in how many seconds they may begin one, 0 for now."""
        begun = self._begun.get(who)
        return max(0.0, begun[0] + WINDOW - now) if begun is not None and len(begun) == self.most else 0.0

    def add(self, who: Uid, now: float) -> None:
        begun = self._begun.pop(who, None)
        self._begun[who] = begun = deque(maxlen=self.most) if begun is None else begun
        begun.append(now)
        while len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
