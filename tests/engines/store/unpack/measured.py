# SPDX-License-Identifier: Apache-2.0
"""Unpack a source in a process of its own, and tell how much memory and time that took."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from glasshouse.engines.store.unpack import UnpackError, open_source


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out, the peak of resident memory with that of the largest child, in bytes, and seconds."""

    members: int
    size: int
    left_out: int
    error: str
    memory: int
    seconds: float


def measure(source: Path) -> Measured:
    """Unpack in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.engines.store.unpack.measured", str(source)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def _peak() -> int:
    # Not ru_maxrss: a process inherits that from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024


def _main(source: Path) -> None:
    started = time.monotonic()
    count = size = left_out = 0
    error = ""

    def note(_: object) -> None:
        nonlocal left_out
        left_out += 1

    try:
        with open_source(source, left_out=note) as members:
            for member in members:
                count += 1
                size += sum(map(len, member.chunks))
    except UnpackError as refused:
        error = refused.code
    found = (count, size, left_out, error, _peak(), time.monotonic() - started)
    print(json.dumps(dict(zip(Measured.__slots__, found, strict=True))))  # noqa: T201 (the answer to `measure`)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
