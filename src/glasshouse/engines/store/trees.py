# SPDX-License-Identifier: Apache-2.0
"""How a manifest rests: one node for each folder, in sealed blocks of a pack, shared by the releases alike in it.

A node lists a folder's children in the order of their paths' bytes; a folder's row carries its counts and where
its node lies, so a tree page opens the nodes on its way and nothing else. A folder of more than 512 children is cut
into parts at names chosen by a keyed hash, so that a change rewrites one part. A node like the one the release
before has at the same path is not written again: equal references mean equal folders.

    node  = 0 row* | 1 part*
    row   = code(1) name length(2) blob number(4) name                           a file or link, by MODES[code]
          | 3 name length(2) files(4) bytes(8) lines(8) reference(16) name        a folder
    part  = key length(2) children(4) files(4) reference(16) key of the first child
    reference = segment(4) block(4) offset(4) length(4)
"""

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from glasshouse.engines.store.errors import ClashError
from glasshouse.engines.store.packs import PackWriter

KIND = "manifest"
FOLDER = 3
_ROWS, _PARTS = b"\0", b"\1"
_FILE = struct.Struct(">BHI")
_DIR = struct.Struct(">BHIQQIIII")
_PART = struct.Struct(">HIIIIII")
_WHOLE_UP_TO = 512
_PART_MIN, _PART_MAX, _PART_MASK = 64, 1024, 0xFF
_BLOCK_BYTES = 64 * 1024


class Ref(NamedTuple):
    """Where a node lies: which release's manifest pack, which block of it, and what part of the block."""

    segment: int
    block: int
    offset: int
    length: int


class FileRow(NamedTuple):
    """A file or link: which of MODES, and its blob's number."""

    code: int
    number: int


class FolderRow(NamedTuple):
    """A folder with what lies below it."""

    files: int
    bytes: int
    lines: int
    ref: Ref


class Part(NamedTuple):
    """A part of a large folder."""

    children: int
    files: int
    ref: Ref
    first: bytes


Row = FileRow | FolderRow
Node = dict[bytes, Row] | list[Part]
ReadNode = Callable[[Ref], bytes]


def parse_node(node: bytes) -> Node:
    """Read a node; raises ValueError or struct.error when it is none."""
    if node[:1] == _PARTS:
        return list(_parse_parts(node))
    rows: dict[bytes, Row] = {}
    place = 1
    while place < len(node):
        if node[place] == FOLDER:
            _, length, files, size, lines, *ref = _DIR.unpack_from(node, place)
            place += _DIR.size
            rows[node[place : place + length]] = FolderRow(files, size, lines, Ref(*ref))
        else:
            code, length, number = _FILE.unpack_from(node, place)
            place += _FILE.size
            rows[node[place : place + length]] = FileRow(code, number)
        place += length
    return rows


def _parse_parts(node: bytes) -> Iterator[Part]:
    place = 1
    while place < len(node):
        length, children, files, *ref = _PART.unpack_from(node, place)
        place += _PART.size
        yield Part(children, files, Ref(*ref), node[place : place + length])
        place += length


class _Child(NamedTuple):
    key: bytes
    files: int
    row: bytes


def part_key(name: bytes, row: Row) -> bytes:
    """Return what a child is ordered by: in the order of paths a folder counts as if a slash ended its name."""
    return name + b"/" if isinstance(row, FolderRow) else name


def row_of(node: Node, name: bytes, load: Callable[[Ref], Node]) -> Row | None:
    """Return a child of a folder; `load` reads the part that holds it."""
    if isinstance(node, dict):
        return node.get(name)
    for key in (name, name + b"/"):
        place = bisect_right(node, key, key=lambda part: part.first) - 1
        found = load(node[max(place, 0)].ref)
        if isinstance(found, dict) and name in found:
            return found[name]
    return None


@dataclass(slots=True)
class _Open:
    """A folder whose children are still coming, beside the same folder of the release before."""

    path: bytes
    name: bytes
    before: Ref | None
    before_node: bytes
    before_rows: Node
    children: list[_Child] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    files: int = 0
    bytes: int = 0
    lines: int = 0


