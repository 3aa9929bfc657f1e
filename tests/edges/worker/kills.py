# SPDX-License-Identifier: Apache-2.0
"""The killing itself, ten times in the suite and a hundred in the soak."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.edges.running import RunningLab
from tests.edges.worker.nursery import Child, Nursery, wait_for
from tests.engines.store.lab import Noise

DRAIN = """
import time, django
django.setup()
from glasshouse.domain.journal import queries
until = time.monotonic() + 60
while queries.waiting() or queries.signed_head() is None or queries.signed_head()[0].size < queries.log_size():
    assert time.monotonic() < until, (queries.waiting(), queries.log_size(), queries.signed_head())
    time.sleep(0.02)
print(queries.log_size())
"""
COMMITMENTS = """
import django
django.setup()
from glasshouse.domain.journal.models import Leaf
from glasshouse.domain.journal import queries
log = queries.the_log()
entries = list(log.entries())
assert entries == [bytes(leaf.commitment) for leaf in Leaf.objects.order_by("leaf_index")]
print(*(entry.hex() for entry in entries), sep="\\n")
"""
ENTRIES = """
import django
django.setup()
from glasshouse.domain.journal.models import Event
for event in Event.objects.filter(kind__startswith="readingroom."):
    print(event.uid, bytes(event.commitment).hex())
