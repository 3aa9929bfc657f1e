# SPDX-License-Identifier: Apache-2.0
"""Sums over the files that somebody may see; what they may not see is taken out before anything is counted."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.measures.values import (
    FAMILIES,
    PROTECTIONS,
    Calls,
    Gap,
    Measured,
    Part,
    Said,
    Shadow,
    Silenced,
    Standing,
    Sum,
)
from glasshouse.domain.releases.searching import Files, Mask
from glasshouse.engines.measures.meaning import Verdict
from glasshouse.engines.measures.reckoning import GAPS, MEASURED, SILENCED
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The measures of a release, of which only `shown` files are looked at."""

    files: Files
    measured: Measured
    shown: Mask
    duplicated: NDArray[np.int64]
    calls: NDArray[np.int64]

    @classmethod
    def of(cls, files: Files, measured: Measured, visible: Mask) -> Self:
        """Narrow measures to the files of a release that are visible."""
        shown: Mask = visible[measured.at]
        one = measured.measures
        duplicated = one.duplicated if shown.all() else one.copies.among(shown).lines_of(one.lines)
        return cls(files, measured, shown, duplicated, one.calls[shown[one.calls[:, 0]]])

    def path(self, number: int) -> TreePath:
        """Return the path of one of the measured files."""
        return self.files.path(int(self.measured.at[number]))

    def sum_of(self, rows: range) -> Sum:
        """Return the sum of neighbouring files, as far as they are shown."""
        one, part = self.measured.measures, slice(rows.start, rows.stop)
        shown, state = self.shown[part], one.state[part]
        known = shown & (state == MEASURED)
        first, stop = np.searchsorted(self.calls[:, 0], (rows.start, rows.stop))
        calls = self.calls[first:stop]
        return Sum(
            files=int(shown.sum()),
            gaps=_counted(GAPS, (int((shown & (state == at)).sum()) for at in range(1, len(GAPS) + 1))),
            cut=int(one.cut[part][shown].sum()),
            lines=int(one.lines[part][known].sum()),
            code=int(one.code[part][known].sum()),
            duplicated=int(self.duplicated[part][shown].sum()),
            silenced=_silenced(one.silenced[:, part][:, shown]),
            families={family: _calls(calls[calls[:, 2] == number]) for number, family in enumerate(FAMILIES)},
        )

    def whole(self) -> Sum:
        """Return the sum of all that is shown."""
        return self.sum_of(range(len(self.shown)))

    def below(self, folder: TreePath | None) -> range:
        """Return the files below a folder, all at the top; raises NotFoundError where none of them is shown."""
        if folder is None:
            return range(len(self.shown))
        first, stop = (bisect_left(range(len(self.shown)), folder.raw + end, key=self._raw) for end in (b"/", b"0"))
        if not self.shown[first:stop].any():
            raise NotFoundError
        return range(first, stop)

    def parts(self, folder: TreePath | None, below: range) -> list[Part]:
        """Return what stands directly in a folder, folders first, each with its sum."""
        start = len(folder.raw) + 1 if folder else 0
        members: dict[tuple[bytes, bool], range] = {}
        for number in below:
            if self.shown[number]:
                raw = self._raw(number)
                end = raw.find(b"/", start)
                name = (raw if end < 0 else raw[:end], end >= 0)
                # Files are in the order of their paths, so what lies in one folder is together.
                members[name] = range(members[name].start if name in members else number, number + 1)
        ordered = sorted(members.items(), key=lambda one: (not one[0][1], one[0][0]))
        return [Part(TreePath(raw), is_folder, self.sum_of(rows)) for (raw, is_folder), rows in ordered]

    def _raw(self, number: int) -> bytes:
        return self.files.raw_path(int(self.measured.at[number]))

    def protections(self) -> tuple[Said, ...]:
        """Return what shown build files say of each protection."""
        said = [one for one in self.measured.measures.protected if self.shown[one.file]]
        found = []
        for number, protection in enumerate(PROTECTIONS):
            places: dict[bool, list[tuple[TreePath, int]]] = {True: [], False: []}
            for one in said:
                if one.protection == number:
                    places[one.is_on].append((self.path(one.file), one.line))
            found.append(Said(protection, _standing(places), tuple(places[True]), tuple(places[False])))
        return tuple(found)

    def shadows(self) -> tuple[Shadow, ...]:
        """Return the safe names that are unsafe, of shown files."""
        return tuple(
            Shadow(
                self.path(one.file),
                one.line,
                one.name,
                one.callee,
                FAMILIES[one.family],
                one.is_macro,
                one.dropped,
            )
            for one in self.measured.measures.shadows
            if self.shown[one.file]
        )


def _standing(places: dict[bool, list[tuple[TreePath, int]]]) -> Standing:
    match bool(places[True]), bool(places[False]):
        case True, True:
            return Standing.CONTRADICTED
        case True, False:
            return Standing.ON
        case False, True:
            return Standing.OFF
    return Standing.UNSAID


def _counted(gaps: Sequence[Gap], counts: Iterable[int]) -> dict[Gap, int]:
    return {gap: count for gap, count in zip(gaps, counts, strict=True) if count}


def _silenced(columns: NDArray[np.int64]) -> dict[Silenced, int]:
    return dict(zip(SILENCED, columns.sum(axis=1).tolist(), strict=True))


def _calls(rows: NDArray[np.int64]) -> Calls:
    by = {verdict: rows[rows[:, 3] == verdict] for verdict in Verdict}
    return Calls(
        safe=int(by[Verdict.SAFE][:, 5].sum()),
        unsafe=int(by[Verdict.UNSAFE][:, 5].sum()),
        either=int(by[Verdict.EITHER][:, 5].sum()),
        distinct_safe=len(np.unique(by[Verdict.SAFE][:, 1])),
        distinct_unsafe=len(np.unique(by[Verdict.UNSAFE][:, 1])),
        through=int(rows[rows[:, 4] == 1][:, 5].sum()),
    )
