# SPDX-License-Identifier: Apache-2.0
"""Copying a lab that runs. The database first, at one moment; then files, which are only ever added to.

What is written after the database was copied is more than it names, never less: packs and wrapped keys are
immutable once there. The copy appears under its name when it is whole. Sessions are left out of it.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries
from glasshouse.edges.cli.backup_parts import FILES, FOLDERS, POSTGRESQL, SQLITE, BackupError, copy_file

_PAGES = 4096
# Whoever holds a session's key is its person until it ends: a copy that is stolen must not sign anybody in.
SESSIONS = ("django_session", "usersessions_usersession")


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied."""

    entries: int
    size: int


def back_up(target: Path, actor: str, *, now: datetime, report: Callable[[int, int], None]) -> Backup:
    """Copy the lab to a new folder; a copy that was killed half way leaves `TARGET.partial`, removed next time."""
    if target.exists():
        raise BackupError(f"{target} exists already.", hint="Name a folder that does not; copies are never mixed.")
    with journal.transaction():
        journal.record("lab.backed-up", actor=actor, at=now)
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        _copy_small(settings.GLASSHOUSE.home, partial)
        _copy_database(partial, report)
        _copy_folders(settings.GLASSHOUSE.home, partial)
        _sync(partial)
        partial.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The copy could not be made: {error}.", hint="Make room and start again.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return Backup(queries.log_size(), size)


def _copy_database(target: Path, report: Callable[[int, int], None]) -> None:
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target / SQLITE)) as copy,
        ):
            # One read transaction for all pages: the copy is the database at one moment, and writers go on.
            source.execute("BEGIN")
            source.backup(copy, pages=_PAGES, progress=lambda _status, left, of: report(of - left, of))
            copy.execute("PRAGMA secure_delete = ON")  # the rows' bytes go, not only their places in the tables
            for table in SESSIONS:
                copy.execute(f"DELETE FROM {table}")  # noqa: S608 -- names from above
            copy.commit()
        return
    if shutil.which("pg_dump") is None:
        raise BackupError("pg_dump is not installed.", hint="Install postgresql-client.")
    wanted = connection.settings_dict
    command = ["pg_dump", "--format=custom", "--compress=0", f"--file={target / POSTGRESQL}", wanted["NAME"]]
    command += [f"--exclude-table-data=public.{table}" for table in SESSIONS]
    for option, name in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        if wanted[name]:
            command += [option, str(wanted[name])]
    done = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": str(wanted["PASSWORD"])}, capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise BackupError(f"pg_dump failed: {done.stderr.strip()[:300]}")


def _copy_small(home: Path, target: Path) -> None:
    # Before the database, so that the signed head is of a tree that the copied journal holds whole.
    for name in FILES:
        if (home / name).exists():
            (target / name).parent.mkdir(mode=0o700, exist_ok=True)
            copy_file(home / name, target / name)


def _copy_folders(home: Path, target: Path) -> None:
    for name in FOLDERS:
        if (home / name).exists():
            shutil.copytree(home / name, target / name, ignore=_unfinished, copy_function=copy_file)


def _unfinished(folder: str, names: list[str]) -> set[str]:
    # What an intake or a writer has not finished is no part of the lab yet.
    del folder
    return {name for name in names if name.endswith((".tmp", ".lock")) or name in {"intake", "lock"}}


def _sync(target: Path) -> None:
    # One sync of the file system costs less than one for each of ten thousand files.
    descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.sync()
