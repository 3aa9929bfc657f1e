# SPDX-License-Identifier: Apache-2.0
"""Bombs of each kind meet a bound, shown to be missing outside; what was cut off is never called a success."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from glasshouse.engines.sandbox import Command, Limits, Outcome, probe, run
from tests.engines.sandbox.inside import argv, eventually_none, inside, outside, said

MIB = 1 << 20
FORKS = """
children = []
try:
    while len(children) < 300:
        child = os.fork()
        if not child:
            import signal; signal.pause()
        children.append(child)
except OSError as error:
    pass
print(len(children))
for child in children: os.kill(child, 9)
"""
FILL = """
import itertools
written = 0
try:
    for number in itertools.count():
        with open(f"{sys.argv[1]}/{number}", "wb", buffering=0) as file:
            for _ in range(8): written += file.write(bytes(1 << 17))
except OSError as error:
    print(errno.errorcode[error.errno], written)
"""


def test_a_fork_bomb_is_bounded() -> None:
    assert int(said(FORKS, limits=Limits(processes=40))) < 40
    assert outside(FORKS) == "300"


def test_a_fork_bomb_that_never_stops_ends_with_its_time_and_nothing_of_it_stays() -> None:
    token = f"bomb-{os.getpid()}"
    bomb = 'b() { b "$1" & b "$1" & wait; }; b "$0"'
    result = run(Command(argv=("bash", "-c", bomb, token)), Limits(wall=1.5, processes=50, stream=64 * MIB))
    assert result.outcome in {Outcome.TIMEOUT, Outcome.FAILED, Outcome.KILLED}
    assert result.usage.wall < 10
    assert eventually_none(token, 0)


def test_forks_of_one_sandbox_leave_the_others_theirs() -> None:
    # A limit applied on the host counts all processes of the user; ours counts one sandbox.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: int(said(FORKS, limits=Limits(processes=30, wall=60))), range(8)))
    assert all(25 <= count < 30 for count in counts)


def test_two_gigabytes_are_not_had() -> None:
    script = """
import mmap
try: mmap.mmap(-1, 2 << 30); print("had")
except (OSError, MemoryError): print("refused")
"""
    assert said(script, limits=Limits(address_space=1024 * MIB)) == "refused"
    assert outside(script) == "had"


def test_memory_of_all_processes_together_is_bounded_where_there_is_a_cgroup() -> None:
    script = """
for _ in range(4):
    if not os.fork():
        hoard = bytearray(100 << 20); import time; time.sleep(1); os._exit(0)
print(sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(4)))
"""
    limits = Limits(memory=200 * MIB, address_space=256 * MIB)
    result = inside(script, limits=limits)
    capability = probe()
    if capability.cgroup:
        assert result.outcome is Outcome.OUT_OF_MEMORY
        assert result.usage.peak_memory is not None
        assert result.usage.peak_memory <= limits.memory
    else:
        assert capability.cgroup_reason
        assert (result.outcome, result.usage.peak_memory) == (Outcome.OK, None)


@pytest.mark.parametrize("place", ["tmp", "out", "dev/shm"])
def test_a_full_scratch_folder_is_full(place: str) -> None:
    answer = said(FILL, f"/{place}", limits=Limits(scratch=20 * MIB))
    code, written = answer.split()
    assert code == "ENOSPC"
    assert 16 * MIB <= int(written) <= 20 * MIB


def test_scratch_folders_of_two_commands_are_two() -> None:
    assert said("open('/tmp/left', 'w').write('x'); print(os.listdir('/tmp'))") == "['left']"
    assert said("print(os.listdir('/tmp'), os.listdir('/out'), os.listdir('/dev/shm'))") == "[] [] []"


def test_one_file_grows_no_further_than_its_limit() -> None:
    script = "print(attempt(lambda: open('/tmp/x', 'wb').write(bytes(3 << 20)) and None))"
    assert said(script, limits=Limits(file_size=MIB)) == "EFBIG"


def test_descriptors_are_limited() -> None:
    script = "print(attempt(lambda: [os.dup(0) for _ in range(100)] and None))"
    assert said(script, limits=Limits(open_files=50)) == "EMFILE"
    assert outside(script) == "allowed"


def test_a_command_that_sleeps_is_ended_at_its_wall_limit() -> None:
    begun = time.monotonic()
    result = run(Command(argv=("sleep", "60")), Limits(wall=0.5))
    assert (result.outcome, result.exit_status) == (Outcome.TIMEOUT, None)
    assert 0.5 <= time.monotonic() - begun < 3


def test_a_command_that_ignores_every_signal_is_ended_too() -> None:
    script = """
import signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
print("ready", flush=True)
time.sleep(60)
"""
    result = inside(script, limits=Limits(wall=1))
    assert (result.outcome, result.stdout) == (Outcome.TIMEOUT, b"ready\n")


def test_what_a_command_said_before_its_end_is_kept() -> None:
    result = run(Command(argv=("sh", "-c", "echo one; echo two >&2; sleep 60")), Limits(wall=0.5))
    assert (result.stdout, result.stderr) == (b"one\n", b"two\n")


@pytest.mark.parametrize("disposition", ["SIG_DFL", "SIG_IGN"])
def test_a_busy_loop_ends_with_its_processor_seconds(disposition: str) -> None:
    script = f"import signal; signal.signal(signal.SIGXCPU, signal.{disposition})\nwhile True: pass"
    result = inside(script, limits=Limits(cpu=1, wall=30))
    assert result.outcome is Outcome.CPU_EXHAUSTED
    assert 0.5 <= result.usage.cpu < 4


@pytest.mark.parametrize("stream", ["", " >&2"])
def test_a_flood_of_output_ends_the_command_and_is_kept_to_its_cap(stream: str) -> None:
    result = run(Command(argv=("sh", "-c", f"yes{stream}")), Limits(stream=100_000))
    assert (result.outcome, result.exit_status) == (Outcome.OUTPUT_TOO_LARGE, None)
    assert (len(result.stdout), len(result.stderr)) == ((0, 100_000) if stream else (100_000, 0))


def test_output_of_exactly_the_cap_passes() -> None:
    result = run(Command(argv=("head", "-c", "100000", "/dev/zero")), Limits(stream=100_000))
    assert (result.outcome, len(result.stdout)) == (Outcome.OK, 100_000)


def test_a_flood_of_files_is_not_collected() -> None:
    script = "for number in range(20000): open(f'/out/{number}', 'w').close()"
    result = inside(script, limits=Limits(output_files=1000), collect=True)
    assert result.outcome is Outcome.OUTPUT_TOO_LARGE
    assert len(result.outputs) <= 1000


def test_a_flood_of_folders_is_not_collected() -> None:
    script = "for number in range(2000): os.mkdir(f'/out/{number}')"
    assert inside(script, limits=Limits(output_files=1000), collect=True).outcome is Outcome.OUTPUT_TOO_LARGE


def test_files_over_the_cap_of_bytes_are_not_collected() -> None:
    script = "open('/out/a', 'wb').truncate(3 << 20)"
    result = inside(script, limits=Limits(output_bytes=2 * MIB), collect=True)
    assert (result.outcome, result.outputs) == (Outcome.OUTPUT_TOO_LARGE, ())


def test_a_command_is_cancelled_from_another_thread() -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    begun = time.monotonic()
    result = run(Command(argv=("sleep", "60")), Limits(), cancel=cancel)
    timer.join()
    assert (result.outcome, result.exit_status) == (Outcome.CANCELLED, None)
    assert time.monotonic() - begun < 3


def test_twenty_commands_at_once_all_succeed_each_with_its_own_words() -> None:
    # Starts that shared one filter descriptor failed: all but one read it from its end.
    barrier = threading.Barrier(20)

    def one(word: int) -> tuple[Outcome, bytes]:
        barrier.wait()
        result = run(Command(argv=("cat",), stdin=str(word).encode()), Limits(wall=60))
        return result.outcome, result.stdout

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        results = list(pool.map(one, range(20)))
    assert results == [(Outcome.OK, str(word).encode()) for word in range(20)]


def test_a_limit_of_ours_that_is_lower_than_asked_does_not_stop_the_start() -> None:
    script = (
        "from glasshouse.engines.sandbox import *\n"
        "print(run(Command(argv=('sh', '-c', 'ulimit -n')), Limits(open_files=256)).stdout)"
    )
    command = ["prlimit", "--nofile=100:100", sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, capture_output=True, check=True, env=environment).stdout == b"b'100\\n'\n"


def test_a_signal_is_reported_as_the_shell_does() -> None:
    result = inside("os.kill(os.getpid(), 11)")
    assert (result.outcome, result.exit_status) == (Outcome.KILLED, 128 + signal.SIGSEGV)
    assert run(Command(argv=argv("os.abort()")), Limits()).exit_status == 128 + signal.SIGABRT
