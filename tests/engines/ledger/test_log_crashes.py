# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasshouse.engines.ledger import writer
from glasshouse.engines.ledger.log import Log
from glasshouse.kernel.merkle import leaf_hash, tree_root

BATCHES = (100, 200, 1, 500, 3, 250, 6, 255, 1)
SETTLE_AFTER = 600


class Killed(BaseException):
    """The process ended here: nothing below an `except Exception` may run on."""


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def _append_all(folder: Path, entries: list[bytes]) -> None:
    """Append every batch at its place, as a sequencer does that has been told nothing of what came before."""
    with Log(folder) as log:
        place = 0
        for size in BATCHES:
            log.append(entries[place : place + size], at=place)
            place += size


def _dies_at(calls: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Make the process die at a call to the system that changes the disk; a dying write leaves half its bytes."""
    left = calls

    def dying(real: Callable[..., Any], half: Callable[..., Any] | None = None) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and half:
                half(*arguments)
            if left <= 0:
                raise Killed
            return real(*arguments, **options)

        return call

    write = os.write
    monkeypatch.setattr(os, "write", dying(write, lambda to, what: write(to, bytes(what)[: len(what) // 2])))
    for name in ("fsync", "fdatasync", "ftruncate"):
        monkeypatch.setattr(os, name, dying(getattr(os, name)))
    for name in ("rename", "unlink", "rmdir", "mkdir"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    return lambda: left <= 0


def test_a_crash_at_any_call_to_the_system_leaves_the_same_files_in_the_end(
    tmp_path: Path, entries: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SETTLE_AFTER", SETTLE_AFTER)
    for name in ("fsync", "fdatasync"):  # a process that dies loses no unsynced write; the power cut is below
        monkeypatch.setattr(os, name, lambda _: None)
    _append_all(tmp_path / "calm", entries)
    expected = _files(tmp_path / "calm")
    assert len([path for path in expected if path.startswith("tile/0/")]) > 7
    calls, died = 0, True
    while died:
        calls += 1
        folder = tmp_path / f"crash{calls}"
        with monkeypatch.context() as patch:
            has_died = _dies_at(calls, patch)
            with contextlib.suppress(Killed):
                _append_all(folder, entries)
            died = has_died()
        _append_all(folder, entries)
        found = _files(folder)
        leftovers = set(found) - set(expected)
        assert leftovers <= {"tail.tmp"}, calls
        assert {path: found[path] for path in expected} == expected, calls
    assert calls > 100


def test_a_power_cut_that_drops_every_unsynced_file_loses_nothing(
    tmp_path: Path, entries: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SETTLE_AFTER", SETTLE_AFTER)
    synced: set[Path] = set()
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    for stop in range(1, len(BATCHES) + 1):
        folder = tmp_path / str(stop)
        synced.clear()
        with Log(folder) as log:
            place = 0
            for size in BATCHES[:stop]:
                place = log.append(entries[place : place + size])
            root = log.root()
        lost = [path for path in folder.rglob("tile/**/*") if path.is_file() and path not in synced]
        for path in lost:
            path.write_bytes(b"") if place % 2 else path.unlink()
        assert lost
        with Log(folder) as log:
            assert log.open_for_append() == place
            assert log.root() == root
            assert list(log.entries()) == entries[:place]
            assert log.audit(place, root).is_clean


CHILD = """
import sys
from hashlib import sha256
from pathlib import Path
from glasshouse.engines.ledger.log import Log

log = Log(Path(sys.argv[1]))
size = log.open_for_append()
while True:
    count = 1 + (size * 7919) % 900
    size = log.append([sha256(b"%d" % number).digest() for number in range(size, size + count)])
    print(size, flush=True)
"""


def test_ten_kills_while_appending_lose_no_acknowledged_batch(tmp_path: Path, environment: dict[str, str]) -> None:
    acknowledged = 0
    for kill in range(10):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, tmp_path], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert child.stdout is not None
        assert int(child.stdout.readline()) > acknowledged
        time.sleep(0.017 * kill)
        child.send_signal(signal.SIGKILL)
        lines = child.stdout.read().splitlines(keepends=True)
        child.stdout.close()
        child.wait()
        acknowledged = max([acknowledged, *(int(line) for line in lines if line.endswith("\n"))])
        assert Log(tmp_path).size >= acknowledged
    with Log(tmp_path) as log:
        size = log.open_for_append()
        assert size >= acknowledged > 0
        root = log.root()
        assert log.audit(size, root).is_clean
        leaves = [leaf_hash(entry) for entry in log.entries()]
    assert tree_root(leaves) == root
