# SPDX-License-Identifier: Apache-2.0
"""Values of the reading room."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.values import Balance, Terms
from glasshouse.domain.journal.promises import Promise
from glasshouse.domain.journal.values import Recorded
from glasshouse.domain.releases.defining import Definition
from glasshouse.domain.releases.differences import Difference
from glasshouse.domain.releases.found import FileHits, NotSearched, Tally
from glasshouse.domain.releases.histories import Moment
from glasshouse.domain.releases.reading import Reading
from glasshouse.domain.releases.traces import Traces
from glasshouse.domain.releases.values import ChangeKind, Item, ReleaseRef, Window
from glasshouse.engines.store import Change, Entry
from glasshouse.engines.store.unpack import LeftOut
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

_SPOT = re.compile(r"([1-9]\d{0,11}):(\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class VisitRef:
    """A visit that is open. `has_text` says that its visitor asked for text where a product is shown in pictures."""

    uid: Uid
    number: int
    opened_at: datetime
    has_text: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Room:
    """A grant and one of its releases, judged for its holder at one moment.

    `has_signed` says whether the holder has signed the engagement's present terms and scope.
    """

    grant: Uid
    grant_row: int
    engagement: Uid
    engagement_label: str
    release: ReleaseRef
    files: int
    bytes: int
    lines: int
    left_out: int
    terms: Terms
    purse: Purse
    visit: VisitRef | None
    has_signed: bool
    reading: Reading

    @property
    def as_pictures(self) -> bool:
        """Say whether lines are shown as pictures in this visit."""
        return self.reading.in_pictures and not (self.visit is not None and self.visit.has_text)


@dataclass(frozen=True, slots=True)
class View:
    """What every showing carries: the room, its entry in the journal and when that was made, the promise of it."""

    room: Room
    recorded: Recorded
    at: datetime
    promise: Promise
    charged: int
    balance: Balance


@dataclass(frozen=True, slots=True)
class FileShown:
    """Lines of a file, recorded."""

    view: View
    window: Window


@dataclass(frozen=True, slots=True)
class FactsShown:
    """What a file is, without its content, recorded: binary files are shown so."""

    view: View
    path: TreePath
    entry: Entry


@dataclass(frozen=True, slots=True)
class LeftOutShown:
    """What intake left out of a release, recorded."""

    view: View
    items: Sequence[LeftOut]
    first: int
    total: int


@dataclass(frozen=True, slots=True)
class FolderShown:
    """A page of a folder's listing, recorded; `first` items stand before it, the folder has `total`."""

    view: View
    folder: TreePath | None
    items: Sequence[Item]
    listing_digest: Digest
    first: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class ChangesShown:
    """A page of what differs between two releases, recorded; `first` changes stand before it.

    `counts` and `same` are of the whole comparison, as far as the grant covers it.
    """

    view: View
    before: ReleaseRef
    changes: Sequence[Change]
    same: int
    first: int
    counts: Mapping[ChangeKind, int]

    @property
    def total(self) -> int:
        """Return how many files differ."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class DifferenceShown:
    """One file side by side in two releases, recorded."""

    view: View
    before: ReleaseRef
    path: TreePath
    path_before: TreePath
    difference: Difference


@dataclass(frozen=True, slots=True)
class SearchShown:
    """A page of what a search found, recorded: every line in `files`, context included, was charged.

    `hits` counts the lines found on this page, `lines` all that it shows. `rest` continues it (`after` of the
    command), empty at the end. `ticket` asks for the tally of the whole search. `searched` counts the files in scope
    that were looked at; what was not is in `not_searched`, and is no "no match". `seconds` is the searcher's time.
    `loading` is as in SearchPending; the answer is whole then too.
    """

    view: View
    releases: tuple[ReleaseRef, ...]
    files: Sequence[FileHits]
    hits: int
    lines: int
    rest: str
    ticket: str
    tally: Tally
    searched: int
    not_searched: Sequence[NotSearched]
    seconds: float
    loading: int | None = None


@dataclass(frozen=True, slots=True)
class SearchPending:
    """A search whose first page takes longer than a request waits; the same request again joins it.

    Nothing of it was shown, so nothing was charged or recorded. While the searcher loads what it searches, after its
    start, `loading` says how many hundredths of it are loaded.
    """

    releases: tuple[ReleaseRef, ...]
    loading: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a word stands: a line from one, and how many characters of the line as it is shown stand before."""

    line: int
    column: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `12:7`."""
        match = _SPOT.fullmatch(text)
        if not match:
            raise InvalidError(f"not a place in a file: {text[:40]!r}", hint="Write line and column as 12:7.")
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class Outlined:
    """A symbol of an outline, its name with nothing hidden. `last` is 0 where the tool does not know the last line."""

    label: str = field(repr=False)
    kind: str
    family: str
    first: int
    last: int
    depth: int


@dataclass(frozen=True, slots=True)
class OutlineShown:
    """The outline of a file, recorded, in reading order; `total` counts what it has, shown or not.

    `gap` says why some or all of it is missing, `is_pending` that nobody looked for its symbols yet.
    """

    view: View
    path: TreePath
    symbols: Sequence[Outlined]
    total: int
    gap: str
    is_pending: bool


@dataclass(frozen=True, slots=True)
class DefinitionsShown:
    """Where a name is defined in a release, recorded, the likeliest first.

    `target` is the one place to go to, None where there are several or none. `is_cut` says that there are more,
    `is_pending` that not all files were looked at.
    """

    view: View
    name: str = field(repr=False)
    items: Sequence[Definition]
    target: Definition | None
    is_cut: bool
    is_pending: bool


@dataclass(frozen=True, slots=True)
class ReferencesShown:
    """A page of lines that hold a name, recorded as the search that found them, by what each does with it.

    `name` is empty where no line was found: it stands on no line that was charged. `is_exact` where the vendor's
    compiler says that every line means the same thing; else the lines only spell it alike.
    """

    found: SearchShown
    name: str = field(repr=False)
    uses: Sequence[tuple[str, Sequence[FileHits]]]
    is_exact: bool


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """What the releases of a grant did to one file, recorded, the oldest first.

    Of a line that was asked for, `window` holds its text and `traces` what became of it and of its function.
    """

    view: View
    path: TreePath
    moments: Sequence[Moment]
    window: Window | None = None
    traces: Traces | None = None


@dataclass(frozen=True, slots=True)
class FunctionStep:
    """A function that differs, with its lines on each side; `step` is added, changed, moved or removed."""

    step: str
    label: str = field(repr=False)
    scope: str = field(repr=False)
    before: Span | None
    after: Span | None


@dataclass(frozen=True, slots=True)
class FileSteps:
    """A file that differs, by function. `left_out` counts functions that differ too and are not listed.

    `elsewhere` says that lines outside of functions differ; `gaps` tell why functions may be missing.
    """

    change: Change
    functions: Sequence[FunctionStep]
    left_out: int
    elsewhere: bool
    gaps: Sequence[str]
    is_pending: bool


@dataclass(frozen=True, slots=True)
class FunctionChangesShown:
    """A page of files that differ between two releases, by function, recorded; `first` files stand before it."""

    view: View
    before: ReleaseRef
    files: Sequence[FileSteps]
    first: int
    total: int


@dataclass(frozen=True, slots=True)
class CloseStatement:
    """What a visitor's passkey signs: how many entries the visit spans, and the chain's head."""

    visit: Uid
    text: bytes
    challenge: bytes
    count: int
    first: int
    last: int


class TextReason(StrEnum):
    """Why a visitor asks for text where a product is shown in pictures."""

    ASSISTIVE = "assistive"
    UNREADABLE = "unreadable"
    OTHER = "other"
