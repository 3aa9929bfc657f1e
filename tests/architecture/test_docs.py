# SPDX-License-Identifier: Apache-2.0
"""What documents tell people to type exists, and what they show in Python runs.

In README.md and docs/, a ```python block is run, the blocks of one document one after the other. In a ```console
block each line after `$ ` is a command: the targets of `make` and the commands and options of ours must exist.
Names of our code in backticks resolve, files that are linked or named exist.
"""

import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.core import TyperGroup

from glasshouse.edges.cli.main import app

ROOT: Final = Path(__file__).parents[2]
NAME: Final = re.compile(r"`(glasshouse(?:_verify)?(?:\.\w+)+)`")
LINK: Final = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PLACE: Final = re.compile(r"`((?:src|tests|docs|scripts|verifier|requirements|benchmarks|soak)/[\w./-]+)`")
FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VERIFIER: Final = tomllib.loads((ROOT / "verifier" / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(document: Path, language: str) -> Iterator[str]:
    for found in FENCE.finditer(document.read_text("utf-8")):
        if found[1] == language:
            yield found[2]


def commands(document: Path) -> Iterator[list[str]]:
    """Each command that a document shows, as words."""
    for block in blocks(document, "console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield shlex.split(line[2:], comments=True)


def complaint_about_ours(words: list[str]) -> str | None:
    """Walk the words down the tree of commands; say what is not there."""
    command = typer.main.get_command(app)
    for word in words:
        if word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
            if word.split("=")[0] not in known | {"--help"}:
                return f"{command.name} has no {word}"
        elif isinstance(command, TyperGroup):
            named = word if word in command.commands else getattr(command, "default", word)
            if named not in command.commands:
                return f"{command.name} has no command {word}"
            command = command.commands[named]
    return None


def complaint(words: list[str]) -> str | None:
    """Say why a shown command would not work, as far as can be told without running it."""
    match words:
        case ["make", *targets]:
            rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
            missing = [target for target in targets if "=" not in target and target not in rules]
            return f"the Makefile has no {missing}" if missing else None
        case [program, *rest] if Path(program).name == "glasshouse":
            return complaint_about_ours(rest)
        case [program, *_] if program.startswith("glasshouse-"):
            return None if program in VERIFIER else f"the verifier installs no {program}"
        case ["python", "-m", module, *_] if module.startswith("benchmarks."):
            return None if (ROOT / f"{module.replace('.', '/')}.py").exists() else f"no {module}"
    return None


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    complaints = [f"{shlex.join(words)}: {found}" for words in commands(document) if (found := complaint(words))]
    assert complaints == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_python_block_of_a_document_runs(document: Path, tmp_path: Path) -> None:
    script = tmp_path / "document.py"
    script.write_text("\n".join(blocks(document, "python")), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def absent(text: str) -> list[str]:
    """Return the names of our code in a text that stand for nothing."""
    missing = []
    for name in NAME.findall(text):
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError) as error:
            missing.append(f"{name}: {error}")
    return missing


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_name_of_the_code_in_a_document_resolves(document: Path) -> None:
    assert absent(document.read_text("utf-8")) == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    linked = [document.parent / found for found in LINK.findall(text)]
    named = [ROOT / found for found in PLACE.findall(text)]
    assert [str(path) for path in (*linked, *named) if not path.exists()] == []


def test_the_tour_names_the_functions_that_run() -> None:
    assert len(NAME.findall((ROOT / "docs" / "tour.md").read_text("utf-8"))) > 30


def test_a_name_that_stands_for_nothing_is_found_out() -> None:
    assert absent("`glasshouse.kernel.paths.TreePath.no_such_verb`")
    assert absent("`glasshouse.no_such_room.thing`")
    assert absent("`glasshouse.kernel.paths.TreePath.parse`") == []


def test_a_command_that_does_not_exist_is_found_out() -> None:
    assert complaint(["make", "coffee"])
    assert complaint([".venv/bin/glasshouse", "no-such-command"])
    assert complaint(["glasshouse", "init", "--no-such-option"])
    assert complaint(["glasshouse-nothing"])
    assert complaint(["make", "test", "ARGS=-x"]) is None
