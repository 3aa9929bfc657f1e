# SPDX-License-Identifier: Apache-2.0
"""Refusals leave a trace: those of signed-in people in the journal, anonymous ones as a count in the log."""

import logging
import threading
import time
from collections import Counter
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest

from glasshouse.domain.journal import commands as journal
from glasshouse.edges.http.routes import route_name
from glasshouse.edges.http.viewer import viewer_or_none
from glasshouse.kernel import clock

_log: Final = logging.getLogger(__name__)
REPORT_SECONDS: Final = 60


class AnonymousCount:
    """How often strangers were refused, by route and code; told to the log at most once a minute.

    Strangers are counted, not journalled: a flood of them would otherwise fill the journal.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._told_at = time.monotonic()

    def add(self, route: str, code: str) -> None:
        """Count one refusal, and tell the log when a minute has passed since it was last told."""
        with self._lock:
            self._counts[route, code] += 1
            now = time.monotonic()
            if now - self._told_at < REPORT_SECONDS:
                return
            counts, self._counts, self._told_at = self._counts, Counter(), now
        for (told_route, told_code), count in sorted(counts.items()):
            _log.info("http.anonymous-refused route=%s code=%s count=%d", told_route, told_code, count)

    def total(self) -> int:
        """Return how many were counted since the log was last told."""
        with self._lock:
            return self._counts.total()


anonymous: Final = AnonymousCount()


def note(request: HttpRequest, code: str) -> bool:
    """Leave the trace of one refusal; says whether it is in the journal."""
    viewer = viewer_or_none(request)
    if viewer is None:
        anonymous.add(route_name(request), code)
        return False
    try:
        with journal.transaction():
            journal.record(
                "http.refused",
                actor=viewer.uid.text,
                at=clock.now(),
                fields={"code": code, "route": route_name(request)},
            )
    except (DatabaseError, OSError) as error:
        # The refusal stands all the same; the page then does not claim that it was recorded.
        _log.error("http.refusal-not-recorded error=%s", type(error).__name__)
        return False
    return True
