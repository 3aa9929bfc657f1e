# SPDX-License-Identifier: Apache-2.0
"""Taking a release in: everything is made in a folder aside, made durable, and appears by one rename."""

import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from secrets import token_hex
from types import TracebackType
from typing import Self

from glasshouse.engines.store import index as blob_index
from glasshouse.engines.store import leaves, merkle, trees
from glasshouse.engines.store.catalog import Catalog
from glasshouse.engines.store.entries import MODES, Sealed
from glasshouse.engines.store.errors import AbandonedError
from glasshouse.engines.store.files import disk_errors, make_folder, sole_writer, sync_folder
from glasshouse.engines.store.heads import ManifestHead
from glasshouse.engines.store.index import LARGE, Head, NewBlobs
from glasshouse.engines.store.packs import PackWriter
from glasshouse.engines.store.pipeline import Pipeline
from glasshouse.engines.store.unpack.members import Kind, LeftOut, Member, Reason
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.merkle import leaf_hash
from glasshouse.kernel.paths import TreePath

Progress = Callable[[int, int], None]
_CODES = {mode: bytes([code]) for code, mode in enumerate(MODES)}
_LEFT_OUT_BLOCK = 4 * 2**20
_REPORT_EVERY = 256


class Intake:
    """One release being taken in; a context manager that leaves nothing behind unless `finish` was reached.

    Only one intake of a product runs at a time, also across processes; whatever a killed one left is removed when
    the next begins. To be used by one thread.
    """

    def __init__(self, catalog: Catalog, *, progress: Progress | None = None) -> None:
        self._catalog = catalog
        self._progress = progress
        self._stack = ExitStack()
        self._entries: list[bytes] = []
        self._links: list[tuple[TreePath, TreePath]] = []
        self._left_out: list[LeftOut] = []
        self._members = 0
        self._bytes = 0
        self._ended = False

    def __enter__(self) -> Self:
        """Lock the product and clear what a killed intake left."""
        product = self._catalog.folder
        aside = product / "intake"
        with ExitStack() as stack, disk_errors():
            make_folder(aside)
            make_folder(product / "releases")
            stack.enter_context(sole_writer(product / "lock"))
            for leftover in aside.iterdir():
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            self._catalog.refresh()
            self._folder = aside / token_hex(16)
            self._folder.mkdir(mode=0o700)
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._segment = len(self._catalog.segments)
            self._new = NewBlobs(self._catalog.index, self._segment)
            self._pipeline = Pipeline(self._folder, self._catalog.key, self._new, stored=self._stored)
            stack.callback(self._pipeline.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not finished, and unlock the product."""
        self._ended = True
        self._stack.close()

    def add(self, member: Member) -> None:
        """Take one member in, reading its content.

        Raises WrongSizeError or WrongGitIdError for a member that is not what it says, and DiskFullError, now or at
        a later call; after any error the intake can only be left.
        """
        self._check_open()
        self._members += 1
        if member.kind is Kind.HARD_LINK and member.target is not None:
            self._links.append((member.path, member.target))
        else:
            key = member.path.raw + b"\0" + _CODES[member.mode]
            self._pipeline.add(key, member.size, member.chunks, member.git_id)
            self._bytes += member.size
        if self._progress and self._members % _REPORT_EVERY == 0:
            self._progress(self._members, self._bytes)

    def note_left_out(self, left_out: LeftOut) -> None:
        """List something that did not come in; the list is part of the manifest and of its root."""
        self._check_open()
        self._left_out.append(left_out)

    def finish(self, *, strip_top: bool = False) -> Sealed:
        """Seal the release; when this returns it is durable, and before it nothing of it can be seen.

        A release that the store has already, file for file, adds nothing to the disk. With `strip_top`, a folder
        that holds everything (`uwsgi-2.0.20/`) is left off, so that paths stay the same from release to release.
        """
        self._check_open()
        self._ended = True
        self._catalog.key.check_alive()
        self._pipeline.finish()
        self._resolve_links()
        if strip_top:
            self._strip_top()
        with disk_errors():
            sealed = self._seal()
        if self._progress:
            self._progress(self._members, self._bytes)
        return sealed

    def _check_open(self) -> None:
        if self._ended:
            raise AbandonedError("This intake has ended.")

    def _stored(self, key: bytes, number: int) -> None:
        self._entries.append(key + number.to_bytes(4, "big"))

    def _resolve_links(self) -> None:
        """Repeat the earlier member under the path of each hard link, in the order they came."""
        entries = self._entries
        entries.sort()
        linked: dict[bytes, bytes] = {}
        for path, target in self._links:
            start = target.raw + b"\0"
            place = bisect_left(entries, start)
            found = linked.get(target.raw)
            if place < len(entries) and entries[place].startswith(start):
                found = entries[place][len(start) :]
            if found is None:
                self._left_out.append(LeftOut(path.raw, Reason.HARD_LINK_MISSING))
            else:
                linked[path.raw] = found
        if linked:
            entries.extend(path + b"\0" + rest for path, rest in linked.items())
            entries.sort()

    def _strip_top(self) -> None:
        if not self._entries:
            return
        top, slash, _ = self._entries[0].partition(b"\0")[0].partition(b"/")
        # The entries are in order: what the first and the last begin with, all do.
        if slash and self._entries[-1].startswith(top + slash):
            self._entries = [entry[len(top) + 1 :] for entry in self._entries]

    def _seal(self) -> Sealed:
        catalog = self._catalog
        manifest = PackWriter(self._folder / "manifest.pack", catalog.key, trees.KIND)
        self._stack.callback(manifest.close)
        head = self._write_manifest(manifest)
        is_new = head.root not in {segment.root for segment in catalog.segments}
        new_bytes = 0
        if is_new:
            manifest.finish()
            new_bytes = self._commit(manifest, head.root)
        return Sealed(
            root=head.root,
            files=head.files,
            bytes=head.bytes,
            lines=head.lines,
            left_out=head.left_out,
            new_blobs=len(self._new) if is_new else 0,
            new_bytes=new_bytes,
            is_new=is_new,
        )

    def _commit(self, manifest: PackWriter, root: Digest) -> int:
        """Make the release's folder whole and durable, then let it appear."""
        key, packs = self._catalog.key, self._pipeline.packs
        index = PackWriter(self._folder / "index.pack", key, blob_index.KIND)
        self._stack.callback(index.close)
        head = Head(
            segment=self._segment,
            base=self._catalog.index.next_number,
            packs=tuple(pack.pack_id for pack in packs),
            manifest=manifest.pack_id,
            rows=tuple(len(run) for run in self._new.runs),
        )
        blob_index.write_index(index, head, self._new.runs)
        index.finish()
        self._pipeline.settle()
        sync_folder(self._folder)
        key.check_alive()
        place = self._catalog.folder / "releases" / str(root)
        self._folder.rename(place)
        try:
            sync_folder(place.parent)
        except OSError:
            place.rename(self._folder)  # not known to be durable: it was never there
            raise
        return sum(pack.size for pack in (*packs, manifest, index))

    def _write_manifest(self, writer: PackWriter) -> ManifestHead:
        catalog = self._catalog
        last = catalog.segments[-1] if catalog.segments else None
        before = ManifestHead.read(last.manifest, last.root).tree if last else None
        tree = trees.TreeWriter(
            writer,
            self._segment,
            before=before,
            read=catalog.node_bytes,
            cut_key=catalog.key.subkey(b"manifest-cuts"),
        )
        salter, hasher = leaves.Salter(catalog.key), merkle.TreeHasher()
        for leaf in self._leaves(tree, salter):
            hasher.add(leaf_hash(leaf))
        ref = tree.finish()
        files, size, lines = tree.totals
        listed = leaves.left_out_json(self._left_out)
        opening = leaves.summary_json(files=files, size=size, lines=lines, left_out=str(Digest.of(listed)))
        hasher.add(leaf_hash(salter.summary(opening)))
        head = ManifestHead(
            root=Digest(hasher.root()),
            tree=ref,
            files=files,
            bytes=size,
            lines=lines,
            left_out=len(self._left_out),
            left_out_blocks=tuple(_write_pieces(writer, listed)),
            groups_block=writer.write(b"".join(hasher.groups())),
        )
        head.write(writer)
        return head

    def _leaves(self, tree: trees.TreeWriter, salter: leaves.Salter) -> Iterator[bytes]:
        """Put each entry into the tree and yield its leaf, in the order of paths."""
        new, index = self._new, self._new.index
        for packed in self._entries:
            path, code = packed[:-6], packed[-5]
            number = new.final(int.from_bytes(packed[-4:], "big"))
            run, row = index.place(number)
            facts = run.facts_of(row)
            folder, _, name = path.rpartition(b"/")
            tree.add(folder, name, code=code, number=number, size=facts.size, lines=facts.lines)
            yield salter.leaf(
                leaves.entry_json(
                    path=path,
                    mode=MODES[code],
                    digest=run.digest_of(row),
                    git_id=facts.git_id,
                    size=facts.size,
                    lines=facts.lines,
                    chunks=run.chunks_of(facts) if facts.flags & LARGE else (),
                )
            )


def _write_pieces(writer: PackWriter, content: bytes) -> Iterator[int]:
    for start in range(0, len(content), _LEFT_OUT_BLOCK):
        yield writer.write(content[start : start + _LEFT_OUT_BLOCK])
