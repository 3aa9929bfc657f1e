# SPDX-License-Identifier: Apache-2.0
"""What stands in a folder, narrowed to a grant's patterns before anything is counted."""

import functools
from collections.abc import Mapping

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.values import Item
from glasshouse.engines.store import Entry, Folder, Manifest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath

Folders = Mapping[bytes, tuple[Item, ...]]


def narrowed_listing(manifest: Manifest, patterns: Patterns, folder: TreePath | None) -> tuple[Item, ...]:
    """Return a folder's items, folders first; a folder in which nothing is covered does not exist."""
    if patterns.is_whole:
        return _whole(manifest, folder)
    items = _narrowed(manifest, patterns).get(folder.raw if folder else b"")
    if items is None:
        raise NotFoundError
    return items


def _whole(manifest: Manifest, folder: TreePath | None) -> tuple[Item, ...]:
    children = manifest.folder(folder)
    folders = [
        Item(
            child.path,
            child.path.name,
            is_folder=True,
            is_link=False,
            is_binary=False,
            files=child.files,
            bytes=child.bytes,
        )
        for child in children
        if isinstance(child, Folder)
    ]
    return (*folders, *(_item(child) for child in children if isinstance(child, Entry)))


def _item(entry: Entry) -> Item:
    return Item(
        entry.path,
        entry.path.name,
        is_folder=False,
        is_link=entry.is_link,
        is_binary=entry.is_binary,
        files=1,
        bytes=entry.size,
    )


@functools.lru_cache(maxsize=8)
def _narrowed(manifest: Manifest, patterns: Patterns) -> Folders:
    """Build every folder of the covered part at once; a grant's patterns change seldom, its pages come often."""
    files: dict[bytes, list[Item]] = {b"": []}
    totals: dict[bytes, tuple[int, int]] = {}
    for entry in manifest.entries():
        if not patterns.covers(entry.path):
            continue
        parent = entry.path.parent
        files.setdefault(parent.raw if parent else b"", []).append(_item(entry))
        for ancestor in entry.path.ancestors:
            count, size = totals.get(ancestor.raw, (0, 0))
            totals[ancestor.raw] = (count + 1, size + entry.size)
    folders: dict[bytes, list[Item]] = {}
    for raw, (count, size) in sorted(totals.items()):
        path = TreePath(raw)
        above = path.parent.raw if path.parent else b""
        folders.setdefault(above, []).append(
            Item(path, path.name, is_folder=True, is_link=False, is_binary=False, files=count, bytes=size)
        )
    return {raw: (*folders.get(raw, ()), *files.get(raw, ())) for raw in (files.keys() | folders.keys())}
