# SPDX-License-Identifier: Apache-2.0
"""When a run is over, however it ended, no process, group, descriptor or folder of it is left."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from glasshouse.engines.sandbox import Command, Limits, Outcome, SandboxSetupError, cgroups, launch, run, selftest
from glasshouse.engines.sandbox.values import Input
from tests.engines.sandbox.inside import argv, eventually_none, inside, processes_named

DAEMON = """
import signal, time
reader, writer = os.pipe()
if os.fork():
    os.read(reader, 1)
    print("ready", flush=True)
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
os.write(writer, b"x")
time.sleep(120)
"""
KEEPS_RUNNING = """
import sys
from glasshouse.engines.sandbox import Command, Limits, run
run(Command(argv=("sh", "-c", "sleep 120; :", sys.argv[1])), Limits(wall=300))
"""


def test_a_daemon_that_ignores_signals_is_gone() -> None:
    token = f"daemon-{os.getpid()}"
    with subprocess.Popen(argv(DAEMON, token), start_new_session=True, stdout=subprocess.PIPE) as control:
        assert control.stdout is not None
        assert control.stdout.readline() == b"ready\n"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(control.pid, signal.SIGKILL)
        time.sleep(0.2)
        survived = processes_named(token)
        for pid in survived:
            os.kill(pid, signal.SIGKILL)
    assert survived, "outside, the daemon outlives its group"
    assert eventually_none(token)
    result = inside(DAEMON, token)
    assert (result.outcome, result.stdout) == (Outcome.OK, b"ready\n")
    assert processes_named(token) == []


@pytest.mark.parametrize("collect", [False, True])
def test_a_background_process_that_holds_the_output_open_does_not_hold_the_run(*, collect: bool) -> None:
    begun = time.monotonic()
    result = run(Command(argv=("sh", "-c", "sleep 60 & echo done"), collect=collect), Limits())
    assert (result.outcome, result.stdout) == (Outcome.OK, b"done\n")
    assert time.monotonic() - begun < 5


def test_nothing_runs_on_when_the_process_that_called_us_is_killed() -> None:
    token = f"orphan-{os.getpid()}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", KEEPS_RUNNING, token], env=environment) as caller:
        deadline = time.monotonic() + 20
        while len(processes_named(token)) < 4:  # the caller, the launcher, the shell and the command
            assert time.monotonic() < deadline
            assert caller.poll() is None
            time.sleep(0.02)
        caller.kill()
        caller.wait()
    assert eventually_none(token)


def test_a_command_whose_caller_died_at_the_gate_never_begins() -> None:
    ready = selftest.proven()
    started = launch.start(ready.launcher, Command(argv=("echo", "begun")), Limits())
    try:
        os.dup2(started.status, started.gate, inheritable=False)  # the gate's only writer is gone
        assert started.process.wait(20) == 125
        assert os.read(started.stdout, 100) == b""
    finally:
        started.close()


@pytest.mark.parametrize(
    ("script", "limits"),
    [
        ("exit 0", Limits()),
        ("sleep 60", Limits(wall=0.3)),
        ("yes", Limits(stream=1000)),
        ("kill -9 $$", Limits()),
    ],
)
def test_no_zombie_group_descriptor_or_child_is_left(script: str, limits: Limits, made: list[Path]) -> None:
    run(Command(argv=("true",), collect=True), Limits())  # what is made once in a process is made now
    before = _held(made)
    run(Command(argv=("sh", "-c", script), collect=True), limits)
    assert _held(made) == before
    assert made or not cgroups.Support.find()


def test_a_start_that_fails_leaves_nothing_either(made: list[Path]) -> None:
    before = _held(made)
    for _ in range(3):
        with pytest.raises(SandboxSetupError):
            run(Command(argv=("true",), inputs=(Input(Path("/nowhere/at/all"), "/src"),)), Limits())
    assert _held(made) == before


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The control groups that this process makes; other processes make theirs beside them."""
    folders: list[Path] = []
    limit = cgroups.Group.limit

    def noted(group: cgroups.Group, limits: Limits) -> None:
        folders.extend(group.distinct)
        limit(group, limits)

    monkeypatch.setattr(cgroups.Group, "limit", noted)
    return folders


def _held(made: list[Path]) -> tuple[set[Path], set[psutil.Process], set[Path]]:
    """Our open descriptors, our children (zombies too), and the control groups that we made."""
    groups = {folder for folder in made if folder.exists()}
    return set(Path("/proc/self/fd").iterdir()), set(psutil.Process().children(recursive=True)), groups
