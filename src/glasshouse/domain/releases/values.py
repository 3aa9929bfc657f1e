# SPDX-License-Identifier: Apache-2.0
"""Values of releases: what a caller holds instead of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from glasshouse.domain.access.rules import cost_of
from glasshouse.domain.access.values import Shown
from glasshouse.domain.journal.values import Json
from glasshouse.engines.codeindex.text import Role, Token
from glasshouse.engines.store import Added, Changed, Entry, Moved, Removed
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

Change = Added | Removed | Changed | Moved
"""What a newer release did to one file."""
Ink = Role
"""What a token of a line is, from which it has its colour."""


@dataclass(frozen=True, slots=True)
class ReleaseRef:
    """A release by the names that outlive its row: product, version, root digest."""

    uid: Uid
    product: Uid
    product_slug: str
    version: str
    root: Digest
    leaves: int

    def evidence(self) -> Json:
        """Return the field `release` of an event; a root binds its tree only together with the tree's size."""
        return {"product": self.product.text, "root": str(self.root), "size": self.leaves, "version": self.version}

    def __str__(self) -> str:
        """Return product and version, as labels say it."""
        return f"{self.product_slug} {self.version}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown: its number, coloured text, and whether the line goes on beyond what is shown."""

    number: int
    tokens: Sequence[Token]
    length: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of one file, verified against its digest. An empty file has lines 1 to 0, and none."""

    release: ReleaseRef
    path: TreePath
    digest: Digest
    size: int
    all_lines: int
    first: int
    last: int
    lines: Sequence[Line]
    lines_digest: Digest
    column: int
    language: str
    rest: tuple[int, int] | None
    shown: Shown = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A file, link or folder as a listing shows it. A folder's counts are narrowed like everything else."""

    path: TreePath
    name: str
    is_folder: bool
    is_link: bool
    is_binary: bool
    files: int
    bytes: int


class ChangeKind(StrEnum):
    """How a file differs between two releases."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


def kind_of(change: Change) -> ChangeKind:
    """Name the kind of a change."""
    match change:
        case Added():
            return ChangeKind.ADDED
        case Changed():
            return ChangeKind.CHANGED
        case Moved():
            return ChangeKind.MOVED
    return ChangeKind.REMOVED


def sides_of(change: Change) -> tuple[Entry | None, Entry | None]:
    """Return the file before and after a change, None where there is none."""
    match change:
        case Added(entry=entry):
            return None, entry
        case Changed(before=before, after=after) | Moved(before=before, after=after):
            return before, after
    return change.entry, None


def shown_of(
    blob: bytes, first: int, lengths: Sequence[int], cut: frozenset[int], *, of: int = 0, by_search: bool = False
) -> Shown:
    """Return what a window of lines of these byte lengths is charged as; `of` and `by_search` as `Shown` has them."""
    return Shown(blob, first, [cost_of(length) for length in lengths], cut, of, by_search)
