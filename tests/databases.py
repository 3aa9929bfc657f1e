# SPDX-License-Identifier: Apache-2.0
"""The two kinds of database that tests run on, each behind Django's `default` connection while its tests run.

A test begins in a state, which is made once on each kind, in a database of its own, and kept as a template. A test
inside a transaction rolls back; a test with `transactional_db` gets a copy of the template in exchange for what it
used. Django's own way, emptying every table, would lose the rows that migrations wrote and is refused by the triggers
that guard the journal.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol, Self

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from glasshouse.config.environment import database
from tests.postgres import PostgresServer


class Database(Protocol):
    """One database of the tests that use Django in this process."""

    @property
    def url(self) -> str:
        """GLASSHOUSE_DATABASE of it."""

    def keep_as_template(self) -> None:
        """Remember the present state; no connection is open."""

    def branch(self) -> Self:
        """Return another database that begins as the remembered state."""

    def restore(self) -> None:
        """Return to the remembered state; connections of other threads lose their database."""

    def empty(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a new database without a table, for the processes that one test starts; yields its URL."""

    def migrated(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a new database, a copy of the template; yields its URL."""


class State(Protocol):
    """What a database holds when a test begins."""

    @property
    def before(self) -> "State | None":
        """The state that this one is made from; none where it is made from nothing."""

    def make(self, kind: str, url: str, /) -> None:
        """Make it in the database behind `default`, whose GLASSHOUSE_DATABASE is `url`."""


class Sqlite:
    """A file, so that locks, WAL and several connections are as in a lab."""

    def __init__(self, folder: Path, numbers: Iterator[int] | None = None) -> None:
        self._folder = folder
        self._numbers = numbers or count(1)
        number = next(self._numbers)
        self._path = folder / f"tests{number}.sqlite3"
        self._template = folder / f"template{number}.sqlite3"

    @property
    def url(self) -> str:
        return f"sqlite:///{self._path}"

    def keep_as_template(self) -> None:
        shutil.copyfile(self._path, self._template)

    def restore(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._template, self._path)

    def branch(self) -> "Sqlite":
        other = Sqlite(self._folder, self._numbers)
        shutil.copyfile(self._template, other._path)
        return other

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        yield f"sqlite:///{folder / 'lab.sqlite3'}"

    @contextmanager
    def migrated(self, folder: Path) -> Iterator[str]:
        shutil.copyfile(self._template, folder / "lab.sqlite3")
        yield f"sqlite:///{folder / 'lab.sqlite3'}"


class Postgres:
    """A database of the tests' own server, which starts with the first test that needs it."""

    def __init__(self, server: PostgresServer, name: str = "") -> None:
        self._server = server
        self._name = name or server.create()

    @property
    def url(self) -> str:
        return self._server.url(self._name)

    def keep_as_template(self) -> None:
        self._template = self._server.create(template=self._name)

    def restore(self) -> None:
        self._server.recreate(self._name, template=self._template)

    def branch(self) -> "Postgres":
        return Postgres(self._server, self._server.create(template=self._template))

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
        self._made: dict[tuple[str, State], Database] = {}
        self.current: Database | None = None

    def turn_to(self, kind: str, state: State) -> Database:
        """Put a database in this state behind `default`; its first time makes it."""
        made = self._made.get((kind, state))
        if made is None:
            made = self.turn_to(kind, state.before).branch() if state.before else self._start[kind]()
            self._connect(made)
            state.make(kind, made.url)
            close()
            made.keep_as_template()
            self._made[kind, state] = made
        if made is not self.current:
            self._connect(made)
        return made

    def _connect(self, to: Database) -> None:
        self.current = to
        close()
        del connections[DEFAULT_DB_ALIAS]
        configured = ConnectionHandler({DEFAULT_DB_ALIAS: database(to.url, Path())})
        connections.settings[DEFAULT_DB_ALIAS] = configured.settings[DEFAULT_DB_ALIAS]
        _forget_cached_rows()

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