class TreeWriter:
    """Writes the nodes of one release, given its files in the order of their paths' bytes."""

    def __init__(self, writer: PackWriter, segment: int, *, before: Ref | None, read: ReadNode, cut_key: bytes) -> None:
        self._writer = writer
        self._segment = segment
        self._read = read
        self._cut_key = cut_key
        self._block = bytearray()
        self._block_number = writer.reserve()
        self._stack = [self._opened(b"", b"", before)]

    def add(self, folder: bytes, name: bytes, *, code: int, number: int, size: int, lines: int) -> None:
        """Add the next file; `folder` is empty at the top."""
        top = self._stack[-1]
        if folder != top.path:
            top = self._go_to(folder)
        if name in top.names:
            raise ClashError("A source gave one path twice.")
        top.names.add(name)
        top.children.append(_Child(name, 1, _FILE.pack(code, len(name), number) + name))
        top.files += 1
        top.bytes += size
        top.lines += lines

    def finish(self) -> Ref:
        """Close every folder and return where the top one lies."""
        while len(self._stack) > 1:
            self._close_one()
        ref = self._store_folder(self._stack[0])
        self._flush(last=True)
        return ref

    @property
    def totals(self) -> tuple[int, int, int]:
        """Return files, bytes and lines of the finished tree."""
        top = self._stack[0]
        return top.files, top.bytes, top.lines

    def _go_to(self, folder: bytes) -> _Open:
        while (top := self._stack[-1]).path and folder != top.path and not folder.startswith(top.path + b"/"):
            self._close_one()
        if folder != top.path:
            for name in folder[len(top.path) + 1 if top.path else 0 :].split(b"/"):
                before = row_of(top.before_rows, name, lambda ref: parse_node(self._read(ref)))
                path = top.path + b"/" + name if top.path else name
                top = self._opened(path, name, before.ref if isinstance(before, FolderRow) else None)
                self._stack.append(top)
        return top

    def _opened(self, path: bytes, name: bytes, before: Ref | None) -> _Open:
        node = self._read(before) if before else b""
        return _Open(path, name, before, node, parse_node(node) if node else {})

    def _close_one(self) -> None:
        done = self._stack.pop()
        ref = self._store_folder(done)
        row = _DIR.pack(FOLDER, len(done.name), done.files, done.bytes, done.lines, *ref) + done.name
        parent = self._stack[-1]
        if done.name in parent.names:
            raise ClashError("A source gave one path as a file and as a folder.")
        parent.children.append(_Child(done.name + b"/", done.files, row))
        parent.files += done.files
        parent.bytes += done.bytes
        parent.lines += done.lines

    def _store_folder(self, folder: _Open) -> Ref:
        children = folder.children
        if len(children) <= _WHOLE_UP_TO:
            node = _ROWS + b"".join([child.row for child in children])
        else:
            node = self._store_parts(folder)
        if folder.before is not None and node == folder.before_node:
            return folder.before
        return self._store(node)

    def _store_parts(self, folder: _Open) -> bytes:
        before = {part.first: part for part in folder.before_rows} if isinstance(folder.before_rows, list) else {}
        parts = [_PARTS]
        for children in self._cut(folder.children):
            node = _ROWS + b"".join([child.row for child in children])
            same = before.get(children[0].key)
            ref = same.ref if same and self._read(same.ref) == node else self._store(node)
            files = sum(child.files for child in children)
            parts.append(_PART.pack(len(children[0].key), len(children), files, *ref) + children[0].key)
        return b"".join(parts)

    def _cut(self, children: list[_Child]) -> Iterator[list[_Child]]:
        part: list[_Child] = []
        for child in children:
            mark = hashlib.blake2b(child.key, key=self._cut_key, digest_size=2).digest()[1]
            if len(part) >= _PART_MAX or (len(part) >= _PART_MIN and mark & _PART_MASK == 0):
                yield part
                part = []
            part.append(child)
        yield part

    def _store(self, node: bytes) -> Ref:
        if self._block and len(self._block) + len(node) > _BLOCK_BYTES:
            self._flush(last=False)
        ref = Ref(self._segment, self._block_number, len(self._block), len(node))
        self._block += node
        return ref

    def _flush(self, *, last: bool) -> None:
        self._writer.append(self._writer.seal(self._block_number, bytes(self._block)))
        self._block.clear()
        if not last:
            self._block_number = self._writer.reserve()
