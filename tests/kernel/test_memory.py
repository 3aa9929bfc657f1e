# SPDX-License-Identifier: Apache-2.0
"""A large block that is free is the system's again, whatever was freed before it."""

import os
import subprocess
import sys
from typing import Final

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


def test_what_a_job_no_longer_needs_is_given_back() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20
