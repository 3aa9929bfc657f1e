# SPDX-License-Identifier: Apache-2.0
"""A lab is copied while it runs, and comes back: nothing that was proved is lost, and what was lost is said."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Switch
from tests.edges.cli.test_person import UNACKNOWLEDGED, verify
from tests.edges.running import RunningLab, make_source


@pytest.fixture
def second_url(database_url: str, database_switch: Switch, tmp_path: Path) -> Iterator[str]:
    """Another empty database of the same kind, for the lab that comes back."""
    assert database_url
    assert database_switch.current is not None
    folder = tmp_path / "second"
    folder.mkdir()
    with database_switch.current.empty(folder) as url:
        yield url


def prepare(lab: RunningLab) -> None:
    """Take a release in and give a grant."""
    lab.command("release", "import", "tool", "1.0", str(make_source(lab.home.parent)))
    lab.set_the_scene()


@pytest.fixture
def lab(prepared: RunningLab) -> RunningLab:
    """A lab with a release and a grant, served."""
    prepared.serve(workers=1)
    return prepared


def show(lab: RunningLab, lines: str) -> None:
    with lab.client("reviewer") as client:
        place = f"/grants/{lab.grant}/releases/{lab.releases['1.0']}/file"
        answer = client.get(place, params={"path": "src/file0.c", "lines": lines})
        assert answer.status_code == 200, answer.text


def receipt(lab: RunningLab, visit: str, target: Path) -> Path:
    with lab.client("reviewer") as client:
        for _ in range(300):
            answer = client.get(f"/visits/{visit}/receipt")
            if answer.status_code != 409:
                break
            time.sleep(0.2)  # until the last entry is under a signed head
        assert answer.status_code == 200, answer.text
    target.write_bytes(answer.content)
    return target


def test_a_lab_comes_back_from_a_copy_made_while_it_ran(lab: RunningLab, second_url: str, tmp_path: Path) -> None:
    old_trust = json.loads(lab.command("init", "--json"))["trust"]
    with lab.client("reviewer") as client:
        visit = client.post("/visits", json={"grant": lab.grant, "release": lab.releases["1.0"]}).json()["uid"]
    show(lab, "1-10")
    first = receipt(lab, visit, tmp_path / "first.zip")
    made = json.loads(lab.command("backup", str(tmp_path / "copy"), "--json"))
    assert lab.run_command("backup", str(tmp_path / "copy")).returncode == 5, "copies are never mixed"
    show(lab, "11-20")
    late = receipt(lab, visit, tmp_path / "late.zip")
    lab.stop()
    secrets = [path.read_bytes().strip() for path in (tmp_path / "keys").rglob("*.key")]
    copied = [path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert len(secrets) >= 4
    assert not [secret for secret in secrets if any(secret in content for content in copied)]

    back = RunningLab(tmp_path / "back", lab.url, {**lab.environment, "GLASSHOUSE_HOME": str(tmp_path / "back")})
    back.cast, back.grant, back.releases = lab.cast, lab.grant, lab.releases
    assert back.run_command("restore", str(tmp_path / "nothing")).returncode == 5
    keys = str(tmp_path / "keys")
    words = ["restore", str(tmp_path / "copy"), "--keys", keys, "--database", second_url, "--json"]
    restored = json.loads(back.command(*words))
    assert restored["entries"] >= made["entries"] - 1
    assert restored["lost"] > 0, "what was signed after the copy is said to be lost"
    assert restored["origin"] == "localhost/ledger/2"
    assert json.loads(back.command(*words, expected=5))["error"] == "cli.home-taken"

    for path in (first, late):
        done = verify(path, f"{old_trust}\nquorum none\n")
        assert done.returncode == UNACKNOWLEDGED, done.stdout + done.stderr
    back.serve(workers=1)
    try:
        with back.client("reviewer") as client:
            assert client.get("/me").status_code == 401, "a copy signs nobody in"
        back.sign_in("reviewer")
        show(back, "21-25")
        new = receipt(back, visit, tmp_path / "new.zip")
    finally:
        back.stop()
    done = verify(new, f"{restored['trust']}\nquorum none\n")
    assert done.returncode == UNACKNOWLEDGED, done.stdout + done.stderr
    foreign = verify(new, f"{old_trust}\nquorum none\n")
    assert foreign.returncode not in {0, UNACKNOWLEDGED}, "another log has another key line"
    assert json.loads(back.command("ledger", "audit", "--json"))["findings"] == []
    assert json.loads(back.command("release", "verify", "tool", "1.0", "--json"))["is_whole"] is True
