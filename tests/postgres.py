# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own, from Debian's packages: private folder, Unix socket only, gone at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Final, LiteralString, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.scratch import MEMORY, scratch

USER: Final = "glasshouse"
START_SECONDS: Final = 60
INSTALL: Final = "sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql"

# Nothing here outlives the run, so nothing is synced; a crash of a client is as real as ever.
OPTIONS: Final = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "log_min_messages=warning",
)


class PostgresMissingError(Exception):
    """PostgreSQL is not installed; says how to install it. The tests fail then, they do not skip."""


class PostgresServer:
    """One running server; `stop` ends it and removes its folder.

    It refuses to run as root: started by root, it runs as Debian's `postgres`. Should the tests be killed, the
    kernel tells the server to end as well.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._folder = folder
        self._process = process
        self._numbers = count(1)

    @classmethod
    def start(cls) -> Self:
        """Initialise a cluster and start it; raises with the server's own words if it does not come up."""
        programs = _programs()
        folder = Path(tempfile.mkdtemp(prefix="glasshouse-postgres-", dir=scratch()))
        account = _unprivileged()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        user = account.pw_uid if account else None
        group = account.pw_gid if account else None
        extra_groups: list[int] | None = [] if account else None
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        log = folder / "log"
        with log.open("wb") as output:
            initialised = subprocess.run(
                [
                    programs / "initdb",
                    f"--pgdata={folder / 'data'}",
                    f"--username={USER}",
                    "--auth=trust",  # the folder of the socket is 0700
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                group=group,
                extra_groups=extra_groups,
                cwd=folder,
                env=environment,
                check=False,
            )
            if initialised.returncode:
                raise RuntimeError(f"initdb failed:\n{log.read_text()}")
            process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "INT"),
                    *(programs / "postgres", "-D", folder / "data", "-k", folder),
                    *(word for option in OPTIONS for word in ("-c", option)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                group=group,
                extra_groups=extra_groups,
                cwd=folder,
                env=environment,
            )
        server = cls(folder, process)
        server._wait()
        return server

    def stop(self) -> None:
        """End the server, roll open transactions back, remove its folder."""
        self._process.send_signal(signal.SIGINT)  # "fast": does not wait for clients, as SIGTERM would
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder)

    def url(self, name: str) -> str:
        """Name one database as GLASSHOUSE_DATABASE does."""
        return f"postgresql://{USER}@/{name}?host={quote(str(self._folder), safe='')}&port=5432"

    def create(self, *, template: str = "template1") -> str:
        """Create a database of a new name, a copy of the template."""
        name = f"lab{next(self._numbers)}"
        self._copy(template, name)
        return name

    def recreate(self, name: str, *, template: str) -> None:
        """Replace a database by a fresh copy of the template, whoever is connected to it."""
        self.drop(name)
        self._copy(template, name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _copy(self, template: str, name: str) -> None:
        # In memory to copy files is the faster way; on a disk it waits for a checkpoint.
        if self._folder.parent == MEMORY:
            self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        else:
            self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY WAL_LOG", name, template)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self._folder / "log").read_text()
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


def _programs() -> Path:
    """Find the folder of the server's programs, which Debian keeps off the PATH; the newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise PostgresMissingError(f"the tests need PostgreSQL's server: {INSTALL}")
    return Path(on_path).resolve().parent


def _unprivileged() -> pwd.struct_passwd | None:
    """Name the account that the server runs under where we are root; otherwise it is our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
