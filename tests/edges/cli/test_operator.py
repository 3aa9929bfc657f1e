# SPDX-License-Identifier: Apache-2.0
"""The operator's commands, each as a process of its own, by exit code and by what they print."""

import io
import json
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.edges.running import RunningLab, make_source
from tests.engines.mail.post_office import PostOffice, opened

JOURNAL: Final = """
import django; django.setup()
from glasshouse.domain.journal.models import Event
for kind, actor in Event.objects.order_by("pk").values_list("kind", "actor"): print(kind, actor)
"""


def told(lab: RunningLab, *words: str, expected: int = 0) -> Any:
    """Run a command with --json and return its one value."""
    return json.loads(lab.command(*words, "--json", expected=expected))


def test_a_lab_is_founded_once_and_init_again_keeps_all(empty_database_url: str, tmp_path: Path) -> None:
    lab = RunningLab.found(tmp_path, empty_database_url)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.key")} | {
        path: path.read_bytes() for path in (lab.home / "lab.toml", lab.home / "ledger" / "log.vkey")
    }
    first = told(lab, "ledger", "audit", expected=1)
    again = told(lab, "init", "--name", "Another name", "--url", "https://elsewhere.example")
    assert again["trust"].startswith("log localhost/ledger+")
    assert {path: path.read_bytes() for path in before} == before
    assert told(lab, "ledger", "audit", expected=1) == first  # nothing is signed yet, and nothing was added
    keys = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert len(keys) >= 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*keys, lab.home / "lab.toml"]} == {0o600}
    assert not list(lab.home.rglob("*.key")), "no key lies in the folder that is backed up"


def test_people_are_added_once_and_the_journal_names_the_operator(founded: RunningLab) -> None:
    words = ["person", "add", "ada@tester.example", "--name", "A. N.", "--org", "Tester", "--role", "reviewer"]
    made = told(founded, *words)
    assert made["link"].startswith(f"{founded.url}/enrol/")
    assert told(founded, *words, expected=5)["error"] == "people.person-exists"
    assert told(founded, *words[:2], "no address", *words[3:], expected=2)["error"] == "people.not-an-address"
    assert told(founded, *words[:2], "b@tester.example", *words[3:-1], "king", expected=2)["error"] == "invalid"
    fresh = told(founded, "person", "link", "ada@tester.example")
    assert fresh["link"] != made["link"]
    assert told(founded, "person", "link", "nobody@tester.example", expected=2)["error"] == "invalid"
    entries = [line.split() for line in founded.python(JOURNAL).splitlines()]
    assert [kind for kind, _ in entries].count("people.person-added") == 1
    assert {actor.partition(":")[0] for _, actor in entries} == {"operator"}


def test_the_lab_s_mail_says_how_it_stands_and_is_tried(founded: RunningLab) -> None:
    assert "switched off" in founded.command("mail")
    assert told(founded, "mail", "--to", "mo@vendor.example", expected=2)["error"] == "invalid"
    with opened(office := PostOffice()) as server:
        founded.environment |= {
            "GLASSHOUSE_MAIL_FROM": server.sender,
            "GLASSHOUSE_MAIL_HOST": server.host,
            "GLASSHOUSE_MAIL_PORT": str(server.port),
            "GLASSHOUSE_MAIL_SECURITY": "none",
        }
        found = told(founded, "mail", "--to", "mo@vendor.example")
    assert (found["waiting"], found["failed"], found["last_sent"]) == (0, 0, None)
    assert len(office.to("mo@vendor.example")) == 1
    assert told(founded, "mail", "--to", "mo@vendor.example", expected=5)["error"] == "mail.server"


def test_without_a_lab_every_command_says_how_to_make_one(founded: RunningLab) -> None:
    founded.environment["GLASSHOUSE_HOME"] = str(founded.home.parent / "nowhere")
    for words in (["release", "list"], ["ledger", "checkpoint"], ["backup", "copy"], ["work"], ["sign"]):
        done = founded.run_command(*words)
        assert done.returncode == 4, words
        assert "glasshouse init" in done.stderr


