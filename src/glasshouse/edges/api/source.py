# SPDX-License-Identifier: Apache-2.0
"""The JSON of what was shown. Text hides nothing: what a screen would not show stands as `[U+202E]` or `[FF]`."""

from typing import Self

from ninja import Schema

from glasshouse.domain.readingroom import values
from glasshouse.domain.releases.differences import Half, Row
from glasshouse.domain.releases.values import Item, Line, kind_of, sides_of
from glasshouse.edges.api.shapes import NamedRelease, Showing
from glasshouse.kernel.paths import escaped


class Shown(Schema):
    """Something of a release that was shown."""

    showing: Showing


class FolderItem(Schema):
    """A file, link or folder; a folder's counts are narrowed to the grant."""

    path: str
    name: str
    kind: str
    is_binary: bool
    files: int
    bytes: int

    @classmethod
    def of(cls, item: Item) -> Self:
        """Describe an item."""
        kind = "folder" if item.is_folder else "link" if item.is_link else "file"
        return cls(
            path=str(item.path),
            name=item.name,
            kind=kind,
            is_binary=item.is_binary,
            files=item.files,
            bytes=item.bytes,
        )


class Folder(Shown):
    """A page of a folder; `digest` is over the listed items as they are recorded."""

    path: str
    digest: str
    first: int
    total: int
    items: list[FolderItem]

    @classmethod
    def of(cls, shown: values.FolderShown) -> Self:
        """Describe a showing."""
        return cls(
            showing=Showing.of(shown.view),
            path=str(shown.folder or ""),
            digest=str(shown.listing_digest),
            first=shown.first,
            total=shown.total,
            items=[FolderItem.of(item) for item in shown.items],
        )


class SourceLine(Schema):
    """One line; `is_cut` says that it goes on beyond what is shown."""

    number: int
    text: str
    is_cut: bool

    @classmethod
    def of(cls, line: Line) -> Self:
        """Describe a line."""
        return cls(number=line.number, text="".join(token.text for token in line.tokens), is_cut=line.is_cut)


class Rest(Schema):
    """Where to read on."""

    line: int
    column: int


class File(Shown):
    """Lines of a file. `lines_digest` is the SHA-256 of their bytes as stored, newlines included."""

    path: str
    digest: str
    bytes: int
    all_lines: int
    first: int
    last: int
    column: int
    language: str
    lines_digest: str
    lines: list[SourceLine]
    rest: Rest | None

    @classmethod
    def of(cls, shown: values.FileShown) -> Self:
        """Describe a showing."""
        window = shown.window
        return cls(
            showing=Showing.of(shown.view),
            path=str(window.path),
            digest=str(window.digest),
            bytes=window.size,
            all_lines=window.all_lines,
            first=window.first,
            last=window.last,
            column=window.column,
            language=window.language,
            lines_digest=str(window.lines_digest),
            lines=[SourceLine.of(line) for line in window.lines],
            rest=Rest(line=window.rest[0], column=window.rest[1]) if window.rest else None,
        )


class Facts(Shown):
    """What a file is: binary files are shown so."""

    path: str
    digest: str
    git_id: str
    mode: str
    bytes: int
    all_lines: int
    is_binary: bool
    is_link: bool

    @classmethod
    def of(cls, shown: values.FactsShown) -> Self:
        """Describe a showing."""
        entry = shown.entry
        return cls(
            showing=Showing.of(shown.view),
            path=str(shown.path),
            digest=str(entry.digest),
            git_id=entry.git_id.hex(),
            mode=f"{entry.mode:06o}",
            bytes=entry.size,
            all_lines=entry.lines,
            is_binary=entry.is_binary,
            is_link=entry.is_link,
        )


class LeftOutItem(Schema):
    """Something that did not come in."""

    name: str
    reason: str
    detail: str


class LeftOut(Shown):
    """A page of what intake left out."""

    first: int
    total: int
    items: list[LeftOutItem]

    @classmethod
    def of(cls, shown: values.LeftOutShown) -> Self:
        """Describe a showing."""
        return cls(
            showing=Showing.of(shown.view),
            first=shown.first,
            total=shown.total,
            items=[
                LeftOutItem(name=escaped(one.name), reason=one.reason.value, detail=one.detail) for one in shown.items
            ],
        )


class Side(Schema):
    """A file on one side of a change."""

    path: str
    digest: str
    bytes: int


class Change(Schema):
    """A file that differs."""

    kind: str
    before: Side | None
    after: Side | None


class Changes(Shown):
    """A page of what differs; `counts` and `same` are of the whole comparison, as far as the grant covers it."""

    before: NamedRelease
    first: int
    total: int
    same: int
    counts: dict[str, int]
    changes: list[Change]

    @classmethod
    def of(cls, shown: values.ChangesShown) -> Self:
        """Describe a showing."""
        found = []
        for change in shown.changes:
            before, after = (
                Side(path=str(entry.path), digest=str(entry.digest), bytes=entry.size) if entry else None
                for entry in sides_of(change)
            )
            found.append(Change(kind=kind_of(change).value, before=before, after=after))
        return cls(
            showing=Showing.of(shown.view),
            before=NamedRelease.of(shown.before),
            first=shown.first,
            total=shown.total,
            same=shown.same,
            counts={kind.value: number for kind, number in shown.counts.items()},
            changes=found,
        )


class DifferenceSide(Schema):
    """One side: the file, and the SHA-256 of its shown lines as stored."""

    release: NamedRelease
    path: str
    digest: str
    lines_digest: str

    @classmethod
    def of(cls, half: Half) -> Self:
        """Describe a side."""
        return cls(
            release=NamedRelease.of(half.release),
            path=str(half.path),
            digest=str(half.digest),
            lines_digest=str(half.lines_digest),
        )


class DifferenceRow(Schema):
    """A row; `skipped` counts equal rows left out before it."""

    side: str
    before: SourceLine | None
    after: SourceLine | None
    skipped: int

    @classmethod
    def of(cls, row: Row) -> Self:
        """Describe a row."""
        return cls(
            side=row.side.value,
            before=SourceLine.of(row.before) if row.before else None,
            after=SourceLine.of(row.after) if row.after else None,
            skipped=row.skipped,
        )


class Difference(Shown):
    """A page of rows; `next_row` continues it."""

    before: DifferenceSide
    after: DifferenceSide
    added: int
    removed: int
    rows: list[DifferenceRow]
    next_row: int | None

    @classmethod
    def of(cls, shown: values.DifferenceShown) -> Self:
        """Describe a showing."""
        found = shown.difference
        return cls(
            showing=Showing.of(shown.view),
            before=DifferenceSide.of(found.before),
            after=DifferenceSide.of(found.after),
            added=found.added,
            removed=found.removed,
            rows=[DifferenceRow.of(row) for row in found.rows],
            next_row=found.next_row,
        )
