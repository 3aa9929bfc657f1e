# SPDX-License-Identifier: Apache-2.0
"""Files for a command that lie in memory and nowhere else: filled from content or streams, never from a disk.

A folder of ours in the host's shared memory, which only we and the identity that commands run as can enter. It is
locked as long as it is lent. A process that is killed leaves its folder; the lock falls with it, and whoever lends the
next one removes what nobody holds. Swapped-out memory is the operator's to encrypt or to switch off.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glasshouse.engines.sandbox.errors import InvalidCommandError, SandboxSetupError, StagedTooLargeError
from glasshouse.engines.sandbox.launch import NOBODY
from glasshouse.engines.sandbox.values import MIB, SHARED, Input
from glasshouse.kernel.paths import TreePath

STAGED_BYTES = 256 * MIB
# A folder gets its lending name only once it is locked, so that no other process takes it for a dead one's.
_MAKING = "glasshouse-making-"
_LENT = "glasshouse-staged-"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CANNOT_BE = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST)


@dataclass(slots=True)
class Staged:
    """A lent folder in memory; `folder` is its place on the host, gone when the loan ends."""

    folder: Path
    size: int
    used: int = 0

    def put(self, path: TreePath, content: bytes | Iterable[bytes]) -> None:
        """Write one file, in pieces where it comes in pieces; each page and each folder counts against the size."""
        pieces = (content,) if isinstance(content, bytes) else content
        target = self.folder / os.fsdecode(path.raw)
        try:
            self._parents(path)
            with target.open("xb", buffering=0) as file:
                self._count(1)
                for piece in pieces:
                    self._count(len(piece))
                    view = memoryview(piece)
                    while view:
                        view = view[file.write(view) :]
                os.fchmod(file.fileno(), 0o644)
        except OSError as error:
            if error.errno in _CANNOT_BE:
                raise InvalidCommandError(
                    "two staged files stand in each other's way, or a name is too long"
                ) from error
            raise SandboxSetupError(f"nothing can be staged: {error.strerror}") from error

    def input(self, path: TreePath, target: str) -> Input:
        """Return what is staged under a path as a command's input."""
        return Input(self.folder / os.fsdecode(path.raw), target)

    def _parents(self, path: TreePath) -> None:
        for parent in path.ancestors:
            folder = self.folder / os.fsdecode(parent.raw)
            if not folder.is_dir():
                self._count(1)
                folder.mkdir()
                folder.chmod(0o755)

    def _count(self, count: int) -> None:
        self.used += -(-count // _PAGE) * _PAGE
        if self.used > self.size:
            raise StagedTooLargeError(self.size)


@contextlib.contextmanager
def staging(size: int = STAGED_BYTES) -> Iterator[Staged]:
    """Lend a folder in memory for a command's inputs, gone afterwards: source is never written to a disk."""
    sweep()
    with _locked() as folder:
        yield Staged(folder, size)


@contextlib.contextmanager
def _locked() -> Iterator[Path]:
    making = Path(tempfile.mkdtemp(prefix=_MAKING, dir=SHARED))
    folder = making.with_name(_LENT + making.name.removeprefix(_MAKING))
    lock = os.open(making, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.geteuid() == 0:
            os.chown(lock, 0, NOBODY)
            os.fchmod(lock, 0o750)
        making.rename(folder)
        yield folder
    finally:
        shutil.rmtree(folder if folder.exists() else making)
        os.close(lock)


def sweep() -> int:
    """Remove what killed processes of this user left staged, and return how many folders that were."""
    removed = 0
    for folder in Path(SHARED).glob(f"{_LENT}*"):
        # Others of the host may make what is named like ours; a link is not opened, another's folder is not touched.
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(lock).st_uid == os.geteuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
                    removed += 1
            finally:
                os.close(lock)
    return removed
