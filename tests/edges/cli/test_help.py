# SPDX-License-Identifier: Apache-2.0
"""What --help says of every command: an example that exists, --json, and the exit codes once for all."""

import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from glasshouse.edges.cli.main import app
from tests.architecture.test_docs import complaint_about_ours

PROCESSES = {"serve", "work", "sign"}  # they run until they are told to stop, and have nothing to tell


def commands() -> list[tuple[str, TyperCommand]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return list(_leaves(root, ""))


def _leaves(group: TyperGroup, prefix: str) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        path = f"{prefix} {name}".strip()
        if isinstance(command, TyperGroup):
            yield from _leaves(command, path)
        else:
            assert isinstance(command, TyperCommand)
            yield path, command


NAMES = [path for path, _ in commands()]


def test_every_command_that_was_promised_is_there() -> None:
    promised = {
        *("init", "serve", "work", "sign", "backup", "restore", "person add", "login", "logout", "receipt"),
        *("release import", "release list", "release verify", "release show", "release diff"),
        *("ledger checkpoint", "ledger audit", "ledger prove"),
        *("grant propose", "grant list", "proposal list", "proposal agree", "proposal refuse", "journal erase"),
        *("visit begin", "visit list", "visit close"),
        *("request ask", "request list", "request show", "request vet", "request export", "request withdraw-export"),
        *("request refuse", "request withdraw", "request open", "terms list", "terms publish"),
        *("engagement list", "engagement show", "engagement amend", "engagement renew", "engagement close"),
        *("engagement counts",),
    }
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_an_example_that_would_work(name: str) -> None:
    shown = CliRunner().invoke(app, [*name.split(), "--help"])
    assert shown.exit_code == 0
    epilog = dict(commands())[name].epilog or ""
    assert epilog.startswith("Example: ")
    words = shlex.split(epilog.removeprefix("Example: ").partition(" > ")[0])
    while "=" in words[0]:
        words.pop(0)  # a variable that is set for this command
    assert words[0] == "glasshouse"
    assert words[1 : 1 + len(name.split())] == name.split()
    assert complaint_about_ours(words[1:]) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_sentence_and_json(name: str) -> None:
    command = dict(commands())[name]
    assert command.help
    options = {option for parameter in command.params for option in parameter.opts}
    assert ("--json" in options) != (name in PROCESSES)


def test_the_exit_codes_are_documented_at_the_top() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    said = " ".join(shown.split())
    for code in ("0 done", "1 damage or a bug", "2 wrong as asked", "3 refused", "4 not found", "5 try later"):
        assert code in said
