# SPDX-License-Identifier: Apache-2.0
"""`glasshouse release symbols`: by exit code and by what it prints; a backup keeps what it took in."""

import json
from pathlib import Path
from typing import Any

from tests.edges.running import RunningLab, make_source
from tests.engines.codeindex.symbols.scipbytes import document, occurrence

ENTRIES = """
import django; django.setup()
from glasshouse.domain.journal.models import Event
for actor in Event.objects.filter(kind="releases.symbols-imported").values_list("actor", flat=True): print(actor)
"""


def told(lab: RunningLab, *words: str, expected: int = 0) -> Any:
    return json.loads(lab.command(*words, "--json", expected=expected))


def index(folder: Path) -> Path:
    """Write an index of two files, one of which no release has."""
    path = folder / "index.scip"
    mentions = [occurrence([line, 4, 12], f"cxx . . $ line_0_{line + 1}(1).", 1) for line in range(9)]
    path.write_bytes(
        document(b"src/file0.c", *mentions, occurrence([999, 0, 4], "local 1"))
        + document(b"src/\x1b[31mgone.c", occurrence([0, 0, 3], "local 0"))
    )
    return path


def test_an_index_is_taken_in_once_and_what_was_left_out_is_said(founded: RunningLab, tmp_path: Path) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    words = ["release", "symbols", "tool", "1.0", str(index(tmp_path))]
    taken = told(founded, *words)
    digest = taken.pop("digest")
    assert len(digest) == 64
    assert taken == {
        "documents": 1,
        "foreign_documents": 0,
        "is_new": True,
        "left_out_documents": 1,
        "left_out_mentions": 1,
        "mentions": 9,
    }
    again = founded.run_command(*words)
    assert again.returncode == 0
    assert again.stdout.startswith("Here already: 9 places in 1 document of tool 1.0.")
    assert "\x1b" not in again.stdout + again.stderr
    assert [line.partition(":")[0] for line in founded.python(ENTRIES).splitlines()] == ["operator"]


def test_what_is_no_index_of_the_release_ends_with_its_code(founded: RunningLab, tmp_path: Path) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    text = tmp_path / "text.scip"
    text.write_text("no index at all", "utf-8")
    empty = tmp_path / "empty.scip"
    empty.write_bytes(b"")
    whole = index(tmp_path)
    for version, source, code, expected in (
        ("1.0", text, "symbols.scip-invalid", 2),
        ("1.0", empty, "releases.foreign-symbols", 2),
        ("9.9", whole, "releases.release-unknown", 4),
        ("1.0", tmp_path / "nothing", "not-found", 4),
        ("1.0", tmp_path, "not-found", 4),
    ):
        answer = told(founded, "release", "symbols", "tool", version, str(source), expected=expected)
        assert answer["error"] == code, (source, answer)
    assert founded.python(ENTRIES) == ""


def test_a_backup_keeps_an_index(founded: RunningLab, tmp_path: Path) -> None:
    founded.command("release", "import", "tool", "1.0", str(make_source(tmp_path)))
    words = ["release", "symbols", "tool", "1.0", str(index(tmp_path))]
    told(founded, *words)
    founded.serve(workers=1)
    founded.stop()
    founded.command("backup", str(tmp_path / "copy"))
    environment = {**founded.environment, "GLASSHOUSE_HOME": str(tmp_path / "back")}
    back = RunningLab(tmp_path / "back", founded.url, environment)
    back.command(
        *("restore", str(tmp_path / "copy"), "--keys", str(tmp_path / "keys")),
        *("--database", f"sqlite:///{tmp_path / 'back.sqlite3'}"),
    )
    assert [path.suffix for path in (back.home / "scip").rglob("crossing-*")] == [".pack"]
    kept = told(back, *words)
    assert (kept["is_new"], kept["mentions"]) == (False, 9)  # every block of it was read
