# SPDX-License-Identifier: Apache-2.0
"""When a session was last seen, told coarsely: a page costs no write and no question of its own for it."""

import logging
import time
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from glasshouse.domain.people import commands as people
from glasshouse.kernel import clock

_log: Final = logging.getLogger(__name__)
_MOST: Final = 10_000


class SeenMiddleware:
    """Remembers in this process which sessions it noted lately; once in five minutes it notes one, after its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer; nothing is noted yet."""
        self._next = get_response
        self._noted: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer first: what was asked is recorded by then, and is not lost if this cannot be noted."""
        response = self._next(request)
        key = request.session.session_key
        if key and time.monotonic() >= self._noted.get(key, 0.0) and request.user.is_authenticated:
            self._note(key, str(request.META.get("REMOTE_ADDR", "")))
        return response

    def _note(self, key: str, address: str) -> None:
        if len(self._noted) >= _MOST:
            self._noted.clear()
        self._noted[key] = time.monotonic() + people.SEEN_EVERY.total_seconds()
        try:
            people.note_seen(key, address, now=clock.now())
        except (DatabaseError, OSError) as error:
            _log.warning("http.seen-not-noted error=%s", type(error).__name__)
