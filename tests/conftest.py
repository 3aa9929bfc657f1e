# SPDX-License-Identifier: Apache-2.0
"""Every test that touches a database runs on SQLite and on PostgreSQL; the others run once.

A test touches a database when it asks for `db`, `transactional_db`, `live_server` or one of the two URLs, itself or
through another fixture, or bears the mark `django_db`.

A test that asks for `furnished`, mostly as its folder's `house`, begins in a furnished lab. One that asks for
`arranged`, mostly as `desk`, begins with what the function `arrange` of its module made of that lab, and with a visit
where its module has none. One that asks for `prepared` gets a lab of processes, founded as an operator does it, with
what the function `prepare` of its module did there; those that ask for `common` share one that serves. tests/scenes.py
says how.

A test of what happens in a browser alone, whose pages are asked for on both databases elsewhere, bears the mark
`one_database` and runs on SQLite.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import django
import pytest
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests.databases import Postgres, Sqlite, State, Switch, close
from tests.postgres import PostgresServer
from tests.scratch import scratch

DATABASES: Final = ("sqlite", "postgresql")
TOUCHING: Final = frozenset({"db", "transactional_db", "live_server", "database_url", "empty_database_url", "common"})
LONGEST: Final = frozenset({"journeys", "cli", "worker"})  # folders whose tests start the lab's processes
PREPARED: Final = frozenset({"prepared", "common"})

# The settings are read once, by django.setup() below. Nothing of the developer's own lab may leak in.
FOLDER: Final = Path(tempfile.mkdtemp(prefix="glasshouse-tests-", dir=scratch()))
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch()))  # of tmp_path
for name in [name for name in os.environ if name.startswith("GLASSHOUSE_") and name != "GLASSHOUSE_VECTORS"]:
    del os.environ[name]
os.environ["GLASSHOUSE_HOME"] = str(FOLDER / "lab")
os.environ["GLASSHOUSE_KEYS"] = str(FOLDER / "keys")
os.environ["DJANGO_SETTINGS_MODULE"] = "glasshouse.config.settings"
django.setup()  # here, because the conftest of a folder may import models

from tests.edges.running import RunningLab  # noqa: E402 -- as above
from tests.lab import House  # noqa: E402
from tests.scenes import Arranged, Founded, Scene, Scenes  # noqa: E402

SCENES: Final = Scenes(FOLDER)


class Beginning(NamedTuple):
    """Where a test begins: on which kind of database, in which state."""

    kind: str
    state: State


def pytest_configure(config: pytest.Config) -> None:
    # Some machines have Python forget what it compiled. Here hundreds of processes load the same files, and would spend
    # half of their start on compiling them.
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(config.cache.mkdir("compiled"))
        sys.dont_write_bytecode = False


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    # A worker would read the settings from our environment before it gets here, and share our folder.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not TOUCHING.isdisjoint(metafunc.fixturenames) or metafunc.definition.get_closest_marker("django_db"):
        state = _state(metafunc)
        # By session: pytest then runs all tests of one database together.
        kinds = DATABASES[:1] if metafunc.definition.get_closest_marker("one_database") else DATABASES
        beginnings = [Beginning(kind, state) for kind in kinds]
        metafunc.parametrize("beginning", beginnings, indirect=True, scope="session", ids=kinds)


def _state(metafunc: pytest.Metafunc) -> State:
    if "arranged" in metafunc.fixturenames:
        return SCENES.of(getattr(metafunc.module, "arrange", House.desk))
    if not PREPARED.isdisjoint(metafunc.fixturenames):
        return SCENES.founded(getattr(metafunc.module, "prepare", _no_more))
    return SCENES.furnished if "furnished" in metafunc.fixturenames else SCENES.migrated


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The longest files first: started last, one of them would keep a core waiting for the other.
    items.sort(key=lambda item: LONGEST.isdisjoint(item.path.parts))


def _no_more(_: RunningLab) -> None:
    """Leave a lab as it was founded."""


@pytest.fixture(scope="session")
def database_switch(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Switch]:
    """The switch between the databases, each of which starts with its first test."""
    del django_test_environment  # wanted for its effect
    with ExitStack() as stack:

        def postgres() -> Postgres:
            server = PostgresServer.start()
            stack.callback(server.stop)
            return Postgres(server)

        switch = Switch({"sqlite": lambda: Sqlite(FOLDER), "postgresql": postgres})
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # What a transactional test leaves is not emptied table by table; tests/databases.py says why.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: switch.restore())
        yield switch
        with django_db_blocker.unblock():
            close()


@pytest.fixture(scope="session", autouse=True)
def beginning(request: pytest.FixtureRequest) -> Beginning | None:
    """Where this test begins; nowhere, if it touches no database."""
    found: Beginning | None = getattr(request, "param", None)
    if found is not None:
        switch: Switch = request.getfixturevalue("database_switch")
        blocker: DjangoDbBlocker = request.getfixturevalue("django_db_blocker")
        with blocker.unblock():
            switch.turn_to(found.kind, found.state)
    return found


@pytest.fixture
def database_kind(beginning: Beginning | None) -> str | None:
    """Which database this test runs on; none for a test that touches none."""
    return beginning.kind if beginning else None


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Stand in for pytest-django's own: the switch has made and migrated the database."""


@pytest.fixture
def scene(beginning: Beginning, tmp_path: Path, settings: Settings) -> Arranged:
    """What was arranged, with the lab's files in a folder of this test's own."""
    assert isinstance(beginning.state, Scene)
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, home=tmp_path / "lab", keys=tmp_path / "keys")
    return beginning.state.enter(beginning.kind, tmp_path)


@pytest.fixture
def prepared(beginning: Beginning, database_url: str, tmp_path: Path) -> Iterator[RunningLab]:
    """A lab of processes, none of which runs yet; those that run at the end are ended."""
    assert isinstance(beginning.state, Founded)
    lab = beginning.state.enter(beginning.kind, tmp_path, database_url)
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def common(
    beginning: Beginning, database_switch: Switch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningLab]:
    """A prepared lab, serving, for all tests of a module: each wants somebody of its own, as `of_another` gives."""
    assert isinstance(beginning.state, Founded)
    assert database_switch.current is not None
    folder = tmp_path_factory.mktemp("common")
    with database_switch.current.migrated(folder) as url:
        lab = beginning.state.enter(beginning.kind, folder, url)
        try:
            lab.serve(workers=1)
            yield lab
        finally:
            lab.stop()


@pytest.fixture
def furnished(scene: Arranged) -> House:
    """A founded lab with its cast; wants `db` or `transactional_db` besides."""
    return scene.house


@pytest.fixture
def arranged(scene: Arranged) -> Any:
    """What the module's `arrange` returned, or the reviewer's visit to the whole of a release."""
    return scene.returned


@pytest.fixture
def database_url(database_switch: Switch, tmp_path: Path) -> Iterator[str]:
    """GLASSHOUSE_DATABASE for the real processes that a test starts: a new database of the test's kind, migrated."""
    assert database_switch.current is not None
    with database_switch.current.migrated(tmp_path) as url:
        yield url


@pytest.fixture
def empty_database_url(database_switch: Switch, tmp_path: Path) -> Iterator[str]:
    """The same without a table, as an operator's first `glasshouse init` finds it."""
    assert database_switch.current is not None
    with database_switch.current.empty(tmp_path) as url:
        yield url
