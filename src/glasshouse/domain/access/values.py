# SPDX-License-Identifier: Apache-2.0
"""Values of access: patterns over paths, the terms of a grant, limits, what a view was charged."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from django.db.models import TextChoices

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


class Purpose(TextChoices):
    """What a holder may do with what a grant covers; a grant names at least one."""

    READ = "read", "read"
    SEARCH = "search", "search"
    TOOLS = "tools", "run tools"
    DOCUMENTS = "documents", "read documents"


USUAL: Final = frozenset({Purpose.READ, Purpose.SEARCH})
"""The purposes of a grant that names none."""


class Pause(TextChoices):
    """Why a grant waits for a custodian's word."""

    PACE = "pace", "more lines in a minute than a person reads"
    SWEEP = "sweep", "file after file from first line to last, faster than a person reads"
    ROUND = "round", "a very long stretch of files from first line to last"


@dataclass(frozen=True, slots=True)
class Conditions:
    """Where and how a grant may be used. No site means anywhere that the export decision covers.

    `at_workstation` wants a session that shows the key of one of the lab's machines, `accompanied` a second person.
    """

    sites: frozenset[Uid] = frozenset()
    at_workstation: bool = False
    accompanied: bool = False

    @property
    def ask_presence(self) -> bool:
        """Say whether anything here depends on where the holder is."""
        return bool(self.sites) or self.at_workstation or self.accompanied


ANYWHERE: Final = Conditions()
"""No condition."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A grant as rules judge it; `pause` says why it waits since `paused_at`."""

    patterns: Patterns
    begins: datetime
    ends: datetime
    revoked_at: datetime | None
    version: int
    purposes: frozenset[Purpose]
    conditions: Conditions
    paused_at: datetime | None = None
    pause: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many distinct lines may be shown. `rules.limits_of` has the starting values of each depth."""

    hour: int = 12_000
    day: int = 60_000
    visit: int = 120_000
    total: int = 200_000

    def __post_init__(self) -> None:
        """Refuse limits of nothing; a grant of no lines is no grant."""
        if not all(1 <= value <= 10**12 for value in (self.hour, self.day, self.visit, self.total)):
            raise InvalidError("Each limit is at least one line.")


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as it is proposed: in which engagement, for whom, on what, when, how much, what for, where."""

    engagement: Uid
    holder: str
    product: Uid
    releases: tuple[Uid, ...]
    patterns: Patterns
    begins: datetime
    ends: datetime
    limits: Limits
    purposes: frozenset[Purpose] = USUAL
    conditions: Conditions = ANYWHERE

    def __post_init__(self) -> None:
        """Refuse an empty window of time, no release or no purpose."""
        if not self.releases:
            raise InvalidError("A grant names at least one release.")
        if self.begins >= self.ends:
            raise InvalidError("A grant ends after it begins.")
        if not self.purposes:
            raise InvalidError("A grant names what it is for: reading, searching, tools, documents.")


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

    `always` holds the offsets of lines that are charged each time, because they are too long to be shown whole. `of`
    counts the lines of the whole file where a person opened it to read, and is 0 for what was found or compared.
    `by_search` says that a search showed them.
    """

    blob: bytes
    first: int
    costs: Sequence[int]
    always: frozenset[int] = frozenset()
    of: int = 0
    by_search: bool = False
