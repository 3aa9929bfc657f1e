# SPDX-License-Identifier: Apache-2.0
"""How much of a release was read, shown by searches, or neither: of folders, of risky areas, of the whole.

Lines are counted as far as a grant covers their files, and by content: a copy of what was read is read wherever it
stands. Three numbers add up to the lines that could be read; a line that is too long to be shown whole stays unread.
*Scanned* counts files that a tool has analysed; None where none ran, or none that the grant tells of: that is no zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.access.queries import Lines
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.areas import Area
from glasshouse.domain.releases.surveys import Survey
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath

READING_LIST: Final = 100
"""Files of the reading list on one page."""


class Whose(StrEnum):
    """Whose reading is counted: the viewer's own, or that of all whom the engagement names, as one sum."""

    OWN = "own"
    ENGAGEMENT = "engagement"


@dataclass(frozen=True, slots=True)
class Share:
    """Lines of some files: all that could be read, those that were opened, those that only searches showed.

    `scanned` counts the files that a tool analysed, None where that is unknown.
    """

    files: int
    lines: int
    read: int
    found: int
    scanned: int | None = None

    @property
    def unread(self) -> int:
        """Return the lines that nobody was shown."""
        return self.lines - self.read - self.found

    @property
    def percent(self) -> float | None:
        """Return how many per cent were read, None where there is nothing to read.

        Rounded to tenths and never up to 100 or down to 0: all is said of all, and none of none.
        """
        if not self.lines:
            return None
        exact = 100 * self.read / self.lines
        if 0 < self.read < self.lines:
            return min(max(round(exact, 1), 0.1), 99.9)
        return exact


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder with its share; `areas` are the slugs of the risky areas that files in it belong to."""

    path: TreePath = field(repr=False)
    is_folder: bool
    share: Share
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaShare:
    """A risky area with its share."""

    area: Area
    share: Share


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file of a risky area that was not read to its end: where to go on, and why it is on the list."""

    path: TreePath = field(repr=False)
    line: int
    share: Share
    areas: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of a release, as far as a grant covers it.

    `no_text` counts files that have no lines to read (binary files and links). `version` is that of the rules,
    `has_symbols` is False while areas rest on paths alone for some files. `to_read` begins with what most rules name;
    `to_read_total` counts all of it.
    """

    whole: Share
    no_text: int
    areas: tuple[AreaShare, ...]
    folder: TreePath | None = field(repr=False)
    here: Share
    parts: tuple[Part, ...]
    to_read: tuple[ToRead, ...]
    to_read_total: int
    version: int
    has_symbols: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reckoning:
    """A survey, narrowed to patterns, with what was shown of each file."""

    survey: Survey
    visible: NDArray[np.bool_]
    lines: NDArray[np.int64]
    read: NDArray[np.int64]
    found: NDArray[np.int64]
    seen: Mapping[int, Lines] = field(repr=False)
    scanned: NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls,
        survey: Survey,
        patterns: Patterns,
        seen: Mapping[bytes, Lines],
        scanned: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Reckon what `seen` and `scanned` tell of the files that the patterns cover."""
        visible = survey.visible(patterns)
        lines = np.where(visible, survey.lines, 0)
        read, found = np.zeros(len(survey), np.int64), np.zeros(len(survey), np.int64)
        at: dict[int, Lines] = {}
        for blob, shown in seen.items():
            for row in survey.rows_of(blob).tolist():
                if lines[row]:
                    read[row] = shown.read.bit_count()
                    found[row] = (shown.shown & ~shown.read).bit_count()
                    at[row] = shown
        return cls(survey, visible, lines, read, found, at, scanned)

    def check_has(self, folder: TreePath | None) -> None:
        """Raise NotFoundError unless something below the folder is covered."""
        rows = self.survey.below(folder)
        if folder is not None and not self.visible[rows.start : rows.stop].any():
            raise NotFoundError

    def share(self, rows: range) -> Share:
        """Return the share of neighbouring rows."""
        part = slice(rows.start, rows.stop)
        readable = self.visible[part] & self.survey.is_text[part]
        lines, read, found = (int(one[part].sum()) for one in (self.lines, self.read, self.found))
        scanned = None if self.scanned is None else int((self.scanned[part] & readable).sum())
        return Share(int(readable.sum()), lines, read, found, scanned)

    def share_of(self, mask: NDArray[np.bool_]) -> Share:
        """Return the share of the files that a mask names."""
        mask = mask & self.visible & self.survey.is_text
        lines, read, found = (int(one[mask].sum()) for one in (self.lines, self.read, self.found))
        scanned = None if self.scanned is None else int(self.scanned[mask].sum())
        return Share(int(mask.sum()), lines, read, found, scanned)

    def areas(self) -> dict[str, NDArray[np.bool_]]:
        """Return which files each area has, by slug."""
        found = {area.slug: np.zeros(len(self.survey), np.bool_) for area in self.survey.rules.areas}
        for rule, mask in zip(self.survey.rules.every, self.survey.hits, strict=True):
            found[rule.area] |= mask
        return found


def reckon(found: Reckoning, folder: TreePath | None, *, first: int = 0, size: int = READING_LIST) -> Coverage:
    """Return the coverage of a release with one folder opened, and a page of the reading list from `first` on."""
    survey, masks = found.survey, found.areas()
    whole = range(len(survey))
    parts = [
        Part(path, is_folder, found.share(rows), tuple(_in(masks, found.visible, rows)))
        for path, rows, is_folder in survey.children(folder)
        if found.visible[rows.start : rows.stop].any()
    ]
    rows = _risky_unread(found, masks)
    return Coverage(
        whole=found.share(whole),
        no_text=int((found.visible & ~survey.is_text).sum()),
        areas=tuple(AreaShare(area, found.share_of(masks[area.slug])) for area in survey.rules.areas),
        folder=folder,
        here=found.share(survey.below(folder)),
        parts=tuple(parts),
        to_read=tuple(_to_read(found, masks, row) for row in rows[first : first + size].tolist()),
        to_read_total=len(rows),
        version=survey.rules.version,
        has_symbols=survey.has_symbols,
    )


def _in(masks: Mapping[str, NDArray[np.bool_]], visible: NDArray[np.bool_], rows: range) -> Iterable[str]:
    part = slice(rows.start, rows.stop)
    return (slug for slug, mask in masks.items() if (mask[part] & visible[part]).any())


def _risky_unread(found: Reckoning, masks: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Return the rows of risky files with unread lines: first those of most areas, then those with most left."""
    weight = np.sum(list(masks.values()), axis=0)
    left = found.lines - found.read
    rows = np.flatnonzero((weight > 0) & (left > 0))
    return rows[np.lexsort((rows, -left[rows], -weight[rows]))]


def _to_read(found: Reckoning, masks: Mapping[str, NDArray[np.bool_]], row: int) -> ToRead:
    read = found.seen[row].read if row in found.seen else 0
    return ToRead(
        path=found.survey.files.path(row),
        line=(~read & (read + 1)).bit_length(),
        share=found.share(range(row, row + 1)),
        areas=tuple(slug for slug, mask in masks.items() if mask[row]),
        reasons=tuple(rule.reason for rule in found.survey.rules_of(row)),
    )
