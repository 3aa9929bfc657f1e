# SPDX-License-Identifier: Apache-2.0
"""Opening the lab that GLASSHOUSE_HOME names, for the operator's commands."""

import os
from pathlib import Path

import django
from django.core.management import call_command
from django.db.migrations.executor import MigrationExecutor

from glasshouse.kernel.errors import ConflictError, NotFoundError


class NoLabError(NotFoundError):
    """No lab lies where one was looked for."""

    code = "cli.no-lab"


class OldLabError(ConflictError):
    """The lab's database is of an older version."""

    code = "cli.old-lab"


def home() -> Path:
    """Return the lab's folder."""
    return Path(os.environ.get("GLASSHOUSE_HOME", "lab")).absolute()


def open_lab() -> None:
    """Load the lab's settings and rooms; raise when there is none, or its database needs `init` first."""
    if not (home() / "lab.toml").exists():
        raise NoLabError(
            f"There is no lab at {home()}.",
            hint="Make one with `glasshouse init`, or set GLASSHOUSE_HOME to its folder.",
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glasshouse.config.settings")
    django.setup()
    from django.db import connection

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise OldLabError(
            "The lab's database is older than this program.", hint="Run `glasshouse init` again; it keeps all."
        )


def migrate() -> None:
    """Bring the lab's database to this version."""
    call_command("migrate", verbosity=0, interactive=False)
