# SPDX-License-Identifier: Apache-2.0
"""Values of measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.measures.clones import MIN_TOKENS, Columns
from glasshouse.engines.measures.hardening import PROTECTIONS, Protection
from glasshouse.engines.measures.reckoning import Measures
from glasshouse.engines.measures.values import Gap, Silenced
from glasshouse.engines.measures.vocabulary import FAMILIES, Family
from glasshouse.kernel.paths import TreePath

__all__ = [
    "FAMILIES",
    "MIN_TOKENS",
    "PROTECTIONS",
    "RULE",
    "TOOL",
    "Calls",
    "Family",
    "Figures",
    "Gap",
    "Measured",
    "Part",
    "Point",
    "Protection",
    "Said",
    "Shadow",
    "Silenced",
    "Standing",
    "Sum",
]

TOOL: Final = "glasshouse-measures"
RULE: Final = "safe-name-is-unsafe"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The measures of a release; `at` says for each of their files which row it is of the release's files."""

    at: Columns
    measures: Measures


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one family, by what they are; `distinct_safe` and `distinct_unsafe` count names that are called."""

    safe: int = 0
    unsafe: int = 0
    either: int = 0
    distinct_safe: int = 0
    distinct_unsafe: int = 0
    through: int = 0

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.safe + self.unsafe + self.either

    @property
    def unsafe_share(self) -> float | None:
        """Return which part is not known to be safe, as a number from 0 to 1; None where nothing is called."""
        return (self.unsafe + self.either) / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Sum:
    """The measures of some files together. `files` could be measured, and of `gaps` files it is not known.

    `cut` files have more in them than is counted. `lines` are those of measured files, `code` those with code.
    """

    files: int
    gaps: Mapping[Gap, int]
    cut: int
    lines: int
    code: int
    duplicated: int
    silenced: Mapping[Silenced, int]
    families: Mapping[Family, Calls]

    @property
    def calls(self) -> Calls:
        """Return the calls of all families together."""
        every = list(self.families.values())
        return Calls(*(sum(getattr(one, name) for one in every) for name in Calls.__slots__))

    @property
    def not_measured(self) -> int:
        """Return how many files are not known."""
        return sum(self.gaps.values())

    @property
    def silenced_total(self) -> int:
        """Return how many times a warning is silenced."""
        return sum(self.silenced.values())

    @property
    def duplicated_share(self) -> float | None:
        """Return which part of the lines with code stands elsewhere too, from 0 to 1; None where there is no code."""
        return min(1.0, self.duplicated / self.code) if self.code else None


class Standing(StrEnum):
    """What the build files of a release say of a protection together."""

    ON = "on"
    OFF = "off"
    CONTRADICTED = "contradicted"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Said:
    """A protection with what is said of it, and in which lines of which files: those that turn it on, and off."""

    protection: Protection
    standing: Standing
    on: tuple[tuple[TreePath, int], ...] = field(repr=False)
    off: tuple[tuple[TreePath, int], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shadow:
    """A name that promises safety over an unsafe function, and where it is defined."""

    path: TreePath = field(repr=False)
    line: int
    name: str
    callee: str
    family: Family
    is_macro: bool
    dropped: int


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder with its sum."""

    path: TreePath = field(repr=False)
    is_folder: bool
    sum: Sum


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures of a release as far as somebody may see them, with one folder opened."""

    release: ReleaseRef
    whole: Sum
    folder: TreePath | None = field(repr=False)
    here: Sum
    parts: tuple[Part, ...]
    protections: tuple[Said, ...]
    shadows: tuple[Shadow, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A release of the product with its whole sum, None where it was not measured yet."""

    release: ReleaseRef
    sum: Sum | None
