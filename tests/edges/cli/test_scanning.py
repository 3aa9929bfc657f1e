# SPDX-License-Identifier: Apache-2.0
"""`glasshouse scan`: a release's name is enough, and a run is done again from its record, in a restored lab too."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from glasshouse.edges.cli.main import app
from tests.edges.running import RunningLab, make_source


def told(lab: RunningLab, *words: str, expected: int = 0) -> Any:
    return json.loads(lab.command(*words, "--json", expected=expected))


def test_a_run_is_done_again_by_its_uid_also_where_the_lab_was_restored(founded: RunningLab, tmp_path: Path) -> None:
    source = make_source(tmp_path)
    (source / "src" / "run.py").write_text("import subprocess\nsubprocess.call('ls', shell=True)\n", "utf-8")
    founded.command("release", "import", "tool", "1.0", str(source))
    (first,) = told(founded, "scan", "tool", "1.0", "--tool", "ruff", "--workers", "1", expected=1)
    assert first["files"] == {"analysed": 1}
    (second,) = told(founded, "scan", "release", "tool", "1.0", "--tool", "ruff", "--workers", "1")
    assert second["cached"] == 1
    found = told(founded, "scan", "reproduce", first["run"], "--workers", "1")
    assert (found["equal"], found["files"], found["same"], found["circumstances"]) == (True, 1, 2, [])
    shown = founded.run_command("scan", "reproduce", second["run"], "--workers", "1")
    assert shown.stdout == "ruff: equal. 1 files, 2 results the same.\n"
    founded.serve(workers=1)
    founded.stop()
    founded.command("backup", str(tmp_path / "copy"))
    back = RunningLab(
        tmp_path / "back", founded.url, {**founded.environment, "GLASSHOUSE_HOME": str(tmp_path / "back")}
    )
    back.command(
        *("restore", str(tmp_path / "copy"), "--keys", str(tmp_path / "keys")),
        *("--database", f"sqlite:///{tmp_path / 'back.sqlite3'}"),
    )
    assert told(back, "scan", "reproduce", first["run"], "--workers", "1")["equal"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["scan", "reproduce", "0" * 26], 4), (["scan", "reproduce", "no-uid"], 4), (["scan", "nothing", "1"], 4)],
)
def test_what_is_not_there_ends_with_its_code(founded: RunningLab, words: list[str], code: int) -> None:
    assert founded.run_command(*words).returncode == code


@pytest.mark.parametrize("words", [["scan", "--help"], ["scan"]])
def test_help_names_both_ways(words: list[str]) -> None:
    shown = CliRunner().invoke(app, words).output
    assert "reproduce" in shown
    assert "release" in shown
