# SPDX-License-Identifier: Apache-2.0
"""What a backup consists of: known to the copying, which needs an open lab, and to the restoring, which makes one."""

import os
import shutil
from pathlib import Path

from glasshouse.kernel.errors import ConflictError

FOLDERS = ("store", "keys", "scip", "reports", "runs", "brought")
# The tiles are left out: they follow from the journal's leaves, and the restored tree is held against this head.
HEAD = "ledger/head"
FILES = ("lab.toml", "master.salt", "witnesses.json", HEAD)
SQLITE, POSTGRESQL = "lab.sqlite3", "lab.pgdump"


class BackupError(ConflictError):
    """The copy could not be made or read; nothing of it is left."""

    code = "cli.backup"


def copy_file(source: str | Path, target: str | Path) -> None:
    """Copy a file inside the kernel and in few calls, which hold nobody up; shared blocks where the disk can."""
    with Path(source).open("rb") as reading, Path(target).open("xb") as writing:
        left = os.fstat(reading.fileno()).st_size
        try:
            while left and (copied := os.copy_file_range(reading.fileno(), writing.fileno(), left)):
                left -= copied
        except OSError:  # another file system, or a full one, of which the long way tells
            left = 1
            writing.truncate(0)
    if left:
        shutil.copyfile(source, target)
    shutil.copystat(source, target)
