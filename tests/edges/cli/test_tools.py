# SPDX-License-Identifier: Apache-2.0
"""The operator sees which analysers are ready, without a lab, and what to do about the others."""

import json
from pathlib import Path

from typer.testing import CliRunner

from glasshouse.edges.cli.main import app

RUNNER = CliRunner()


def test_every_tool_is_listed_with_its_version_and_digest() -> None:
    done = RUNNER.invoke(app, ["tools", "list", "--json"])
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert rows["ruff"]["state"] == "ready"
    assert rows["ruff"]["version"]
    assert len(rows["ruff"]["digest"]) == 64
    assert rows["shellcheck"]["from"] == "Debian's shellcheck"


def test_a_missing_tool_is_shown_as_missing_with_what_to_type(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["tools", "list", "--json", "--folder", str(tmp_path)])
    [row] = [row for row in json.loads(done.stdout) if row["name"] == "bandit"]
    assert done.exit_code == 0
    assert (row["state"], row["version"], row["hint"]) == ("missing", None, "glasshouse tools install bandit")
    shown = RUNNER.invoke(app, ["tools", "list", "--folder", str(tmp_path)], env={"COLUMNS": "200"})
    assert "missing" in shown.stdout


def test_what_is_ready_is_not_installed_again() -> None:
    done = RUNNER.invoke(app, ["tools", "install", "ruff", "shellcheck", "--json"])
    assert done.exit_code == 0
    assert [row["state"] for row in json.loads(done.stdout[done.stdout.index("[") :])] == ["ready", "ready"]


def test_an_unknown_tool_is_refused_with_the_names_of_those_there_are() -> None:
    done = RUNNER.invoke(app, ["tools", "install", "no-such-tool"])
    assert done.exit_code == 4
    assert "bandit" in done.stderr
