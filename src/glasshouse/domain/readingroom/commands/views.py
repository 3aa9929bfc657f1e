# SPDX-License-Identifier: Apache-2.0
"""Showing source. Authorise, read and verify; then one durable transaction; only then does anything leave.

Slow reading comes first; what may have changed since (the grant, the budget, the ledger's pulse) is checked again
inside the transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import rfc8785

from glasshouse.domain.access import commands as access
from glasshouse.domain.access import rules
from glasshouse.domain.access.values import Patterns, Shown
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.promises import promise
from glasshouse.domain.journal.values import Fields, Json, SourceFields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.readingroom.values import (
    ChangesShown,
    DifferenceShown,
    FileShown,
    FolderShown,
    Room,
    View,
    VisitRef,
)
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.differences import difference
from glasshouse.domain.releases.values import Item
from glasshouse.engines.store import Added, Change, Entry, Removed
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


def open_file(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, span: Span, *, now: datetime, column: int = 0
) -> FileShown:
    """Show a viewer some lines of one file, and record exactly which."""
    room = queries.room(viewer, grant, release)
    rules.check_may_read(room.terms, path, now)
    visit = _visit(room)
    window = releases.lines(room.release, path, span, column=column)
    fields: dict[str, Json] = {"first": window.first, "last": window.last, "lines": str(window.lines_digest)}
    if column:
        fields["column"] = column
    view = _show(
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


def open_folder(viewer: Viewer, grant: Uid, release: Uid, folder: TreePath | None, *, now: datetime) -> FolderShown:
    """Show a viewer what stands in a folder; names cost no lines, and are recorded."""
    room = queries.room(viewer, grant, release)
    rules.check_is_open(room.terms, now)
    visit = _visit(room)
    items = releases.listing(room.release, room.terms.patterns, folder)
    digest = listing_digest(items)
    view = _show(
        viewer,
        room,
        visit,
        "readingroom.folder-shown",
        shown=[],
        fields={"items": len(items), "listing": str(digest)},
        source={"path": str(folder or "")},
        now=now,
    )
    return FolderShown(view, folder, items, digest)


def open_changes(viewer: Viewer, grant: Uid, before: Uid, after: Uid, *, now: datetime) -> ChangesShown:
    """Show a viewer which files differ between two releases of the grant, as far as it covers them."""
    earlier = queries.room(viewer, grant, before)
    room = queries.room(viewer, grant, after)
    rules.check_is_open(room.terms, now)
    visit = _visit(room)
    old, new = releases.manifest(earlier.release), releases.manifest(room.release)
    changes = [change for change in old.diff(new) if _is_covered(room.terms.patterns, change)]
    listed = rfc8785.dumps(
        [[type(change).__name__, *(str(entry.path) for entry in _entries(change))] for change in changes]
    )
    touched = sum(not isinstance(change, Removed) for change in changes)
    covered = sum(item.files for item in releases.listing(room.release, room.terms.patterns, None))
    view = _show(
        viewer,
        room,
        visit,
        "readingroom.changes-shown",
        shown=[],
        fields={"before": str(earlier.release.root), "items": len(changes), "listing": str(Digest.of(listed))},
        source={},
        now=now,
    )
    return ChangesShown(view, earlier.release, changes, covered - touched)


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
) -> DifferenceShown:
    """Show a viewer one file side by side in two releases; each side's new lines are charged and recorded."""
    earlier = queries.room(viewer, grant, before)
    room = queries.room(viewer, grant, after)
    old_path = path_before or path
    rules.check_may_read(room.terms, path, now)
    rules.check_may_read(earlier.terms, old_path, now)
    visit = _visit(room)
    found = difference(earlier.release, old_path, room.release, path, first_row=first_row)
    view = _show(
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


def listing_digest(items: Sequence[Item]) -> Digest:
    """Return the digest of a folder's listing as it is recorded: names, kinds and sizes in their order."""
    return Digest.of(
        rfc8785.dumps(
            [[str(item.path), "folder" if item.is_folder else "file", item.files, item.bytes] for item in items]
        )
    )


def _is_covered(patterns: Patterns, change: Change) -> bool:
    return all(patterns.covers(entry.path) for entry in _entries(change))


def _entries(change: Change) -> tuple[Entry, ...]:
    if isinstance(change, Added | Removed):
        return (change.entry,)
    return (change.before, change.after)


def _visit(room: Room) -> VisitRef:
    if room.visit is None:
        raise NoVisitError("No visit is open.", hint="Begin a visit on your home page; its end gives you a receipt.")
    return room.visit


def _show(
    viewer: Viewer,
    room: Room,
    visit: VisitRef,
    kind: str,
    *,
    shown: Sequence[Shown],
    fields: Fields,
    source: Fields,
    now: datetime,
) -> View:
    with journal.transaction():
        journal.check_may_show(now)
        charged = access.charge(room.purse, room.terms.version, visit.uid, shown, now=now)
        recorded = journal.record(
            kind,
            actor=viewer.uid.text,
            at=now,
            subject=visit.uid,
            engagement=room.engagement,
            fields={"release": room.release.evidence(), "shown": {**fields, "charged": charged}},
            source=SourceFields(room.release.product, vault.journal_sealer(room.release.product), {"file": source})
            if source
            else None,
        )
    return View(room, recorded, promise(recorded), charged, queries.balance(room, now))
