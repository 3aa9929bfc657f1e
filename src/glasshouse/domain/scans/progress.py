# SPDX-License-Identifier: Apache-2.0
"""What became of each file so far: one byte a file of the release, and the reasons of those that were not analysed.

It is sealed under the product's key and small enough to be written while the tool is at work. Counts under a grant's
patterns come from it too, so that what a viewer may not see is in no count.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.releases import vault
from glasshouse.domain.scans.tools.values import Coverage
from glasshouse.kernel.ids import Uid

PURPOSE: Final = "scan-progress"
_LENGTH: Final = 4


class Mark(IntEnum):
    """What stands for a file: `OUTSIDE` where the tool does not read it, `CACHED` where an earlier scan analysed it."""

    OUTSIDE = 0
    WAITING = 1
    ANALYSED = 2
    CACHED = 3
    SKIPPED = 4
    TIMED_OUT = 5
    CRASHED = 6
    NOT_APPLICABLE = 7
    LEFT_OUT = 8


FAILED: Final = frozenset({Mark.TIMED_OUT, Mark.CRASHED})
WITH_REASON: Final = frozenset({Mark.SKIPPED, Mark.TIMED_OUT, Mark.CRASHED, Mark.LEFT_OUT})
"""Files of these need a look: nothing is known of them, whatever was found elsewhere."""
_MARKS: Final[Mapping[Coverage, Mark]] = {
    Coverage.ANALYSED: Mark.ANALYSED,
    Coverage.SKIPPED: Mark.SKIPPED,
    Coverage.TIMED_OUT: Mark.TIMED_OUT,
    Coverage.CRASHED: Mark.CRASHED,
    Coverage.NOT_APPLICABLE: Mark.NOT_APPLICABLE,
}
Marks = NDArray[np.uint8]


@dataclass(slots=True)
class Progress:
    """One tool's way through a release. `known` are files whose results were there before this run began."""

    marks: Marks
    known: NDArray[np.bool_]
    reasons: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, files: int, wanted: Sequence[int]) -> Self:
        """Begin with these files waiting, of so many."""
        marks = np.full(files, Mark.OUTSIDE, np.uint8)
        marks[list(wanted)] = Mark.WAITING
        return cls(marks, np.zeros(files, np.bool_))

    def say(self, row: int, coverage: Coverage, reason: str) -> None:
        """Take in what became of a file."""
        mark = _MARKS[coverage]
        self.marks[row] = Mark.CACHED if mark is Mark.ANALYSED and self.known[row] else mark
        if mark in WITH_REASON:
            self.reasons[row] = reason

    def leave_out(self) -> None:
        """Say of what still waits that nobody looked at it."""
        self.marks[self.marks == Mark.WAITING] = Mark.LEFT_OUT

    def counts(self, visible: NDArray[np.bool_] | None = None) -> dict[Mark, int]:
        """Count files by what became of them, of those that are visible; what the tool does not read is in none."""
        marks = self.marks if visible is None else self.marks[visible]
        found = np.bincount(marks, minlength=len(Mark))
        return {mark: int(found[mark]) for mark in Mark if mark is not Mark.OUTSIDE}

    def to_look_at(self, visible: NDArray[np.bool_] | None = None) -> Iterator[tuple[int, Mark, str]]:
        """Yield files that were not analysed, of those that are visible, each with its reason."""
        wanted = np.isin(self.marks, [int(one) for one in WITH_REASON])
        if visible is not None:
            wanted &= visible
        for row in np.flatnonzero(wanted).tolist():
            yield row, Mark(int(self.marks[row])), self.reasons.get(row, "")

    def sealed(self, product: Uid, run: Uid) -> bytes:
        """Write it for the run's row."""
        texts = sorted(set(self.reasons.values()))
        places = {text: place for place, text in enumerate(texts)}
        told = {
            "known": np.flatnonzero(self.known).tolist(),
            "reasons": [[row, places[text]] for row, text in self.reasons.items()],
            "texts": texts,
        }
        head = json.dumps(told, separators=(",", ":")).encode()
        whole = zlib.compress(len(head).to_bytes(_LENGTH, "big") + head + self.marks.tobytes(), 1)
        return vault.sealer(product, PURPOSE).seal(whole, context=run.text.encode())

    @classmethod
    def opened(cls, sealed: bytes, product: Uid, run: Uid) -> Self:
        """Read what `sealed` wrote."""
        whole = zlib.decompress(vault.sealer(product, PURPOSE).open(sealed, context=run.text.encode()))
        stop = _LENGTH + int.from_bytes(whole[:_LENGTH], "big")
        told = json.loads(whole[_LENGTH:stop])
        marks = np.frombuffer(whole[stop:], np.uint8).copy()
        known = np.zeros(len(marks), np.bool_)
        known[told["known"]] = True
        return cls(marks, known, {row: told["texts"][place] for row, place in told["reasons"]})
