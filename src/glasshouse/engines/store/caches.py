# SPDX-License-Identifier: Apache-2.0
"""A cache in memory that is bounded by what it holds, not by how many."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """The values used last, at most `limit` bytes of them by their callers' estimates. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value, now the one used last, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, *, cost: int) -> None:
        """Keep a value of so many bytes, letting go of those unused for longest; one above the limit is not kept."""
        with self._lock:
            old = self._values.pop(key, None)
            self._held -= old[1] if old else 0
            if cost > self._limit:
                return
            self._values[key] = (value, cost)
            self._held += cost
            while self._held > self._limit:
                self._held -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._values.clear()
            self._held = 0

    @property
    def held(self) -> int:
        """Return how many bytes are held, by the callers' estimates."""
        return self._held
