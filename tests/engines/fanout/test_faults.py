# SPDX-License-Identifier: Apache-2.0
"""Real processes are killed at any moment: nothing is lost, nothing comes twice, nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from glasshouse.engines.fanout import Compute, ComputeEndedError, Kind, Unit, local
from glasshouse.engines.fanout.cluster import SHARED_MEMORY
from tests.engines.fanout.asking import PACKAGES, ask, eventually, processes, units_of

HOLDS_A_CLUSTER = """
import sys
from glasshouse.engines.fanout import local
from tests.engines.fanout.asking import PACKAGES, ask, processes, units_of
with local(workers=2, packages=PACKAGES) as compute:
    running = ask(compute, "nap", units_of(1000, "0.2"))
    next(running)
    print(compute.process.pid, *[one.pid for one in processes(compute)], flush=True)
    list(running)
"""


def folder_of(parent: int) -> Path:
    """The folder in memory of a cluster, by its parent process."""
    folder = Path(json.loads(psutil.Process(parent).cmdline()[-1])["folder"])
    assert folder.parent == SHARED_MEMORY
    assert folder.is_dir()
    return folder


def test_a_worker_killed_in_mid_run_loses_nothing_and_doubles_nothing(kept: Compute) -> None:
    names: Counter[str] = Counter()
    for number, outcome in enumerate(ask(kept, "process", units_of(60))):
        assert outcome.kind is Kind.DONE
        names[outcome.unit.name] += 1
        if number in {5, 30}:
            processes(kept, "fanout-worker")[0].kill()
    assert names == Counter(str(number) for number in range(60))
    assert eventually(lambda: len(processes(kept, "fanout-worker")) == 2)


def test_a_unit_that_kills_its_worker_is_lost_alone_and_soon(kept: Compute) -> None:
    units = [Unit(str(number), (), "poison" if number in {3, 77} else "") for number in range(150)]
    begun = time.monotonic()
    outcomes = list(ask(kept, "poison", units))
    assert time.monotonic() - begun < 20  # two of them
    assert len({outcome.unit.name for outcome in outcomes}) == len(outcomes) == 150
    assert {outcome.unit.name for outcome in outcomes if outcome.kind is Kind.LOST} == {"3", "77"}
    assert Counter(outcome.kind for outcome in outcomes) == {Kind.DONE: 148, Kind.LOST: 2}


def test_a_unit_that_takes_too_much_memory_is_lost_alone() -> None:
    with local(workers=2, memory=300 * 2**20, packages=PACKAGES) as compute:
        (outcome,) = ask(compute, "fill", units_of(1))
        assert outcome.kind is Kind.LOST
        assert len(list(ask(compute, "echo", units_of(20)))) == 20


@pytest.mark.parametrize("name", ["fanout-schedule", "fanout-dispatch"])
def test_a_run_whose_scheduler_is_killed_says_so_and_the_rest_can_be_run_again(name: str) -> None:
    units, done = units_of(40, "0.05"), []
    with local(workers=2, packages=PACKAGES) as compute:
        with pytest.raises(ComputeEndedError):  # noqa: PT012 -- it ends in the middle
            for outcome in ask(compute, "nap", units):
                done.append(outcome.unit)
                if len(done) == 5:
                    processes(compute, name)[0].kill()
        assert eventually(lambda: not psutil.pid_exists(compute.process.pid) or compute.process.poll() is not None)
    with local(workers=2, packages=PACKAGES) as compute:
        done += [outcome.unit for outcome in ask(compute, "nap", [unit for unit in units if unit not in done])]
    assert sorted(unit.name for unit in done) == sorted(unit.name for unit in units)


@pytest.mark.parametrize("victim", ["lab", "parent"])
def test_no_process_and_no_credential_outlives_a_killed_lab(victim: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_CLUSTER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as lab:
        assert lab.stdout is not None
        started = [int(word) for word in lab.stdout.readline().split()]
        assert len(started) == 5  # their parent, scheduler, dispatcher, two workers
        assert all(psutil.pid_exists(pid) for pid in started)
        folder = folder_of(started[0])
        os.kill(lab.pid if victim == "lab" else started[0], signal.SIGKILL)
        lab.wait(20)
    assert eventually(lambda: not any(psutil.pid_exists(pid) for pid in started))
    assert eventually(lambda: not folder.exists())


def test_a_closed_cluster_leaves_nothing() -> None:
    with local(workers=2, packages=PACKAGES) as compute:
        pids = [compute.process.pid, *(one.pid for one in processes(compute))]
        folder = folder_of(compute.process.pid)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not folder.exists()
