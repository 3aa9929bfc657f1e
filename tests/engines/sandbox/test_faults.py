# SPDX-License-Identifier: Apache-2.0
"""What a tool may do to us, each fault with its own typed end, and the next command unharmed."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from glasshouse.engines.sandbox import (
    Command,
    LeftOut,
    Limits,
    Origin,
    Outcome,
    TierTooWeakError,
    probe,
    run,
)
from glasshouse.kernel.errors import RefusedError
from tests.engines.sandbox.inside import eventually_none, inside

MIB = 1 << 20
GIB = 1 << 30
TIGHT = Limits(wall=10, cpu=5, memory=96 * MIB, address_space=512 * MIB, processes=16, scratch=8 * MIB)


def fill(status: int) -> str:
    return f"""
try:
    with open("/out/report", "wb", buffering=0) as file:
        while True: file.write(bytes(1 << 16))
except OSError as error:
    print(errno.errorcode[error.errno])
sys.exit({status})
"""


FAULTS: dict[str, tuple[str, Outcome]] = {
    "kills itself": ("os.kill(os.getpid(), 9)", Outcome.KILLED),
    "crashes": ("os.abort()", Outcome.KILLED),
    "fails": ("sys.exit(3)", Outcome.FAILED),
    "sleeps": ("import time; time.sleep(60)", Outcome.TIMEOUT),
    "loops": ("while True: pass", Outcome.CPU_EXHAUSTED),
    "fills its disk": (fill(1), Outcome.FAILED),
    "prints without end": ("while True: print('x' * 4096)", Outcome.OUTPUT_TOO_LARGE),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_own_end(fault: str) -> None:
    script, outcome = FAULTS[fault]
    limits = Limits(wall=2 if fault == "sleeps" else 20, cpu=1 if fault == "loops" else 5, scratch=8 * MIB, stream=MIB)
    assert inside(script, limits=limits, collect=True).outcome is outcome
    assert run(Command(argv=("true",)), Limits()).outcome is Outcome.OK


def test_memory_without_end_is_refused_or_killed_and_never_a_success() -> None:
    script = """
hoard = []
while True: hoard.append(bytearray(8 << 20))
"""
    result = inside(script, limits=TIGHT)
    assert result.outcome is (Outcome.OUT_OF_MEMORY if probe().cgroup else Outcome.FAILED)


def test_a_fork_bomb_ends_and_leaves_nothing() -> None:
    token = f"forks-{os.getpid()}"
    result = run(Command(argv=("bash", "-c", 'b() { b "$1" & b "$1" & wait; }; b "$0"', token)), TIGHT)
    assert result.outcome is not Outcome.OK
    assert eventually_none(token, 0)


@pytest.mark.parametrize("sparse", [3 * GIB, 10 * GIB])
def test_a_file_of_gigabytes_that_costs_no_memory_is_too_large(sparse: int) -> None:
    limits = Limits(file_size=16 * GIB, scratch=16 * MIB, output_bytes=MIB)
    result = inside("open('/out/huge', 'wb').truncate(int(sys.argv[1]))", sparse, limits=limits, collect=True)
    assert (result.outcome, result.outputs) == (Outcome.OUTPUT_TOO_LARGE, ())


def test_a_file_over_the_limit_of_a_file_is_not_written() -> None:
    script = "print(attempt(lambda: open('/out/huge', 'wb').truncate(10 << 30) and None))"
    assert inside(script, limits=Limits(file_size=MIB)).stdout == b"EFBIG\n"


def test_links_and_pipes_are_named_and_never_followed() -> None:
    script = "os.symlink('/etc/passwd', 'report'); os.mkfifo('results'); os.symlink('/proc/1/root/etc', 'folder')"
    result = inside(script, collect=True)
    assert (result.outcome, result.outputs) == (Outcome.OK, ())
    assert set(result.left_out) == {
        LeftOut(b"report", "symbolic link"),
        LeftOut(b"results", "FIFO"),
        LeftOut(b"folder", "symbolic link"),
    }


@pytest.mark.parametrize("leave", ["os.makedirs(path)", "os.makedirs(path); open(path + '/file', 'w').close()"])
def test_folders_deeper_than_the_cap_are_too_much(leave: str) -> None:
    script = f"path = '/'.join(['d'] * int(sys.argv[1])); {leave}"
    limits = Limits(output_depth=10)
    assert inside(script, 9, limits=limits, collect=True).outcome is Outcome.OK
    assert inside(script, 11, limits=limits, collect=True).outcome is Outcome.OUTPUT_TOO_LARGE


def test_a_tool_that_exits_with_findings_and_lost_its_report_is_incomplete() -> None:
    script = "open('report', 'w').write('x'); os.chmod('report', 0); sys.exit(1)"
    result = inside(script, collect=True)
    assert (result.outcome, result.exit_status) == (Outcome.OUTPUT_INCOMPLETE, 1)


def runsc_saying(line: str) -> Callable[[Path], None]:
    def install(folder: Path) -> None:
        (folder / "runsc").write_text(f"#!/bin/sh\n{line}\n")
        (folder / "runsc").chmod(0o755)

    return install


@pytest.mark.parametrize(
    ("install", "reason"),
    [
        (lambda _: None, "not installed"),
        (runsc_saying("echo 'runsc version 0.0~20221219.0'"), "of 20221219, older"),
        (runsc_saying("echo 'runsc version release-20221219.0-2'"), "of 20221219, older"),
        (runsc_saying("echo nonsense"), "does not tell its release"),
        (runsc_saying("exit 1"), "does not tell its release"),
        (runsc_saying("echo 'runsc version release-20260901.0'"), "does not drive it"),
    ],
)
def test_a_visitors_own_binary_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: Callable[[Path], None], reason: str
) -> None:
    install(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert reason in probe().visitors_refused


def test_a_visitors_own_binary_is_never_started() -> None:
    with pytest.raises(RefusedError) as caught:
        run(Command(argv=("true",), origin=Origin.VISITOR), Limits())
    assert isinstance(caught.value, TierTooWeakError)
    assert caught.value.code == "sandbox.tier-too-weak"
    assert probe().visitors_refused in caught.value.message


def test_debians_runsc_is_reported_if_it_is_there() -> None:
    held = subprocess.run(["sh", "-c", "command -v runsc"], capture_output=True, check=False).stdout
    assert ("not installed" in probe().visitors_refused) is (held == b"")
