# SPDX-License-Identifier: Apache-2.0
"""Functions of units for the tests, as a room's own `units.py` has them."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Never

from glasshouse.engines.fanout import Source, Unit
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

SECRET = "int password = 42;"


def echo(unit: Unit, _source: Source) -> bytes:
    return f"{unit.name} {unit.settings}".encode()


def size(unit: Unit, source: Source) -> bytes:
    return str(sum(len(source.read(digest)) for digest in unit.digests)).encode()


def fetch_other(unit: Unit, source: Source) -> bytes:
    return source.read(Digest.parse(unit.settings))


def nap(unit: Unit, _source: Source) -> bytes:
    time.sleep(float(unit.settings))
    return b"rested"


def leave_the_rest(_unit: Unit, source: Source) -> bytes:
    """Have the worker believe that its order was called off."""
    source.cancel.set()
    return b"first"


def nap_until_called_off(unit: Unit, source: Source) -> bytes:
    called_off = source.cancel.wait(30)
    Path(unit.settings).write_text(str(called_off), encoding="ascii")
    return b""


def spin(unit: Unit, _source: Source) -> bytes:
    """Use the processor for so many seconds of its time."""
    until = time.thread_time() + float(unit.settings)
    while time.thread_time() < until:
        sum(range(1000))
    return b"spun"


def process(_unit: Unit, _source: Source) -> bytes:
    time.sleep(0.05)
    return str(os.getpid()).encode()


def poison(unit: Unit, _source: Source) -> bytes:
    if unit.settings == "poison":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return b"well"


def quote(_unit: Unit, _source: Source) -> bytes:
    raise ValueError(SECRET)


def refuse(_unit: Unit, _source: Source) -> bytes:
    raise InvalidError("this unit has no flags")


def leave(_unit: Unit, _source: Source) -> Never:
    sys.exit(3)


def wrong(_unit: Unit, _source: Source) -> str:
    return "text"


def fill(_unit: Unit, _source: Source) -> bytes:
    held = bytearray(512 * 2**20)
    ctypes.memset((ctypes.c_char * len(held)).from_buffer(held), 1, len(held))
    time.sleep(5)
    return bytes(held[:1])


def environment(_unit: Unit, _source: Source) -> bytes:
    return " ".join(sorted(os.environ)).encode()
