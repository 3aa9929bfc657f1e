# SPDX-License-Identifier: Apache-2.0
"""Which files a tool is given, with which headers, and in which groups; pure, but for the reader that it is handed."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from glasshouse.domain.scans import standard_headers
from glasshouse.domain.scans.descriptions import Description, Named
from glasshouse.domain.scans.tools.values import Tool
from glasshouse.engines.store.entries import Content
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

HEAD: Final = 128
MOST_HEADERS: Final = 400
_FOLDERS: Final = frozenset({"-I", "-isystem", "-iquote"})
MOST_BYTES: Final = 8 * 2**20
_INCLUDE: Final = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"][^">\n]{1,500})[">]', re.MULTILINE)
_BESIDE: Final = b'"'
Read = Callable[[Digest], bytes]


class Basis(StrEnum):
    """What a file's flags rest on: a build's own word, our best effort without one, or nothing where none are used."""

    BUILD = "build"
    EFFORT = "best-effort"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that a tool is to be given, with the headers that it includes; `size` is in bytes, of the file alone."""

    file: Named
    closure: tuple[Named, ...]
    size: int
    flags: tuple[str, ...] = ()
    basis: Basis = Basis.NONE


@dataclass(slots=True)
class Headers:
    """Finds what files of a release include, as far as the release has it; each text is looked through once."""

    files: Sequence[Content]
    read: Read
    _by_path: dict[bytes, Content] = field(default_factory=dict)
    _backwards: list[tuple[bytes, bytes]] = field(default_factory=list)
    _includes_of: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    _named: dict[bytes, Named] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Order the paths by their ends."""
        self._by_path = {one.path: one for one in self.files}
        self._backwards = sorted((one.path[::-1] + b"/", one.path) for one in self.files)

    def closure(self, one: Content, flags: Sequence[str] = ()) -> tuple[Named, ...]:
        """Return what a file includes, directly and not, in the order of paths; `flags` say where it looks first."""
        folders = tuple(folder for option, folder in pairwise(flags) if option in _FOLDERS)
        forced = (self._by_path.get(_raw(path)) for option, path in pairwise(flags) if option == "-include")
        found: dict[bytes, Content] = {each.path: each for each in forced if each is not None}
        waiting, size = [one, *found.values()], 0
        while waiting and len(found) < MOST_HEADERS and size < MOST_BYTES:
            current = waiting.pop(0)
            for name in self._includes(current):
                header = self._resolve(current.path, name, folders)
                if header is not None and header.path not in found and header.path != one.path:
                    found[header.path] = header
                    size += header.size
                    waiting.append(header)
        return tuple(self._as_named(found[path]) for path in sorted(found))

    def _as_named(self, one: Content) -> Named:
        """Return a header's path and digest: the same object each time, as thousands of files may name it."""
        return self._named.setdefault(one.path, (TreePath(one.path), Digest(one.digest)))

    def _includes(self, one: Content) -> tuple[bytes, ...]:
        known = self._includes_of.get(one.digest)
        if known is None:
            known = tuple(dict.fromkeys(_INCLUDE.findall(self.read(Digest(one.digest)))))
            self._includes_of[one.digest] = known
        return known

    def _resolve(self, path: bytes, include: bytes, folders: Sequence[str]) -> Content | None:
        """Return the header beside the file that names it in quotes, or in a folder, else the nearest that ends so.

        A header of the language or of POSIX is never the nearest one: a project that replaces `time.h` for one of its
        tests would be read so everywhere.
        """
        name = include[1:]
        beside = [path.rpartition(b"/")[0]] if include.startswith(_BESIDE) else []
        for folder in (*beside, *map(_raw, folders)):
            there = self._by_path.get(_normal(folder + b"/" + name))
            if there is not None:
                return there
        if name in standard_headers.NAMES:
            return None
        ending = _normal(name)[::-1] + b"/"
        first = bisect_left(self._backwards, (ending, b""))
        near: list[bytes] = []
        for turned, candidate in self._backwards[first : first + MOST_HEADERS]:
            if not turned.startswith(ending):
                break
            near.append(candidate)
        if not near:
            return None
        return self._by_path[min(near, key=lambda one: (-_common(one, path), len(one), one))]


def wanted(
    tool: Tool,
    files: Iterable[Content],
    read: Read,
    headers: Headers,
    flags: Mapping[TreePath, tuple[str, ...]] = MappingProxyType({}),
) -> Iterator[Wanted]:
    """Yield what a tool is given of a release, in the order of paths; `flags` are a build's, where there are any."""
    for one in files:
        if one.is_link or not one.size:
            continue
        path = TreePath(one.path)
        # Only a name without an ending is looked into: its first line may name a program.
        head = b"" if b"." in path.parts[-1] or one.is_binary else read(Digest(one.digest))[:HEAD]
        if tool.selection.takes(path, head) and (not one.is_binary or tool.selection.all_files):
            file = path, Digest(one.digest)
            if tool.follows_includes:
                own = flags.get(path, ())
                basis = Basis.BUILD if own else Basis.EFFORT
                yield Wanted(file, headers.closure(one, own), one.size, own, basis)
            else:
                yield Wanted(file, (), one.size)


def grouped(tool: Tool, files: Iterable[Wanted], rules: Sequence[Named] = ()) -> Iterator[tuple[Description, int]]:
    """Yield descriptions of units, as large as the tool takes them, with the bytes to analyse."""
    group: list[Wanted] = []
    size = 0
    for one in files:
        full = len(group) >= tool.unit_files or size + one.size > tool.unit_bytes
        if group and (full or one.flags != group[0].flags):
            yield _described(tool, group, rules), size
            group, size = [], 0
        group.append(one)
        size += one.size
    if group:
        yield _described(tool, group, rules), size


def _described(tool: Tool, group: Sequence[Wanted], rules: Sequence[Named]) -> Description:
    files = tuple(one.file for one in group)
    inside = {path for path, _ in files}
    closure = dict.fromkeys(named for one in group for named in one.closure if named[0] not in inside)
    return Description(tool.name, files, tuple(closure), tuple(rules), group[0].flags)


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _normal(path: bytes) -> bytes:
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            parts = parts[:-1]
        elif part not in {b"", b"."}:
            parts.append(part)
    return b"/".join(parts)


def _common(one: bytes, other: bytes) -> int:
    """Return how many folders two paths share from the top."""
    count = 0
    for left, right in zip(one.split(b"/")[:-1], other.split(b"/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count
