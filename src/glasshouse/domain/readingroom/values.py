# SPDX-License-Identifier: Apache-2.0
"""Values of the reading room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.values import Balance, Terms
from glasshouse.domain.journal.promises import Promise
from glasshouse.domain.journal.values import Recorded
from glasshouse.domain.releases.differences import Difference
from glasshouse.domain.releases.found import FileHits, NotSearched, Tally
from glasshouse.domain.releases.values import ChangeKind, Item, ReleaseRef, Window
from glasshouse.engines.store import Change, Entry
from glasshouse.engines.store.unpack import LeftOut
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True)
class VisitRef:
    """A visit that is open."""

    uid: Uid
    number: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """A grant and one of its releases, judged for its holder at one moment."""

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


@dataclass(frozen=True, slots=True)
class View:
    """What every showing carries: the room, its entry in the journal, the promise of it."""

    room: Room
    recorded: Recorded
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


@dataclass(frozen=True, slots=True)
class SearchPending:
    """A search whose first page takes longer than a request waits; the same request again joins it.

    Nothing of it was shown, so nothing was charged or recorded.
    """

    releases: tuple[ReleaseRef, ...]


@dataclass(frozen=True, slots=True)
class CloseStatement:
    """What a visitor's passkey signs: how many entries the visit spans, and the chain's head."""

    visit: Uid
    text: bytes
    challenge: bytes
    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """A passkey's answer to the close's challenge, as the browser returned it."""

    credential: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes
