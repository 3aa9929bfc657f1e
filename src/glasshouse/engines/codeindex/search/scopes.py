# SPDX-License-Identifier: Apache-2.0
"""What may be searched: documents, and at how many visible paths each stands. All else is left unread."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.loading import Loaded


class Scope:
    """Some documents of a corpus, by number; one that came later is in no scope made before it.

    Threads may share it. It keeps no text and no segment alive.
    """

    __slots__ = ("_documents", "_weights", "_widths")

    def __init__(self, weights: npt.NDArray[np.int64]) -> None:
        """Take the visible paths of each number; none where it is not to be searched."""
        self._weights = weights
        self._documents: WeakKeyDictionary[Loaded, npt.NDArray[np.int64]] = WeakKeyDictionary()
        self._widths: WeakKeyDictionary[Loaded, npt.NDArray[np.int64]] = WeakKeyDictionary()

    def of_documents(self, loaded: Loaded) -> npt.NDArray[np.int64]:
        """Return the visible paths of each document of a segment."""
        found = self._documents.get(loaded)
        if found is None:
            is_known = (loaded.numbers >= 0) & (loaded.numbers < len(self._weights))
            found = np.zeros(len(loaded.numbers), dtype=np.int64)
            found[is_known] = self._weights[loaded.numbers[is_known]]
            self._documents[loaded] = found
        return found

    def of_chunks(self, loaded: Loaded) -> npt.NDArray[np.int64]:
        """Return the visible paths of each chunk of a segment."""
        found = self._widths.get(loaded)
        if found is None:
            found = self._widths[loaded] = self.of_documents(loaded)[loaded.documents]
        return found

    def line_totals(self, segments: tuple[Loaded, ...]) -> Iterator[tuple[int, int, int]]:
        """Yield (lines, documents, files) of every line of each segment that is in scope."""
        for loaded in segments:
            weights = self.of_documents(loaded)
            counts = (weights > 0) & (loaded.segment.chunk_counts > 0)
            lines = int((loaded.segment.lines * self.of_chunks(loaded)).sum())
            yield lines, int(counts.sum()), int(weights[counts].sum())
