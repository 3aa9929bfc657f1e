# SPDX-License-Identifier: Apache-2.0
"""Running a Python attempt inside the sandbox, and the same attempt outside as its control."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from glasshouse.engines.sandbox import Command, Limits, Result, run

# Inside there is only /usr, so the attempts run under Debian's own Python and not the one that runs the tests.
PYTHON = "/usr/bin/python3"
PRELUDE = """
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    libc.syscall.restype = ctypes.c_long
    if libc.syscall(ctypes.c_long(int(number)), *[ctypes.c_ulong(int(each)) for each in arguments]) >= 0:
        return "allowed"
    return errno.errorcode[ctypes.get_errno()]
def attempt(function):
    try:
        return function() or "allowed"
    except OSError as error:
        return errno.errorcode[error.errno]
"""


def argv(script: str, *arguments: object) -> tuple[str, ...]:
    assert Path(PYTHON).exists(), "apt-get install python3"
    return (PYTHON, "-I", "-S", "-c", PRELUDE + script, *(str(each) for each in arguments))


def inside(script: str, *arguments: object, limits: Limits | None = None, **command: Any) -> Result:
    return run(Command(argv=argv(script, *arguments), **command), limits or Limits(wall=30))


def said(script: str, *arguments: object, **command: Any) -> str:
    """What the attempt printed inside; it must have ended well."""
    result = inside(script, *arguments, **command)
    assert result.exit_status == 0, (result.outcome, result.stderr.decode(errors="replace"))
    return result.stdout.decode().strip()


def outside(script: str, *arguments: object, **options: Any) -> str:
    """What the same attempt prints on the host."""
    done = subprocess.run(argv(script, *arguments), capture_output=True, check=True, timeout=60, **options)
    return bytes(done.stdout).decode().strip()


def processes_named(token: str) -> list[int]:
    """The host's processes, zombies excepted, with this word on their command line, ourselves left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if token.encode() in words and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def eventually_none(token: str, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while processes_named(token):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
