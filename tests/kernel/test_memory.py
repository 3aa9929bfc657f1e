# SPDX-License-Identifier: Apache-2.0
"""What is free is the system's again: large blocks by themselves, small ones when they are given back."""

import gc
import os
import subprocess
import sys
from typing import Final

import pytest

from glasshouse.kernel.memory import without_cycles

CODE: Final = """
from glasshouse.kernel.memory import give_large_blocks_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

assert give_large_blocks_back()
before = resident()
bytearray(30_000_000)  # from here on glibc by itself would keep smaller ones
kept = []
for _ in range(40):
    kept.append(bytearray(4_000_000))
    kept.append(bytes(1000))
kept = kept[1::2]
print((resident() - before) // 2**20)
"""

HOLES: Final = """
import threading
from glasshouse.kernel.memory import give_free_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

kept = []

def work():
    held = [bytearray(60_000) for _ in range(1_000)]
    kept.append(held[-1])  # what lies above the holes keeps the heap as large as it was

for _ in range(2):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
before = resident()
assert give_free_back()
print((before - resident()) // 2**20)
"""


def run(code: str) -> int:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_what_a_job_no_longer_needs_is_given_back() -> None:
    assert run(CODE) < 20


def test_holes_in_the_heaps_of_threads_are_given_back() -> None:
    assert run(HOLES) > 40


def test_cycles_are_looked_for_again_after_work_without_them_also_when_it_fails() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_cycles():
        _fail_without_cycles()
    assert gc.isenabled()


def _fail_without_cycles() -> float:
    assert not gc.isenabled()
    with without_cycles():
        assert not gc.isenabled()
    assert not gc.isenabled()
    return 1 / 0
