# SPDX-License-Identifier: Apache-2.0
"""The searcher's place: a socket that only this user can reach, and a lock, so that one searcher answers there.

Light to import: whoever asks while the searcher is still being started waits for it, and is not refused.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from glasshouse.kernel.errors import ConflictError

_WAITING: Final = 256


class SearcherRunsError(ConflictError):
    """Another searcher answers for this lab; it holds the lock until it ends, however it ends."""

    code = "searcher.runs"


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """Listen at a path as the only one; raises SearcherRunsError and leaves the other's socket alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SearcherRunsError("A searcher of this lab runs already.") from error
        with _bound(path) as listening:
            yield listening
    finally:
        os.close(lock)


def _bound(path: Path) -> socket.socket:
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(partial))
    finally:
        os.umask(mask)
    listening.listen(_WAITING)
    partial.rename(path)  # whoever sees the name is answered
    return listening
