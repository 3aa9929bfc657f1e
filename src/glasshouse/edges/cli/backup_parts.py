# SPDX-License-Identifier: Apache-2.0
"""What a backup consists of: known to the copying, which needs an open lab, and to the restoring, which makes one."""

from glasshouse.kernel.errors import ConflictError

FOLDERS = ("store", "keys")
# The tiles are left out: they follow from the journal's leaves, and the restored tree is held against this head.
HEAD = "ledger/head"
FILES = ("lab.toml", "master.salt", "witnesses.json", HEAD)
SQLITE, POSTGRESQL = "lab.sqlite3", "lab.pgdump"


class BackupError(ConflictError):
    """The copy could not be made or read; nothing of it is left."""

    code = "cli.backup"
