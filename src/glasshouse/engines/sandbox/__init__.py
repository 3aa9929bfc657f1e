# SPDX-License-Identifier: Apache-2.0
"""One untrusted command, its limits, its result.

`run` puts a command behind bubblewrap's namespaces, a list of allowed system calls and resource limits, without
root and without a network, and returns when none of its processes exists any more. It sees /usr and its inputs
read-only and may write to /tmp, /out and /dev/shm, which are memory of a fixed size and end with it. Whatever it says
is data: output is capped, files come back as values, nothing of it is unpacked, followed or believed.

The first run in a process makes the self-test (`probe`); a machine that fails it runs nothing. The host's kernel is
shared: this tier holds our analysers on hostile input, not a visitor's own binaries.
"""

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from glasshouse.engines.sandbox import supervise
from glasshouse.engines.sandbox.errors import InvalidCommandError, SandboxSetupError, SandboxUnavailableError
from glasshouse.engines.sandbox.launch import NOBODY
from glasshouse.engines.sandbox.selftest import probe, proven
from glasshouse.engines.sandbox.values import (
    SHARED,
    Capability,
    Command,
    Input,
    LeftOut,
    Limits,
    Outcome,
    OutputFile,
    Result,
    Tier,
    Usage,
)

__all__ = [
    "Capability",
    "Command",
    "Input",
    "InvalidCommandError",
    "LeftOut",
    "Limits",
    "Outcome",
    "OutputFile",
    "Result",
    "SandboxSetupError",
    "SandboxUnavailableError",
    "Tier",
    "Usage",
    "probe",
    "run",
    "staging",
]


def run(command: Command, limits: Limits, *, cancel: threading.Event | None = None) -> Result:
    """Run one untrusted command within its limits; setting `cancel` ends it within a tenth of a second.

    Safe to call from many threads at once. Started by root, the command runs as nobody, who must be able to reach the
    inputs: `staging` makes such a place.
    """
    ready = proven()
    return supervise.execute(ready.launcher, command, limits, groups=ready.groups, cancel=cancel)


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """Lend a folder in memory for a command's inputs, gone afterwards: source is never written to a disk.

    Only we, and the identity that commands run as, can enter it.
    """
    folder = Path(tempfile.mkdtemp(prefix="glasshouse-", dir=SHARED))
    try:
        if os.geteuid() == 0:
            os.chown(folder, 0, NOBODY)
            folder.chmod(0o750)
        yield folder
    finally:
        shutil.rmtree(folder)
