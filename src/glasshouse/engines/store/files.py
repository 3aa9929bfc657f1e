# SPDX-License-Identifier: Apache-2.0
"""Files that are there after a crash, or are not: never half of one."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from glasshouse.engines.store.errors import BusyError, DiskFullError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn "no space left" into a refusal that says so; any other error of the system is passed on."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFullError(
            "The disk of the store is full; nothing was kept of what was being written.",
            hint="Free some space, then do the same again.",
        ) from error


def make_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, with its parents; durable when this returns."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names inside a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, content: bytes | memoryview) -> None:
    """Write every byte, however many calls it takes."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def write_new(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that was not there before; all of it is durable, or none of it is there.

    Raises FileExistsError when the name is taken, also by a writer that was quicker.
    """
    spare = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    with disk_errors():
        handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                write_all(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
            # A link, unlike a rename, refuses to replace.
            path.hardlink_to(spare)
        finally:
            spare.unlink()
        sync_folder(path.parent)


def overwrite_and_unlink(path: Path) -> None:
    """Fill a file with random bytes, make that durable, and remove it."""
    with path.open("r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        write_all(file.fileno(), secrets.token_bytes(size))
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Hold a lock file; raises BusyError at once when another process or thread holds it.

    The kernel lets go of the lock when its holder dies, so a crash leaves nothing to clean.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                "Another release of this product is being taken in.", hint="Wait until it is done, then try again."
            ) from error
        yield
    finally:
        os.close(handle)
