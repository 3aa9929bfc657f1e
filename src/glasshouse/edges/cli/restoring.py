# SPDX-License-Identifier: Apache-2.0
"""Making a lab from a backup.

The old log may have gone on after the copy was made, and two logs under one name would be a fork. So the restored
log continues under a new origin: the same entries first, then one that names the old origin, its last known
checkpoint and the range that was lost (docs/decisions/0004).
"""

import os
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import django

from glasshouse.edges.cli import founding
from glasshouse.edges.cli.backup_parts import FILES, FOLDERS, POSTGRESQL, SQLITE, BackupError, copy_file
from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.signer import state_name
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError

_AT_ONCE = 200_000  # entries
_NUMBERED = re.compile(r"^(.*?)(?:/(\d+))?$")


class HomeTakenError(ConflictError):
    """Something lies where the lab was to be restored."""

    code = "cli.home-taken"


@dataclass(frozen=True, slots=True)
class Restored:
    """The lab that is back. `lost` counts signed entries that the backup lacks, None when that is unknown."""

    entries: int
    lost: int | None
    origin: str
    trust: str


def restore(
    source: Path, home: Path, keys: Path | None, database: str, actor: str, *, report: Callable[[int, int], None]
) -> Restored:
    """Restore into a folder that holds no lab; a restore that fails leaves it as empty as it was."""
    if not (source / "lab.toml").exists():
        raise BackupError(f"{source} is no backup of a lab.", hint="Name a folder that `glasshouse backup` made.")
    if home.exists() and any(home.iterdir()):
        raise HomeTakenError(f"{home} is not empty.", hint="Set GLASSHOUSE_HOME to a folder that does not exist.")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _copy(source, home, FILES)
        with ThreadPoolExecutor(1) as other:  # the disk and we, side by side
            copying = other.submit(_copy, source, home, (SQLITE, *FOLDERS), report)
            old_origin, new_origin = _continue_settings(home, keys, database)
            os.environ["GLASSHOUSE_HOME"] = str(home)
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glasshouse.config.settings")
            django.setup()
            _build_tiles(source / SQLITE, home / "ledger")
            copying.result()
        _load_database(source, home)
        restored = _continue_log(actor, old_origin, new_origin)
        os.sync()
    except BaseException:
        for path in home.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        raise
    return restored


def _copy(
    source: Path, home: Path, wanted: Sequence[str], report: Callable[[int, int], None] = lambda _done, _of: None
) -> None:
    names = [name for name in wanted if (source / name).exists()]
    for done, name in enumerate(names):
        (home / name).parent.mkdir(mode=0o700, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, home / name, copy_function=copy_file)
        else:
            copy_file(source / name, home / name)
        report(done + 1, len(names))


def _build_tiles(database: Path, ledger: Path) -> None:
    """Write the tiles from the copied journal's leaves, while the rest is copied; PostgreSQL's come when it is loaded.

    What stands in the restored database is compared with them, and goes on from there.
    """
    if not database.exists():
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as copied, Log(ledger) as log:
        rows = copied.execute("SELECT commitment FROM journal_leaf ORDER BY leaf_index")
        while batch := rows.fetchmany(_AT_ONCE):
            log.append([bytes(commitment) for (commitment,) in batch])


def _continue_settings(home: Path, keys: Path | None, database: str) -> tuple[str, str]:
    path = home / "lab.toml"
    text = path.read_text("utf-8")
    lines, old = text.splitlines(), str(tomllib.loads(text).get("origin", ""))
    if not old:
        raise BackupError("The backup's lab.toml names no origin.", hint="Take another backup; this one was changed.")
    match = _NUMBERED.match(old)
    base, number = (match[1], int(match[2] or 1)) if match else (old, 1)
    new = f"{base}/{number + 1}"
    changed = (
        {"origin": new}
        | ({"keys": str(keys.absolute())} if keys else {})
        | ({"database": database} if database else {})
    )
    kept = [line for line in lines if line.partition("=")[0].strip() not in changed]
    path.write_text("\n".join([*kept, *(f'{name} = "{value}"' for name, value in changed.items())]) + "\n", "utf-8")
    return old, new


def _load_database(source: Path, home: Path) -> None:
    from django.db import connection

    wanted = connection.settings_dict
    if connection.vendor == "sqlite":
        copied, place = home / SQLITE, Path(str(wanted["NAME"]))
        if copied != place:
            if place.exists():
                raise HomeTakenError("The database that the lab names exists.", hint="Name another with --database.")
            shutil.move(copied, place)
        return
    command = ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={wanted['NAME']}"]
    for option, name in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        if wanted[name]:
            command += [option, str(wanted[name])]
    environment = {**os.environ, "PGPASSWORD": str(wanted["PASSWORD"])}
    done = subprocess.run(
        [*command, str(source / POSTGRESQL)], env=environment, capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise BackupError(f"pg_restore failed: {done.stderr.strip()[:300]}", hint="Name an empty database.")


def _continue_log(actor: str, old_origin: str, new_origin: str) -> Restored:
    from django.conf import settings

    from glasshouse.domain.journal import commands as journal
    from glasshouse.domain.journal import queries

    lab = settings.GLASSHOUSE
    for folder in (lab.run, lab.signer, lab.web):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while journal.sequence():  # what waited for the ledger when the copy was made
        pass
    entries = queries.log_size()
    last = _last_signed(lab.signer / state_name(old_origin))
    head = queries.signed_head()
    lost = None if last is None else max(last.size - entries, 0)
    _rebuild_tree(entries, head)
    vkey = founding.found_log(lab.signer, lab.ledger, new_origin)
    with journal.transaction():
        journal.record(
            "ledger.continued",
            actor=actor,
            at=clock.now(),
            fields={
                "from": {
                    "checkpoint": head[1].decode() if head else "",
                    "lost": [entries, last.size] if last else [],
                    "origin": old_origin,
                    "restored": entries,
                }
            },
        )
    return Restored(entries, lost, new_origin, f"log {vkey}")


def _rebuild_tree(entries: int, head: tuple[Checkpoint, bytes] | None) -> None:
    """Write the tiles again from the journal's leaves, and hold them against the head that the backup carries."""
    from django.conf import settings

    from glasshouse.domain.journal import commands as journal
    from glasshouse.domain.journal import queries

    with queries.the_log() as log:
        journal.integrate(log)
        if head is None:
            return
        if head[0].size > entries or log.root(head[0].size) != head[0].root:
            raise BackupError(
                f"The journal in this backup is not the one whose {head[0].size:,} entries were signed.",
                hint="Take another backup, and have this one looked at: it was changed.",
            )
    (settings.GLASSHOUSE.ledger / queries.HEAD).unlink()


def _last_signed(state: Path) -> Checkpoint | None:
    try:
        return Checkpoint.parse(Note.parse(state.read_bytes()).text)
    except FileNotFoundError:
        return None
