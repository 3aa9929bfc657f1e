# SPDX-License-Identifier: Apache-2.0
"""Showing source. Authorise, read and verify; then one durable transaction; only then does anything leave.

Slow reading comes first; what may have changed since (the grant, the budget, the ledger's pulse) is checked again
inside the transaction.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import rfc8785

from glasshouse.domain.access import rules
from glasshouse.domain.access.values import Patterns, Purpose
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands import showing
from glasshouse.domain.readingroom.commands.showing import visit_of
from glasshouse.domain.readingroom.values import (
    ChangesShown,
    DifferenceShown,
    FactsShown,
    FileShown,
    FolderShown,
    LeftOutShown,
    Room,
)
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.differences import difference
from glasshouse.domain.releases.values import ChangeKind, Item, kind_of, sides_of
from glasshouse.engines.store import Added, Change, Removed
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


def open_file(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, span: Span, *, now: datetime, column: int = 0
) -> FileShown:
    """Show a viewer some lines of one file, and record exactly which."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    visit = visit_of(room)
    window = releases.lines(room.release, path, span, column=column)
    fields: dict[str, Json] = {"first": window.first, "last": window.last, "lines": str(window.lines_digest)}
    if column:
        fields["column"] = column
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.columns-shown" if column else "readingroom.lines-shown",
        shown=[window.shown],
        fields=fields,
        source={"digest": str(window.digest), "path": str(path)},
        now=now,
    )
    return FileShown(view, window)


def open_facts(viewer: Viewer, grant: Uid, release: Uid, path: TreePath, *, now: datetime) -> FactsShown:
    """Show a viewer what a file is without its content: size, digests, mode. It costs no lines and is recorded."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    visit = visit_of(room)
    entry = releases.entry(room.release, path)
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.facts-shown",
        shown=[],
        fields={"size": entry.size},
        source={"digest": str(entry.digest), "path": str(path)},
        now=now,
    )
    return FactsShown(view, path, entry)


def open_folder(
    viewer: Viewer,
    grant: Uid,
    release: Uid,
    folder: TreePath | None,
    *,
    now: datetime,
    first: int = 0,
    size: int | None = None,
) -> FolderShown:
    """Show a viewer what stands in a folder; names cost no lines, and are recorded. `size` bounds the page."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    visit = visit_of(room)
    every = releases.listing(room.release, room.terms.patterns, folder)
    items = every[first : None if size is None else first + size]
    digest = listing_digest(items)
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.folder-shown",
        shown=[],
        fields={"first": first, "items": len(items), "listing": str(digest), "of": len(every)},
        source={"path": str(folder or "")},
        now=now,
    )
    return FolderShown(view, folder, items, digest, first, len(every))


def open_left_out(
    viewer: Viewer, grant: Uid, release: Uid, *, now: datetime, first: int = 0, size: int | None = None
) -> LeftOutShown:
    """Show a viewer what intake left out of a release and why, as far as the grant covers it."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    visit = visit_of(room)
    every = releases.covered_left_out(room.release, room.terms.patterns)
    items = every[first : None if size is None else first + size]
    listed = rfc8785.dumps([[one.name.hex(), one.reason.value, one.detail] for one in items])
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.left-out-shown",
        shown=[],
        fields={"first": first, "items": len(items), "listing": str(Digest.of(listed)), "of": len(every)},
        source={},
        now=now,
    )
    return LeftOutShown(view, items, first, len(every))


def open_changes(
    viewer: Viewer, grant: Uid, before: Uid, after: Uid, *, now: datetime, first: int = 0, size: int | None = None
) -> ChangesShown:
    """Show a viewer which files differ between two releases of the grant, as far as it covers them.

    `size` bounds the page; a file that moved into or out of the grant was added or removed for its holder.
    """
    earlier = queries.room(viewer, grant, before)
    room = queries.open_room(viewer, grant, after, Purpose.READ, now=now)
    visit = visit_of(room)
    every = covered_changes(earlier, room)
    changes = every[first : None if size is None else first + size]
    listed = rfc8785.dumps([[kind_of(change).value, *_named(change)] for change in changes])
    counts = Counter(kind_of(change) for change in every)
    files = sum(item.files for item in releases.listing(room.release, room.terms.patterns, None))
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.changes-shown",
        shown=[],
        fields={
            "before": str(earlier.release.root),
            "first": first,
            "items": len(changes),
            "listing": str(Digest.of(listed)),
            "of": len(every),
        },
        source={},
        now=now,
    )
    same = files - (counts.total() - counts[ChangeKind.REMOVED])
    return ChangesShown(view, earlier.release, changes, same, first, {kind: counts[kind] for kind in ChangeKind})


def open_difference(
    viewer: Viewer,
    grant: Uid,
    before: Uid,
    after: Uid,
    path: TreePath,
    *,
    now: datetime,
    path_before: TreePath | None = None,
    first_row: int = 0,
    at: int | None = None,
) -> DifferenceShown:
    """Show a viewer one file side by side in two releases; each side's new lines are charged and recorded.

    `at` asks for the page on which a line of the newer file stands.
    """
    earlier = queries.room(viewer, grant, before)
    room = queries.open_room(viewer, grant, after, Purpose.READ, now=now)
    old_path = path_before or path
    rules.check_covers(room.terms, path)
    rules.check_covers(earlier.terms, old_path)
    visit = visit_of(room)
    found = difference(earlier.release, old_path, room.release, path, first_row=first_row, at=at)
    view = showing.show(
        viewer,
        room,
        visit,
        "readingroom.difference-shown",
        shown=found.shown,
        fields=found.evidence(),
        source=found.source_evidence(),
        now=now,
    )
    return DifferenceShown(view, earlier.release, path, old_path, found)


def covered_changes(earlier: Room, room: Room) -> list[Change]:
    """Return what differs between two releases of one grant, in the order of paths, as far as it covers the files."""
    old, new = releases.manifest(earlier.release), releases.manifest(room.release)
    return [covered for change in old.diff(new) if (covered := _covered(room.terms.patterns, change))]


def listing_digest(items: Sequence[Item]) -> Digest:
    """Return the digest of a folder's listing as it is recorded: names, kinds and sizes in their order."""
    return Digest.of(
        rfc8785.dumps(
            [[str(item.path), "folder" if item.is_folder else "file", item.files, item.bytes] for item in items]
        )
    )


def _covered(patterns: Patterns, change: Change) -> Change | None:
    before, after = (entry if entry is not None and patterns.covers(entry.path) else None for entry in sides_of(change))
    if before and after:
        return change
    if after:
        return Added(after)
    return Removed(before) if before else None


def _named(change: Change) -> list[str]:
    return [str(entry.path) for entry in sides_of(change) if entry is not None]
