# SPDX-License-Identifier: Apache-2.0
"""Walking a manifest's tree: each question opens the nodes on its way and no others."""

from collections.abc import Iterator

from glasshouse.engines.store.catalog import Catalog
from glasshouse.engines.store.entries import MODES, Chunk, Content, Entry, Folder
from glasshouse.engines.store.errors import EntryNotFoundError
from glasshouse.engines.store.index import BINARY, LARGE
from glasshouse.engines.store.packs import PackReader
from glasshouse.engines.store.trees import FileRow, FolderRow, Node, Ref, Row, part_key, row_of
from glasshouse.engines.store.unpack.members import SYMLINK
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath


class Listing:
    """The tree of one release, from its top node down."""

    def __init__(self, catalog: Catalog, pack: PackReader, top: Ref) -> None:
        self._catalog = catalog
        self._pack = pack
        self.top = top

    def file(self, path: TreePath) -> Entry:
        """Return one file; raises EntryNotFoundError."""
        node = self._catalog.node(self.folder_ref(path.parent))
        row = row_of(node, path.raw.rpartition(b"/")[2], self._catalog.node)
        if not isinstance(row, FileRow):
            raise EntryNotFoundError
        return self.entry(path.raw, row)

    def folder_ref(self, path: TreePath | None) -> Ref:
        """Return where a folder's node lies; raises EntryNotFoundError."""
        ref = self.top
        for name in path.parts if path else ():
            row = row_of(self._catalog.node(ref), name, self._catalog.node)
            if not isinstance(row, FolderRow):
                raise EntryNotFoundError
            ref = row.ref
        return ref

    def children(self, ref: Ref, prefix: bytes) -> Iterator[Entry | Folder]:
        """Yield what lies directly in a folder whose path, with a slash, is the prefix."""
        for name, row in self._rows(ref):
            if isinstance(row, FolderRow):
                yield Folder(TreePath(prefix + name), row.files, row.bytes, row.lines)
            else:
                yield self.entry(prefix + name, row)

    def files(self, *, skip: int = 0) -> Iterator[Entry]:
        """Yield files in the order of paths, leaving out the first ones without opening their folders."""
        for path, row in self._walk(self.top, b"", skip):
            yield self.entry(path, row)

    def contents(self) -> Iterator[Content]:
        """Yield what stands at each path, in the order of paths; a fifth of the time that entries take."""
        place = self._catalog.index.place
        for path, row in self._walk(self.top, b"", 0):
            try:
                run, at = place(row.number)
            except LookupError as error:
                raise self._pack.damaged("it names a blob that is not in the index") from error
            facts = run.facts_of(at)
            yield Content(
                path, row.number, run.digest_of(at), facts.size, MODES[row.code] == SYMLINK, bool(facts.flags & BINARY)
            )

    def leaf_index(self, path: TreePath) -> int:
        """Return how many files come before this one; raises EntryNotFoundError."""
        before, ref = 0, self.top
        *folders, last = path.parts
        for name in folders:
            count, row = self._files_before(self._catalog.node(ref), name)
            if not isinstance(row, FolderRow):
                raise EntryNotFoundError
            before, ref = before + count, row.ref
        count, row = self._files_before(self._catalog.node(ref), last)
        if not isinstance(row, FileRow):
            raise EntryNotFoundError
        return before + count

    def entry(self, path: bytes, row: FileRow) -> Entry:
        """Return the entry that a row stands for."""
        try:
            run, place = self._catalog.index.place(row.number)
        except LookupError as error:
            raise self._pack.damaged("it names a blob that is not in the index") from error
        facts = run.facts_of(place)
        chunks = run.chunks_of(facts) if facts.flags & LARGE else ()
        return Entry(
            path=TreePath(path),
            mode=MODES[row.code],
            size=facts.size,
            digest=Digest(run.digest_of(place)),
            git_id=facts.git_id,
            lines=facts.lines,
            chunks=tuple(Chunk(Digest(digest), first) for digest, first in chunks),
            is_binary=bool(facts.flags & BINARY),
        )

    def _rows(self, ref: Ref) -> Iterator[tuple[bytes, Row]]:
        node = self._catalog.node(ref)
        if isinstance(node, dict):
            yield from node.items()
        else:
            for part in node:
                yield from self._rows(part.ref)

    def _files_before(self, node: Node, name: bytes) -> tuple[int, Row | None]:
        found = row_of(node, name, self._catalog.node)
        if found is None:
            return 0, None
        count = 0
        if isinstance(node, list):
            key = part_key(name, found)
            holder = max((place for place, part in enumerate(node) if part.first <= key), default=0)
            count = sum(part.files for part in node[:holder])
            node = self._catalog.node(node[holder].ref)
        for other, row in node.items() if isinstance(node, dict) else ():
            if other == name:
                break
            count += row.files if isinstance(row, FolderRow) else 1
        return count, found

    def _walk(self, ref: Ref, prefix: bytes, skip: int) -> Iterator[tuple[bytes, FileRow]]:
        node = self._catalog.node(ref)
        if isinstance(node, list):
            for part in node:
                if part.files > skip:
                    yield from self._walk(part.ref, prefix, skip)
                skip = max(0, skip - part.files)
            return
        for name, row in node.items():
            files = row.files if isinstance(row, FolderRow) else 1
            if files > skip:
                if isinstance(row, FileRow):
                    yield prefix + name, row
                else:
                    yield from self._walk(row.ref, prefix + name + b"/", skip)
            skip = max(0, skip - files)