def hostile_tar(folder: Path) -> Path:
    """A tar of everything that must not come in as it stands."""
    path = folder / "hostile.tar"
    with tarfile.open(path, "w") as archive:

        def add(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", link: str = "") -> None:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), link
            archive.addfile(member, io.BytesIO(content))

        add("pkg/good.c", content=b"int good;\n")
        add("pkg/../../escaped.c", content=b"int out;\n")
        add("/etc/absolute.c", content=b"int out;\n")
        add("pkg/device", tarfile.CHRTYPE)
        add("pkg/pipe", tarfile.FIFOTYPE)
        add("pkg/link", tarfile.SYMTYPE, link="/etc/passwd")
        add("pkg/evil\x1b[31m\u202ename.c", content=b"int named;\n")
        add("pkg/twice.c", content=b"int first;\n")
        add("pkg/twice.c", content=b"int second;\n")
    return path


def test_hostile_archives_come_in_by_a_list_of_what_did_not(founded: RunningLab, tmp_path: Path) -> None:
    done = founded.run_command("release", "import", "tool", "1.0", str(hostile_tar(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    listed = told(founded, "release", "list")
    assert [row["version"] for row in listed] == ["1.0"]
    assert listed[0]["left_out"] >= 4
    assert told(founded, "release", "verify", "tool", "1.0") == {
        "damages": [],
        "files": listed[0]["files"],
        "is_whole": True,
    }
    assert not list(tmp_path.rglob("escaped.c"))


def test_a_broken_source_leaves_no_release(founded: RunningLab, tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    with tarfile.open(whole, "w:gz") as archive:
        archive.add(make_source(tmp_path), "tool")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-40])
    text = tmp_path / "text.tar.gz"
    text.write_text("no archive at all", "utf-8")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            packed.writestr(f"zeros{number}", bytes(200_000_000))
    for source in (cut, text, bomb):
        done = founded.run_command("release", "import", "tool", "1.0", str(source), "--json")
        assert done.returncode in {2, 3, 5}, (source, done.stdout, done.stderr)
        assert json.loads(done.stdout).keys() == {"error", "message", "hint"}
        assert "Traceback" not in done.stderr
    assert told(founded, "release", "list") == []

    assert told(founded, "release", "import", "tool", "1.0", str(tmp_path / "nothing"), expected=4)["message"]
    assert told(founded, "release", "import", "Tool!", "1.0", str(whole), expected=2)["error"] == "releases.bad-name"
    assert told(founded, "release", "import", "tool", "1.0", str(whole))["files"] == 5
    again = told(founded, "release", "import", "tool", "1.0", str(whole), expected=5)
    assert again["error"] == "releases.release-exists"
    assert told(founded, "release", "verify", "tool", "9.9", expected=4)["error"] == "not-found"


def test_a_changed_pack_and_an_edited_row_end_the_audit_with_1(served: RunningLab) -> None:
    served.stop()
    whole = told(served, "ledger", "audit")
    assert whole["findings"] == []
    served.python(
        "import django; django.setup();"
        "from django.db import connection as c; k = c.cursor();"
        "k.execute('DROP TRIGGER journal_event_no_update');"
        "k.execute(\"UPDATE journal_event SET kind = 'access.grant-closed' WHERE kind = 'access.grant-opened'\")"
    )
    edited = told(served, "ledger", "audit", "--no-packs", expected=1)
    assert len(edited["findings"]) == 1
    assert "its head was changed" in edited["findings"][0]

    packs = [path for path in (served.home / "store").rglob("*") if path.is_file() and path.stat().st_size > 200]
    for path in packs:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)
    done = served.run_command("ledger", "audit", "--json")
    assert done.returncode == 1, done.stderr
    assert len(json.loads(done.stdout)["findings"]) > 1
    assert "Traceback" not in done.stderr
    assert served.run_command("release", "verify", "tool", "1.0").returncode == 1


def test_what_the_ledger_prints_can_be_checked_elsewhere(served: RunningLab) -> None:
    checkpoint = served.command("ledger", "checkpoint")
    assert checkpoint.startswith("localhost/ledger\n")
    code = (
        "import django; django.setup();"
        "from glasshouse.domain.journal.models import Event; print(Event.objects.first().uid)"
    )
    event = served.python(code).strip()
    proof = served.command("ledger", "prove", event)
    assert proof.startswith("c2sp.org/tlog-proof@v1\n")
    assert "localhost/ledger" in proof
    assert served.command("ledger", "prove", "--since", "1").startswith("old 1\n")
    assert told(served, "ledger", "prove", "0123456789abcdefghjkmnpqrs", expected=4)["error"]
    assert told(served, "ledger", "prove", "nonsense", expected=4)["error"] == "not-found"


@pytest.mark.parametrize("words", [["release", "list", "--no-such"], ["no-such"], ["release", "import"], ["init", "x"]])
def test_what_is_typed_wrongly_ends_with_2(founded: RunningLab, words: list[str]) -> None:
    assert founded.run_command(*words).returncode == 2
