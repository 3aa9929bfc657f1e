# SPDX-License-Identifier: Apache-2.0
"""Functions of units for the benchmark of the fan-out."""

import os
import signal
from typing import Final

from glasshouse.engines.fanout import Source, Unit

STEP: Final = 1000
POISON: Final = "poison"


def steps(count: int) -> int:
    """Do a fixed amount of work in Python, which holds the interpreter's lock all the time."""
    total = 0
    for _ in range(count):
        total += sum(range(STEP))
    return total


def compute(unit: Unit, _source: Source) -> bytes:
    """Do as many steps as the unit says."""
    return str(steps(int(unit.settings))).encode()


def read(unit: Unit, source: Source) -> bytes:
    """Fetch all that belongs to the unit."""
    return str(sum(len(source.read(digest)) for digest in unit.digests)).encode()


def die(unit: Unit, _source: Source) -> bytes:
    """End the process if the unit is poison, work a little otherwise."""
    if unit.settings == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    steps(1000)
    return b""
