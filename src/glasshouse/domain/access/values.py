# SPDX-License-Identifier: Apache-2.0
"""Values of access: patterns over paths, the terms of a grant, limits, what a view was charged."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from glasshouse.domain.access.globs import Globs, wildcards
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

MAX_PATTERNS = 64
MAX_STARS = 6
MAX_LENGTH = 512


@functools.lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> Globs:
    return Globs([glob.encode("utf-8", "surrogateescape") for glob in patterns])


@dataclass(frozen=True, slots=True)
class Patterns:
    """Path patterns: `**` spans folders, `*` and `?` stay inside a name; a path is covered when one matches.

    `src/**` also covers `src` itself; `**` covers the whole release.
    """

    globs: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is empty, too much, or slow to match."""
        if not 1 <= len(self.globs) <= MAX_PATTERNS:
            raise InvalidError(f"A grant has 1 to {MAX_PATTERNS} path patterns, not {len(self.globs)}.")
        for glob in self.globs:
            is_bad = (
                not glob or glob.startswith("/") or "\0" in glob or ".." in glob.split("/") or len(glob) > MAX_LENGTH
            )
            if is_bad or wildcards(glob.encode("utf-8", "surrogateescape")) > MAX_STARS:
                raise InvalidError(
                    f"Not a path pattern: {glob[:80]!r}",
                    hint=f"Write src/**, **/*.c or docs/?.md, with at most {MAX_STARS} wildcards.",
                )

    @classmethod
    def of(cls, globs: Sequence[str]) -> Self:
        """Make patterns from text, white space trimmed, doubles dropped."""
        return cls(tuple(dict.fromkeys(glob.strip() for glob in globs if glob.strip())))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        return cls(tuple(json.loads(content)))

    def to_bytes(self) -> bytes:
        """Write the patterns for sealing."""
        return json.dumps(self.globs).encode()

    @property
    def is_whole(self) -> bool:
        """Say whether everything is covered, so that nobody needs to look path by path."""
        return "**" in self.globs

    def covers(self, path: TreePath) -> bool:
        """Say whether one pattern matches the path or a folder that it lies in (`src` means `src/**`)."""
        return self.is_whole or _compiled(self.globs).match(path.raw)


@dataclass(frozen=True, slots=True)
class Terms:
    """A grant as rules judge it."""

    patterns: Patterns
    begins: datetime
    ends: datetime
    revoked_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How many distinct lines may be shown. The starting values are the depth *targeted*."""

    hour: int = 3_000
    day: int = 12_000
    visit: int = 40_000
    total: int = 200_000

    def __post_init__(self) -> None:
        """Refuse limits of nothing; a grant of no lines is no grant."""
        if not all(1 <= value <= 10**12 for value in (self.hour, self.day, self.visit, self.total)):
            raise InvalidError("Each limit is at least one line.")


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as it is proposed: in which engagement, for whom, on what, when, how much."""

    engagement: Uid
    holder: str
    product: Uid
    releases: tuple[Uid, ...]
    patterns: Patterns
    begins: datetime
    ends: datetime
    limits: Limits

    def __post_init__(self) -> None:
        """Refuse an empty window of time or no release."""
        if not self.releases:
            raise InvalidError("A grant names at least one release.")
        if self.begins >= self.ends:
            raise InvalidError("A grant ends after it begins.")


@dataclass(frozen=True, slots=True)
class Spent:
    """How far one limit is used."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """Lines that may still be shown."""
        return max(self.limit - self.used, 0)


@dataclass(frozen=True, slots=True)
class Balance:
    """The tightest of grant, person and organisation for each window of time."""

    hour: Spent
    day: Spent
    visit: Spent
    total: Spent


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines about to be shown: of which blob, from which line on, and what each costs when it is new.

    `always` holds the offsets of lines that are charged each time, because they are too long to be shown whole.
    """

    blob: bytes
    first: int
    costs: Sequence[int]
    always: frozenset[int] = frozenset()
