# SPDX-License-Identifier: Apache-2.0
"""Folders on disk, read through descriptors: no link is followed, no device opened, no name looked up twice.

The order is that of the bytes of the paths. Somebody may change the folder meanwhile: what was opened is compared
with what was listed, before and after it is read.
"""

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from glasshouse.engines.store.unpack.errors import ChangedSourceError
from glasshouse.engines.store.unpack.members import CHUNK, EXECUTABLE, PLAIN, SYMLINK, Kind, Member, Reason
from glasshouse.engines.store.unpack.names import Gate
from glasshouse.kernel.paths import MAX_DEPTH

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, a FIFO put in a file's place would hold the reader for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LEFT_OUT = {
    stat.S_IFCHR: Reason.DEVICE,
    stat.S_IFBLK: Reason.DEVICE,
    stat.S_IFIFO: Reason.FIFO,
    stat.S_IFSOCK: Reason.SOCKET,
}


@dataclass(frozen=True, slots=True)
class _Folder:
    """An open folder, its path with a slash behind it, and the names in it that are still to come."""

    descriptor: int
    prefix: bytes
    names: Iterator[bytes]


def _names(descriptor: int, gate: Gate) -> Iterator[bytes]:
    """List a folder in the order of whole paths, where a folder's name counts with the slash behind it."""
    listed: list[bytes] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            gate.count()
            name = os.fsencode(entry.name)
            listed.append(name + b"/" if entry.is_dir(follow_symlinks=False) else name)
    listed.sort()
    return iter(listed)


def _unchanged(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_dev, before.st_ino, before.st_mode, before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_dev,
        after.st_ino,
        after.st_mode,
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


class _Reader:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._open: list[_Folder] = []

    def members(self, root: int) -> Iterator[Member]:
        try:
            self._push(os.dup(root), b"")
            while self._open:
                folder = self._open[-1]
                name = next(folder.names, None)
                if name is None:
                    os.close(self._open.pop().descriptor)
                elif name.endswith(b"/"):
                    self._enter(folder, name)
                else:
                    yield from self._entry(folder, name)
        finally:
            for folder in self._open:
                os.close(folder.descriptor)

    def _enter(self, folder: _Folder, name: bytes) -> None:
        if len(self._open) == MAX_DEPTH:
            self._gate.leave_out(folder.prefix + name, Reason.TOO_DEEP, "folder")
            return
        try:
            descriptor = os.open(name[:-1], _FOLDER, dir_fd=folder.descriptor)
        except PermissionError:
            self._gate.leave_out(folder.prefix + name, Reason.UNREADABLE, "folder")
            return
        except OSError:
            raise ChangedSourceError("a folder was replaced while the source was read") from None
        self._push(descriptor, folder.prefix + name)

    def _push(self, descriptor: int, prefix: bytes) -> None:
        """Take over an open folder, whatever happens while it is listed."""
        try:
            names = _names(descriptor, self._gate)
        except BaseException:
            os.close(descriptor)
            raise
        self._open.append(_Folder(descriptor, prefix, names))

    def _entry(self, folder: _Folder, name: bytes) -> Iterator[Member]:
        gate = self._gate
        full = folder.prefix + name
        try:
            listed = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            raise ChangedSourceError("a file disappeared while the source was read") from None
        kind = stat.S_IFMT(listed.st_mode)
        if kind == stat.S_IFREG:
            yield from self._file(folder, name, listed)
        elif kind == stat.S_IFLNK:
            try:
                target = os.readlink(name, dir_fd=folder.descriptor)
            except OSError:
                raise ChangedSourceError("a link was replaced while the source was read") from None
            if path := gate.admit(full, len(target)):
                yield Member(path, Kind.LINK, SYMLINK, len(target), iter((target,)))
        elif kind in _LEFT_OUT:
            gate.leave_out(full, _LEFT_OUT[kind])
        else:
            raise ChangedSourceError("a file became a folder while the source was read")

    def _file(self, folder: _Folder, name: bytes, listed: os.stat_result) -> Iterator[Member]:
        full = folder.prefix + name
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder.descriptor)
        except PermissionError:
            self._gate.leave_out(full, Reason.UNREADABLE)
            return
        except OSError:
            raise ChangedSourceError("a file was replaced while the source was read") from None
        try:
            if not _unchanged(listed, os.fstat(descriptor)):
                raise ChangedSourceError("a file was replaced while the source was read")
            if path := self._gate.admit(full, listed.st_size):
                content = self._content(descriptor, listed)
                mode = EXECUTABLE if listed.st_mode & 0o100 else PLAIN
                yield Member(path, Kind.FILE, mode, listed.st_size, content)
                deque(content, maxlen=0)
        finally:
            os.close(descriptor)

    def _content(self, descriptor: int, listed: os.stat_result) -> Iterator[bytes]:
        left = listed.st_size
        while left > 0 and (chunk := os.read(descriptor, min(CHUNK, left))):
            self._gate.check_time()
            left -= len(chunk)
            yield chunk
        if left or os.read(descriptor, 1) or not _unchanged(listed, os.fstat(descriptor)):
            raise ChangedSourceError("a file changed while it was read")


def members(root: int, gate: Gate) -> Iterator[Member]:
    """Read the files and links below an open folder, in the order of their paths.

    Raises ChangedSourceError where something was replaced, grew or shrank meanwhile. What may not be read is left
    out with the reason "unreadable".
    """
    return _Reader(gate).members(root)
