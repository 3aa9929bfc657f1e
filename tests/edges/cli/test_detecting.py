# SPDX-License-Identifier: Apache-2.0
"""`glasshouse findings`: results of tools come in, are counted and compared, by exit code and by what is printed."""

import json
from pathlib import Path
from typing import Any

from tests.edges.cli.conftest import terminal
from tests.edges.running import RunningLab, make_source


def told(lab: RunningLab, *words: str, expected: int = 0) -> Any:
    return json.loads(lab.command(*words, "--json", expected=expected))


def sarif(folder: Path, name: str, lines: list[int], file: int = 0) -> Path:
    """Write what a tool says of some lines; its rule's name and message would act on a terminal."""
    results = [
        {
            "ruleId": "bad\x1b[31m",
            "message": {"text": "\x1b]0;owned\x07"},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": f"src/file{file}.c"}, "region": {"startLine": line}}}
            ],
        }
        for line in lines
    ]
    path = folder / name
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "cutter", "version": "3"}}, "results": results}]}
    path.write_text(json.dumps(log), "utf-8")
    return path


def test_results_come_in_once_and_are_counted_and_compared(founded: RunningLab, tmp_path: Path) -> None:
    first = make_source(tmp_path)
    founded.command("release", "import", "tool", "1.0", str(first))
    (first / "src" / "file1.c").write_text("int other;\n", "utf-8")
    founded.command("release", "import", "tool", "1.1", str(first))
    (taken,) = told(founded, "findings", "import", "tool", "1.0", str(sarif(tmp_path, "a.sarif", [3, 5, 5])))
    assert (taken["states"], taken["results"], taken["folded"]) == ({"new": 2}, 3, 1)
    again = founded.run_command("findings", "import", "tool", "1.0", str(tmp_path / "a.sarif"))
    assert again.returncode == 0
    assert again.stdout.startswith("cutter: 3 results here already.")
    later = sarif(tmp_path, "b.sarif", [3, 9], file=2)
    (taken,) = told(founded, "findings", "import", "tool", "1.1", str(later), "--complete")
    assert (taken["states"], taken["base"]) == ({"absent": 2, "new": 2}, "1.0")
    (row,) = told(founded, "findings", "list", "tool", "1.1")
    assert row["severities"] == {"medium": 2}
    assert list(row["rules"].values()) == [2]
    shown = founded.run_command("findings", "list", "tool", "1.1")
    assert "\x1b" not in shown.stdout + shown.stderr
    assert told(founded, "findings", "diff", "tool", "1.0", "1.1", expected=1) == [
        {"both": 0, "gone": 2, "new": 2, "tool": "cutter"}
    ]
    assert told(founded, "findings", "diff", "tool", "1.0", "1.0") == [
        {"both": 2, "gone": 0, "new": 0, "tool": "cutter"}
    ]


def test_what_is_no_result_of_a_release_ends_with_its_code(founded: RunningLab, tmp_path: Path) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    spoilt = tmp_path / "spoilt.sarif"
    spoilt.write_text('{"version": "2.1.0", "runs": [', "utf-8")
    whole = sarif(tmp_path, "a.sarif", [3])
    for version, source, code, expected in (
        ("1.0", spoilt, "formats.invalid-sarif", 2),
        ("9.9", whole, "releases.release-unknown", 4),
        ("1.0", tmp_path / "nothing", "not-found", 4),
    ):
        answer = told(founded, "findings", "import", "tool", version, str(source), expected=expected)
        assert answer["error"] == code, (source, answer)
    assert told(founded, "findings", "list", "tool", "1.0") == []


def test_a_backup_keeps_what_tools_found(founded: RunningLab, tmp_path: Path) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    source = sarif(tmp_path, "a.sarif", [3, 5])
    told(founded, "findings", "import", "tool", "1.0", str(source))
    founded.serve(workers=1)
    founded.stop()
    founded.command("backup", str(tmp_path / "copy"))
    environment = {**founded.environment, "GLASSHOUSE_HOME": str(tmp_path / "back")}
    back = RunningLab(tmp_path / "back", founded.url, environment)
    back.command(
        *("restore", str(tmp_path / "copy"), "--keys", str(tmp_path / "keys")),
        *("--database", f"sqlite:///{tmp_path / 'back.sqlite3'}"),
    )
    (taken,) = told(back, "findings", "import", "tool", "1.0", str(sarif(tmp_path, "b.sarif", [5, 3])))
    assert taken["states"] == {"unchanged": 2}  # the report from before was read


def test_a_person_judges_at_their_own_terminal_and_the_operator_does_not(served: RunningLab, tmp_path: Path) -> None:
    told(served, "findings", "import", "tool", "1.0", str(sarif(tmp_path, "a.sarif", [3, 5])))
    manager, reviewer = terminal(served, "lab-manager"), terminal(served, "reviewer")
    assert manager.json("findings", "verdicts", "tool", "1.0")["states"]["open"] == 2
    assert "2 open" in manager.tell("findings", "verdicts", "tool", "1.0")
    words = ("--state", "confirmed", "--reason", "So.")
    unknown = "0123456789abcdefghjkmnpqrs"
    assert manager.run("findings", "triage", "tool", "1.0", unknown, *words).returncode == 4
    assert (
        manager.run("findings", "triage", "tool", "1.0", unknown, "--state", "closed", "--reason", "x").returncode == 2
    )
    assert reviewer.run("findings", "verdicts", "tool", "1.0").returncode == 4, "a visitor names a grant"
    grant = reviewer.run("findings", "verdicts", "tool", "1.0", "--grant", served.grant)
    assert grant.returncode == 3, "this grant is for reading and searching"


def test_what_was_found_is_written_into_a_new_file_that_can_be_taken_in_again(
    founded: RunningLab, tmp_path: Path
) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    told(founded, "findings", "import", "tool", "1.0", str(sarif(tmp_path, "a.sarif", [3, 5])))
    out = tmp_path / "out.sarif"
    said = told(founded, "findings", "export", "tool", "1.0", str(out))
    assert (said["bytes"], out.stat().st_mode & 0o777) == (out.stat().st_size, 0o600)
    (taken,) = told(founded, "findings", "import", "tool", "1.0", str(out))
    assert (taken["states"], taken["is_new"]) == ({"unchanged": 2}, True)
    for words, code, expected in (
        ([str(out)], "invalid", 2),
        ([str(tmp_path / "x"), "--format", "xml"], "invalid", 2),
        ([str(tmp_path / "x"), "--tool", "nobody"], "detections.no-report", 4),
    ):
        answer = told(founded, "findings", "export", "tool", "1.0", *words, expected=expected)
        assert answer["error"] == code, (words, answer)
    assert not (tmp_path / "x").exists()
