# SPDX-License-Identifier: Apache-2.0
"""What a test finds when it begins: arranged once a worker on each database, and a copy for every test that wants it.

To found a lab, to give a grant as both its sides do and to begin a visit are hundreds of statements, and thousands of
tests begin there. A scene is arranged by the product's own commands in a database and a folder of its own; a test gets
that database, inside a transaction or as a fresh copy, and a copy of the folder.
"""

import copy
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from glasshouse.engines.ledger.signer import Signer, state_name
from tests.databases import State
from tests.edges.running import RunningLab
from tests.lab import House, forget, furnish

Arrange = Callable[[House], object]
Prepare = Callable[[RunningLab], object]


class Migrated:
    """The empty lab that migrations leave."""

    before: Final = None

    def make(self, _kind: str, _url: str) -> None:
        """Migrate."""
        call_command("migrate", verbosity=0, interactive=False)


class Arranged(NamedTuple):
    """What was arranged on one database: the house, and what `arrange` returned."""

    house: House
    returned: object


class Scene:
    """What one function arranges in a furnished house; without a function, the house itself."""

    def __init__(self, folder: Path, before: State, arrange: Arrange | None = None) -> None:
        self.before: Final = before
        self._folder = folder
        self._arrange = arrange
        self._arranged: dict[str, Arranged] = {}

    def make(self, kind: str, _url: str) -> None:
        """Arrange it in the database that is there."""
        folder = self._folder / kind
        with _in(folder):
            house = self.before.enter(kind, folder).house if isinstance(self.before, Scene) else furnish(folder)
            self._arranged[kind] = Arranged(house, self._arrange(house) if self._arrange else None)
        forget()

    def enter(self, kind: str, folder: Path) -> Arranged:
        """Copy the lab's files to a folder that the settings name, and return what this scene holds, for one test."""
        forget()
        house, returned = self._arranged[kind]
        shutil.copytree(self._folder / kind, folder, symlinks=True, dirs_exist_ok=True)
        origin = settings.GLASSHOUSE.origin
        signer = Signer(house.signer._key, origin, settings.GLASSHOUSE.signer / state_name(origin))
        return Arranged(replace(house, folder=folder, signer=signer), copy.deepcopy(returned))


class Founded:
    """What one function prepares in a lab of processes, founded as an operator does it; none of them runs yet."""

    def __init__(self, folder: Path, before: State, prepare: Prepare) -> None:
        self.before: Final = before
        self._folder = folder
        self._prepare = prepare
        self._labs: dict[str, RunningLab] = {}

    def make(self, kind: str, url: str) -> None:
        """Prepare it in the database that is there."""
        self._labs[kind] = RunningLab.found(self._folder / kind, url)
        self._prepare(self._labs[kind])

    def enter(self, kind: str, folder: Path, url: str) -> RunningLab:
        """Return a copy of the lab in a folder, on a copy of its database."""
        return self._labs[kind].copy(folder, url)


class Scenes:
    """All scenes of a worker, each made when a test first wants it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.migrated: Final = Migrated()
        self.furnished: Final = Scene(folder / "furnished", self.migrated)
        self._of: dict[Arrange, Scene] = {}
        self._founded: dict[Prepare, Founded] = {}

    def of(self, arrange: Arrange) -> Scene:
        """Return the scene that a function arranges."""
        if arrange not in self._of:
            self._of[arrange] = Scene(self._folder / f"scene{len(self._of)}", self.furnished, arrange)
        return self._of[arrange]

    def founded(self, prepare: Prepare) -> Founded:
        """Return the lab of processes that a function prepares."""
        if prepare not in self._founded:
            folder = self._folder / f"founded{len(self._founded)}"
            self._founded[prepare] = Founded(folder, self.migrated, prepare)
        return self._founded[prepare]


def _in(folder: Path) -> AbstractContextManager[object]:
    """Let the settings name a folder's lab."""
    return override_settings(GLASSHOUSE=replace(settings.GLASSHOUSE, home=folder / "lab", keys=folder / "keys"))
