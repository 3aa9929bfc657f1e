# SPDX-License-Identifier: Apache-2.0
"""Control groups are found in each layout, limited, and removed; without them everything still runs."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from glasshouse.engines.sandbox import Limits, probe
from glasshouse.engines.sandbox.cgroups import Support

LIMITS = Limits(memory=1 << 28, processes=64, cores=0.5)


def test_a_machine_without_control_groups_says_so(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("proc /proc proc rw 0 0\n")
    (tmp_path / "own").write_text("0::/\n")
    found = Support.find(tmp_path / "mounts", tmp_path / "own")
    assert not found
    assert found.reason
    assert Support.find(tmp_path / "absent", tmp_path / "own").reason


def test_a_tree_that_we_may_not_write_is_a_reason_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("cgroup2 /proc cgroup2 rw 0 0\n")  # nobody makes folders in /proc
    (tmp_path / "own").write_text("0::/\n")
    assert Support.find(tmp_path / "mounts", tmp_path / "own").reason.startswith("no group can be made")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (1, {"memory.limit_in_bytes": "268435456", "pids.max": "65", "cpu.cfs_quota_us": "50000"}),
        (2, {"memory.max": "268435456", "memory.swap.max": "0", "pids.max": "65", "cpu.max": "50000 100000"}),
    ],
)
def test_each_layout_gets_its_own_files(tmp_path: Path, version: int, expected: dict[str, str]) -> None:
    # Plain folders stand for the kernel's: what is written where is the point.
    for name in ("memory", "pids", "cpu"):
        (tmp_path / name).mkdir()
    tree = {name: tmp_path / name if version == 1 else tmp_path for name in ("memory", "pids", "cpu")}
    with Support(tree, version).group(LIMITS) as group:
        group.admit(4711)
        written = {path.name: path.read_text() for folder in group.distinct for path in folder.iterdir()}
        assert written.pop("cgroup.procs") == "4711"
        assert expected.items() <= written.items()
        (group.folders["memory"] / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
        (group.folders["memory"] / "memory.events").write_text("low 0\noom 3\noom_kill 1\n")
        assert group.was_out_of_memory()
        for folder in group.distinct:
            for path in folder.iterdir():
                path.unlink()
    assert list(tmp_path.rglob("glasshouse-*")) == []


@pytest.mark.parametrize(("version", "name", "expected"), [(1, "cpu.shares", "36"), (2, "cpu.weight.nice", "15")])
def test_a_command_weighs_no_more_than_its_caller(tmp_path: Path, version: int, name: str, expected: str) -> None:
    tree = dict.fromkeys(("memory", "pids", "cpu"), tmp_path)

    def weigh() -> None:
        os.setpriority(os.PRIO_PROCESS, 0, 15)  # of this thread alone
        with Support(tree, version).group(LIMITS) as group:
            written.append((group.folders["cpu"] / name).read_text())
            for path in group.folders["cpu"].iterdir():
                path.unlink()

    written: list[str] = []
    thread = threading.Thread(target=weigh)
    thread.start()
    thread.join()
    assert written == [expected]


def test_groups_of_killed_callers_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    for name in ("glasshouse-old", "glasshouse-member", "glasshouse-new", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "glasshouse-member" / "stands-for-a-process").write_text("")
    for name in ("glasshouse-old", "glasshouse-member", "other"):
        os.utime(tmp_path / name, (0, 0))
    Support(dict.fromkeys(("memory", "pids", "cpu"), tmp_path), 2).sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"glasshouse-member", "glasshouse-new", "other"}


def test_a_real_group_bounds_real_processes_where_the_machine_offers_one() -> None:
    support = Support.find()
    assert bool(support) is probe().cgroup
    if not support:
        assert support.reason
        return
    with support.group(Limits(processes=10)) as group, subprocess.Popen(["sleep", "60"]) as process:
        try:
            group.admit(process.pid)
            for folder in group.distinct:
                assert (folder / "cgroup.procs").read_text().split() == [str(process.pid)]
            assert not group.was_out_of_memory()
        finally:
            process.kill()
    assert not any(folder.exists() for folder in group.distinct)
