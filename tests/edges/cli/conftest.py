# SPDX-License-Identifier: Apache-2.0
"""Labs that the command founds, and people who sign in at a terminal."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from glasshouse.edges.cli.main import app
from tests.edges.running import RunningLab, make_source


@dataclass(frozen=True, slots=True)
class Terminal:
    """Somebody's terminal: a home folder of their own, signed in or not."""

    lab: RunningLab
    home: Path

    def run(self, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command here: in this process, for a person's commands need nothing of the lab but its address."""
        done = CliRunner().invoke(app, words, input=told, env={"HOME": str(self.home)}, catch_exceptions=False)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    def tell(self, *words: str, expected: int = 0) -> str:
        """Run a command that ends with this exit code, and return what it printed."""
        done = self.run(*words)
        assert done.returncode == expected, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def json(self, *words: str, expected: int = 0) -> Any:
        """Run a command with --json and return its one value."""
        return json.loads(self.tell(*words, "--json", expected=expected))


def terminal(lab: RunningLab, who: str) -> Terminal:
    """Return a terminal at which somebody is signed in."""
    home = lab.home.parent / f"home-{who}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    lab.sign_terminal_in(who, home)
    return Terminal(lab, home)


@pytest.fixture(scope="session")
def empty_lab(tmp_path_factory: pytest.TempPathFactory) -> RunningLab:
    """A lab that was founded, for copies of it."""
    folder = tmp_path_factory.mktemp("empty")
    return RunningLab.found(folder, at(folder))


@pytest.fixture(scope="session")
def furnished_lab(empty_lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> RunningLab:
    """A lab with two releases and a grant, for copies of it."""
    folder = tmp_path_factory.mktemp("furnished")
    lab = empty_lab.copy(folder, at(folder))
    source = make_source(folder)
    lab.command("release", "import", "tool", "1.0", str(source))
    (source / "src" / "file0.c").write_text("int changed;\nint line_0_2(void);\n", "utf-8")
    lab.command("release", "import", "tool", "1.1", str(source))
    lab.set_the_scene(hour=120, day=120, visit=120, total=500)
    return lab


@pytest.fixture
def founded(empty_lab: RunningLab, tmp_path: Path) -> Iterator[RunningLab]:
    """A lab that was founded and is not served; once, on SQLite."""
    lab = empty_lab.copy(tmp_path, at(tmp_path))
    yield lab
    lab.stop()


@pytest.fixture
def served(furnished_lab: RunningLab, tmp_path: Path) -> Iterator[RunningLab]:
    """A lab with two releases, a grant, and its processes."""
    lab = furnished_lab.copy(tmp_path, at(tmp_path))
    lab.serve(workers=1)
    yield lab
    lab.stop()


def at(folder: Path) -> str:
    """Return the database of a lab in a folder, which is copied with it."""
    return f"sqlite:///{folder / 'db.sqlite3'}"
