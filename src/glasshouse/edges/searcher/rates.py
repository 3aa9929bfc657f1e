# SPDX-License-Identifier: Apache-2.0
"""How many searches a person may begin: as fast as somebody types for a while, not as fast as a program asks."""

import time
from collections import OrderedDict
from typing import Final

from glasshouse.engines.codeindex.search.questions import SearchBusyError
from glasshouse.kernel.ids import Uid

AT_ONCE: Final = 60.0
A_SECOND: Final = 5.0
_REMEMBERED: Final = 10_000


class Rates:
    """Counts searches by person; the caller keeps threads apart."""

    def __init__(self) -> None:
        self._left: OrderedDict[Uid, tuple[float, float]] = OrderedDict()

    def take(self, person: Uid) -> None:
        """Count one search; raises SearchBusyError when it comes too soon."""
        now = time.monotonic()
        left, at = self._left.pop(person, (AT_ONCE, now))
        left = min(AT_ONCE, left + (now - at) * A_SECOND)
        self._left[person] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if left < 1:
            raise SearchBusyError("You search faster than people do.", hint="Wait some seconds, then go on.")
