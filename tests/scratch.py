# SPDX-License-Identifier: Apache-2.0
"""Where the files of tests lie: in memory, where there is room.

Nothing of a run is to outlast it, and a suite that makes thousands of labs would spend a good part of its time on
syncing them to a disk and removing them from it. A killed process loses no more in memory than on a disk.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- folders of ours in it get names that nobody guesses
ROOM: Final = 2 << 30


def scratch() -> Path:
    """Return the folder for folders of the run."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK):
        found = os.statvfs(MEMORY)
        # Tests run programs that they wrote; a container's own /dev/shm mostly forbids that, and is small.
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            return MEMORY
    return Path(tempfile.gettempdir())