"""
BEGIN = """
import json, sys, django
django.setup()
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.readingroom import commands
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
viewer, grant, release = json.load(sys.stdin)
viewer = people.viewer_by_row(Person.objects.get(uid=viewer).pk)
commands.begin_visit(viewer, Uid(grant), Uid(release), now=clock.now())
"""


def kill_workers(lab: RunningLab, folder: Path, times: int) -> None:
    """Kill the worker while two processes write entries; a real one then brings all of them under a head."""
    dice = random.Random(7)  # noqa: S311 -- moments of kills, the same in every run
    head = lab.home / "ledger" / "head"
    signer = start(lab, "sign")
    with Nursery.open(lab, folder) as nursery:
        writers = [nursery.start("write") for _ in range(2)]
        for _ in range(times):
            before = _changed(head)
            victim = nursery.start("follow")
            wait_for(partial(_is_newer, head, before))  # it has signed: it is in full swing
            time.sleep(dice.uniform(0, 0.25))
            victim.kill()
        signer.kill()  # whose state must not be ahead of what anybody can prove
        signer = start(lab, "sign")
        for writer in writers:
            writer.kill()
    acknowledged = [line for writer in writers for line in writer.said()]
    assert len(acknowledged) > times
    worker = start(lab, "work")
    size = int(lab.python(DRAIN))
    worker.stop()
    signer.stop()
    entries = lab.python(COMMITMENTS).split()
    assert len(entries) == len(set(entries)) >= size  # the worker's own jobs may have added some since
    assert set(acknowledged) <= set(entries)
    told = json.loads(lab.command("ledger", "audit", "--json"))
    assert told["findings"] == []


def kill_imports(lab: RunningLab, folder: Path, times: int) -> None:
    """Kill imports half way; what is listed afterwards is whole, and the next import needs no repair."""
    dice = random.Random(8)  # noqa: S311 -- moments of kills, the same in every run
    source = folder.parent / "noise"
    noise = Noise(3)
    for number in range(600):
        path = source / str(number % 20) / f"{number}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise.randbytes(20_000))
    changing = source / "0" / "more.c"
    caught = 0
    with Nursery.open(lab, folder) as nursery:
        takes: list[float] = []
        for number in range(-2, times):  # the first two show how long one takes from its first file on
            changing.write_bytes(noise.randbytes(2_000_000))
            left = _intakes(lab)
            child = nursery.start("command", "release", "import", "server", f"1.{len(nursery.children)}", str(source))
            wait_for(partial(_is_under_way, lab, child, left))
            if number < 0:
                began = time.monotonic()
                child.join()
                takes.append(time.monotonic() - began)
                continue
            time.sleep(dice.uniform(0, takes[-1]))
            child.kill()
            caught += not any(line.startswith("exit") for line in child.said())
        listed = json.loads(lab.command("release", "list", "--json"))
        done = {
            f"1.{number}"
            for number in range(times + 2)
            if "exit 0" in Child(0, folder / f"command-{number + 1}").said()
        }
        assert done <= {row["version"] for row in listed}
    assert caught >= times // 3, "too few of the kills met an import half way"
    for row in listed:
        lab.command("release", "verify", row["product"], row["version"])
    lab.command("release", "import", "server", "after", str(source))
    lab.command("release", "verify", "server", "after")
    assert not _intakes(lab)


def kill_backups(lab: RunningLab, folder: Path, times: int) -> None:
    """Kill backups half way; what stands under its name is whole, and the next one needs no repair."""
    dice = random.Random(10)  # noqa: S311 -- moments of kills, the same in every run
    source = folder.parent / "noise"
    source.mkdir()
    for number in range(100):
        (source / f"{number}.c").write_bytes(Noise(number).randbytes(200_000))
    lab.command("release", "import", "server", "whole", str(source))
    copies = folder.parent / "copies"
    copies.mkdir()
    with Nursery.open(lab, folder) as nursery:
        took, caught = 0.0, 0
        for number in range(-2, times):  # the first two show how long one takes
            target = copies / ("killed" if number >= 0 else f"whole{number}")
            child = nursery.start("command", "backup", str(target))
            began = time.monotonic()
            if number < 0:
                child.join()
                took = time.monotonic() - began
                continue
            time.sleep(dice.uniform(0, took))
            child.kill()
            if target.exists():
                _check_whole(lab, target)
                shutil.rmtree(target)
            else:
                assert "exit 0" not in child.said()
                caught += 1
    assert caught >= times // 3, "too few of the kills met a backup half way"
    lab.command("backup", str(copies / "killed"))
    assert {path.name for path in copies.iterdir()} == {"whole-2", "whole-1", "killed"}
    home, keys = folder.parent / "restored", folder.parent / "restored-keys"
    shutil.copytree(folder.parent / "keys", keys)
    restored = replace(lab, environment={**lab.environment, "GLASSHOUSE_HOME": str(home)})
    database = f"sqlite:///{folder.parent / 'restored.sqlite3'}"
    restored.command("restore", str(copies / "killed"), "--keys", str(keys), "--database", database)
    restored.command("release", "verify", "server", "whole")
    services = [start(lab, "sign"), start(lab, "work")]
    lab.python(DRAIN)
    for service in services:
        service.stop()
    assert json.loads(lab.command("ledger", "audit", "--json"))["findings"] == []


def kill_views(lab: RunningLab, folder: Path, times: int) -> None:
    """Kill readers in the middle of their views; what they had in hand stands in the journal."""
    dice = random.Random(9)  # noqa: S311 -- moments of kills, the same in every run
    reviewer = lab.cast["reviewer"]["uid"]
    release = next(iter(lab.releases.values()))
    lab.python(BEGIN, json.dumps([reviewer, lab.grant, release]))
    services = [start(lab, "sign"), start(lab, "work")]  # else nothing is shown after ten seconds
    wait_for((lab.home / "ledger" / "head").exists)
    with Nursery.open(lab, folder) as nursery:
        children: list[Child] = []
        for _ in range(times):
            child = nursery.start("read", reviewer, lab.grant, release)
            wait_for(partial(_has_spoken, child))
            time.sleep(dice.uniform(0, 0.1))
            child.kill()
            children.append(child)
    for service in services:
        service.stop()
    shown = {line for child in children for line in child.said()}
    assert len(shown) >= times
    assert shown <= set(lab.python(ENTRIES).splitlines())
    told = json.loads(lab.command("ledger", "audit", "--no-packs", "--json"))
    assert told["findings"] == []


def fill_disk(lab: RunningLab, folder: Path) -> None:
    """Let every file end at a size, as a disk does that is full; the refusal is one line."""
    source = folder.parent / "noise"
    source.mkdir()
    (source / "a.c").write_bytes(Noise(4).randbytes(3_000_000))
    with Nursery.open(lab, folder) as nursery:
        child = nursery.start("command", "release", "import", "server", "1", str(source), cap=1_000_000)
        child.join()
    assert child.said() == ["begun", "exit 5"], (folder / "errors.log").read_text()
    said = (folder / "errors.log").read_text("utf-8")
    assert "disk of the store is full" in said
    assert "Traceback" not in said
    assert not _intakes(lab)


class Service:
    """A process of the lab that runs beside the test."""

    def __init__(self, lab: RunningLab, command: str) -> None:
        """Start `glasshouse COMMAND`."""
        self._log = lab.home.parent / f"{command}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "glasshouse.edges.cli", command],
                env=lab.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        lab.processes.append(self._process)  # which ends it should the test fail

    def stop(self) -> None:
        """End it as an operator does."""
        self._process.terminate()
        assert self._process.wait(30) == 0, self._log.read_text("utf-8")

    def kill(self) -> None:
        """End it as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def start(lab: RunningLab, command: str) -> Service:
    """Start `glasshouse work` or `glasshouse sign`."""
    return Service(lab, command)


def _check_whole(lab: RunningLab, target: Path) -> None:
    packs = {path.relative_to(lab.home): path.stat().st_size for path in (lab.home / "store").rglob("*.pack")}
    assert packs == {path.relative_to(target): path.stat().st_size for path in (target / "store").rglob("*.pack")}
    with closing(sqlite3.connect(target / "lab.sqlite3")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _is_newer(path: Path, than: int) -> bool:
    return _changed(path) != than


def _is_under_way(lab: RunningLab, child: Child, left: set[Path]) -> bool:
    return bool(_intakes(lab) - left) or not child.is_alive


def _has_spoken(child: Child) -> bool:
    return bool(child.said())


def _intakes(lab: RunningLab) -> set[Path]:
    return set((lab.home / "store").glob("*/intake/*"))
