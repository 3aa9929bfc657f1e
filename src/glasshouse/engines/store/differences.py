# SPDX-License-Identifier: Apache-2.0
"""What differs between two releases of a product, without opening what they share.

A reference to a node names one content, and a number one blob: equal references are skipped unread.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from operator import itemgetter

from glasshouse.engines.store.entries import Added, Change, Changed, Entry, Moved, Removed
from glasshouse.engines.store.trees import FileRow, FolderRow, Node, Ref, Row

_Found = tuple[bytes, FileRow]
_Load = Callable[[Ref], Node]


def difference(load: _Load, older: Ref, newer: Ref, entry: Callable[[bytes, FileRow], Entry]) -> Iterator[Change]:
    """Yield the changes in the order of paths (of the newer release, where a file has one there)."""
    comparison = _Comparison(load)
    if older != newer:
        comparison.folders(b"", older, newer)
    changes: list[tuple[bytes, _Found | None, _Found | None]] = [
        (after[0], before, after) for before, after in comparison.changed
    ]
    came: dict[int, deque[_Found]] = defaultdict(deque)
    for found in comparison.added:
        came[found[1].number].append(found)
    for found in comparison.removed:
        same = came[found[1].number].popleft() if came.get(found[1].number) else None
        changes.append(((same or found)[0], found, same))
    changes.extend((found[0], None, found) for rest in came.values() for found in rest)
    for _, before, after in sorted(changes, key=itemgetter(0)):
        yield _change(entry(*before) if before else None, entry(*after) if after else None)


def _change(before: Entry | None, after: Entry | None) -> Change:
    if before and after:
        return Changed(before, after) if before.path == after.path else Moved(before, after)
    if after:
        return Added(after)
    if before:
        return Removed(before)
    raise ValueError("a change has a file before or after")


class _Comparison:
    """Walks two trees side by side."""

    def __init__(self, load: _Load) -> None:
        self.added: list[_Found] = []
        self.removed: list[_Found] = []
        self.changed: list[tuple[_Found, _Found]] = []
        self._load = load

    def folders(self, prefix: bytes, older: Ref, newer: Ref) -> None:
        """Compare two folders that stand at the same path and are not the same node."""
        before, after = self._rows(older, newer), self._rows(newer, older)
        for name, row in before.items():
            other = after.get(name)
            if other != row:
                self._rows_at(prefix + name, row, other)
        for name, row in after.items():
            if name not in before:
                self._rows_at(prefix + name, None, row)

    def _rows_at(self, path: bytes, before: Row | None, after: Row | None) -> None:
        if isinstance(before, FolderRow) and isinstance(after, FolderRow):
            if before.ref != after.ref:
                self.folders(path + b"/", before.ref, after.ref)
        elif isinstance(before, FileRow) and isinstance(after, FileRow):
            self.changed.append(((path, before), (path, after)))
        else:
            self.removed.extend(self._all(path, before))
            self.added.extend(self._all(path, after))

    def _all(self, path: bytes, row: Row | None) -> Iterator[_Found]:
        if isinstance(row, FileRow):
            yield path, row
        elif row is not None:
            for name, child in self._rows(row.ref, None).items():
                yield from self._all(path + b"/" + name, child)

    def _rows(self, ref: Ref, other: Ref | None) -> dict[bytes, Row]:
        """Return a folder's rows, without the parts that the other folder has as well."""
        node = self._load(ref)
        if isinstance(node, dict):
            return node
        counterpart = self._load(other) if other else None
        shared = {part.ref for part in counterpart} if isinstance(counterpart, list) else set()
        rows: dict[bytes, Row] = {}
        for part in node:
            loaded = self._load(part.ref)
            if part.ref not in shared and isinstance(loaded, dict):
                rows.update(loaded)
        return rows
