# SPDX-License-Identifier: Apache-2.0
"""A cluster elsewhere, as operators run it: a scheduler and workers as commands of their own, over loopback here."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from glasshouse.engines.fanout import ComputeEndedError, Credential, Kind, Role, Unit, remote
from glasshouse.engines.fanout.credentials import write
from glasshouse.kernel.digests import Digest
from tests.engines.fanout.asking import ask, content_of, eventually, units_of

HOST: Final = "127.0.0.1"
COMMAND: Final = (sys.executable, "-m", "glasshouse.engines.fanout")


class Elsewhere:
    """A scheduler and two workers of one thread each, each a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cluster"
        subprocess.run([*COMMAND, "credentials", self.folder], check=True, env=environment())
        self.schedule(port="0")
        told = ("--credentials", self.folder, "--scheduler", self.address, "--package", "tests")
        self.workers = [started("workers", *told) for _ in range(2)]

    def schedule(self, *, port: str) -> None:
        """Start the scheduler, or another in its place."""
        self.scheduler = started("scheduler", "--credentials", self.folder, "--port", port, stdout=subprocess.PIPE)
        assert self.scheduler.stdout is not None
        self.address = self.scheduler.stdout.readline().decode().strip()

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.address.removeprefix("tls://").rpartition(":")
        return host, int(port)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.terminate()
            process.wait(20)
        assert self.scheduler.stdout is not None
        self.scheduler.stdout.close()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def started(*words: str | Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *words], env=environment(), stdout=stdout)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    elsewhere = Elsewhere(tmp_path)
    yield elsewhere
    elsewhere.end()


def test_the_same_run_works_elsewhere_and_a_killed_worker_loses_nothing(elsewhere: Elsewhere) -> None:
    contents = [str(number).encode() * 1000 for number in range(60)]
    units = [Unit(str(number), (Digest.of(one),), "0.02") for number, one in enumerate(contents)]
    credential = Credential.of(elsewhere.folder, Role.LAB)
    with remote(elsewhere.address, credential, host=HOST) as compute:
        outcomes = list(ask(compute, "size", units, content=content_of(*contents)))
        assert {outcome.kind for outcome in outcomes} == {Kind.DONE}
        names: Counter[str] = Counter()
        for number, outcome in enumerate(ask(compute, "nap", units)):
            assert outcome.kind is Kind.DONE
            names[outcome.unit.name] += 1
            if number == 10:
                (worker,) = psutil.Process(elsewhere.workers[0].pid).children()
                worker.kill()
        assert names == Counter(unit.name for unit in units)
        assert compute.workers in {1, 2}


def test_a_lost_scheduler_ends_the_run_and_another_can_take_its_place(elsewhere: Elsewhere) -> None:
    credential = Credential.of(elsewhere.folder, Role.LAB)
    with remote(elsewhere.address, credential, host=HOST) as compute:
        running = ask(compute, "nap", units_of(100, "0.05"))
        next(running)
        with elsewhere.scheduler as lost:
            lost.send_signal(signal.SIGKILL)
            with pytest.raises(ComputeEndedError):
                list(running)
    elsewhere.schedule(port=str(elsewhere.place[1]))
    with remote(elsewhere.address, credential, host=HOST) as compute:  # its workers have come back by themselves
        assert len(list(ask(compute, "echo", units_of(20)))) == 20


def test_the_scheduler_speaks_to_nobody_without_a_credential_of_its_authority(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    write(tmp_path / "stranger")
    friend, stranger = (Credential.of(folder, Role.LAB) for folder in (elsewhere.folder, tmp_path / "stranger"))
    assert greeted(elsewhere.place, friend.asking())
    assert not greeted(elsewhere.place, stranger.asking())
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    assert not greeted(elsewhere.place, anybody)


def test_a_lab_and_workers_of_another_authority_are_refused(elsewhere: Elsewhere, tmp_path: Path) -> None:
    write(tmp_path / "stranger")
    stranger = remote(elsewhere.address, Credential.of(tmp_path / "stranger", Role.LAB), host=HOST)
    with pytest.raises(ComputeEndedError, match="not reached"), stranger:
        pass
    foreign = started("workers", "--credentials", tmp_path / "stranger", "--scheduler", elsewhere.address)
    try:
        with remote(elsewhere.address, Credential.of(elsewhere.folder, Role.LAB), host=HOST) as compute:
            assert eventually(lambda: len(list(ask(compute, "echo", units_of(4)))) == 4 and compute.workers == 2)
            list(ask(compute, "nap", units_of(40, "0.1")))
            assert compute.workers == 2
    finally:
        foreign.terminate()
        foreign.wait(20)


def test_workers_end_with_their_command(elsewhere: Elsewhere) -> None:
    command = elsewhere.workers[0]
    assert eventually(lambda: bool(psutil.Process(command.pid).children()))
    pids = [one.pid for one in psutil.Process(command.pid).children()]
    command.kill()
    command.wait()
    assert eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def greeted(place: tuple[str, int], context: ssl.SSLContext) -> bool:
    """Say whether a place says anything to this peer, as Dask does to each that it accepts."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(place, timeout=10) as plain,
        context.wrap_socket(plain) as tls,
    ):
        return bool(tls.recv(1))
    return False
