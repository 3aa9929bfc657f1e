# SPDX-License-Identifier: Apache-2.0
"""The two databases that tests run on, each behind Django's `default` connection while its tests run.

Both are migrated once, into a template. A test inside a transaction rolls back; a test with `transactional_db`
gets a copy of the template in exchange for what it used. Django's own way, emptying every table, would lose the
rows that migrations wrote and is refused by the triggers that guard the journal.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from django.apps import apps
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from glasshouse.config.environment import database
from tests.postgres import PostgresServer


class Database(Protocol):
    """One kind of database."""

    @property
    def url(self) -> str:
        """The migrated database of the tests that use Django in this process."""

    def keep_as_template(self) -> None:
        """Remember the present state; no connection is open."""

    def restore(self) -> None:
        """Return to the remembered state; connections of other threads lose their database."""

    def empty(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a new database without a table, for the processes that one test starts; yields its URL."""

    def migrated(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a new database as migrations leave it, a copy of the template; yields its URL."""


class Sqlite:
    """A file, so that locks, WAL and several connections are as in a lab."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tests.sqlite3"
        self._template = folder / "template.sqlite3"

    @property
    def url(self) -> str:
        return f"sqlite:///{self._path}"

    def keep_as_template(self) -> None:
        shutil.copyfile(self._path, self._template)

    def restore(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._template, self._path)

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        yield f"sqlite:///{folder / 'lab.sqlite3'}"

    @contextmanager
    def migrated(self, folder: Path) -> Iterator[str]:
        shutil.copyfile(self._template, folder / "lab.sqlite3")
        yield f"sqlite:///{folder / 'lab.sqlite3'}"


class Postgres:
    """A database of the tests' own server, which starts with the first test that needs it."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._name = server.create()

    @property
    def url(self) -> str:
        return self._server.url(self._name)

    def keep_as_template(self) -> None:
        self._template = self._server.create(template=self._name)

    def restore(self) -> None:
        self._server.recreate(self._name, template=self._template)

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        del folder  # the server keeps its own
        name = self._server.create()
        yield self._server.url(name)
        self._server.drop(name)

    @contextmanager
    def migrated(self, folder: Path) -> Iterator[str]:
        del folder  # the server keeps its own
        name = self._server.create(template=self._template)
        yield self._server.url(name)
        self._server.drop(name)


class Switch:
    """Which database stands behind Django's `default`, in this thread and in those that start later."""

    def __init__(self, start: dict[str, Callable[[], Database]]) -> None:
        self._start = start
        self._started: dict[str, Database] = {}
        self.current: Database | None = None

    def turn_to(self, name: str) -> Database:
        """Put a database behind `default`; its first time creates and migrates it."""
        is_new = name not in self._started
        if is_new:
            self._started[name] = self._start[name]()
        self.current = self._started[name]
        close()
        del connections[DEFAULT_DB_ALIAS]
        configured = ConnectionHandler({DEFAULT_DB_ALIAS: database(self.current.url, Path())})
        connections.settings[DEFAULT_DB_ALIAS] = configured.settings[DEFAULT_DB_ALIAS]
        _forget_cached_rows()
        if is_new:
            call_command("migrate", verbosity=0, interactive=False)
            close()
            self.current.keep_as_template()
        return self.current

    def restore(self) -> None:
        """Exchange the current database for a copy of its template."""
        if self.current is not None:
            close()
            self.current.restore()
            _forget_cached_rows()


def close() -> None:
    """Close this thread's connection."""
    connections[DEFAULT_DB_ALIAS].close()


def _forget_cached_rows() -> None:
    apps.get_model("contenttypes.ContentType").objects.clear_cache()
