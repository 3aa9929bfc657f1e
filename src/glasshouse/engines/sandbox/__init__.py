# SPDX-License-Identifier: Apache-2.0
"""One untrusted command, its limits, its result.

`run` puts a command behind bubblewrap's namespaces, a list of allowed system calls and resource limits, without
root and without a network, and returns when none of its processes exists any more. It sees /usr and its inputs
read-only and may write to /tmp, /out and /dev/shm, which are memory of a fixed size and end with it. Whatever it says
is data: output is capped, files come back as values, nothing of it is unpacked, followed or believed.

The first run in a process makes the self-test (`probe`); a machine that fails it runs nothing. The host's kernel is
shared: this tier holds our analysers on hostile input. A visitor's own binary needs a tier that is not built yet and is
refused.
"""

import threading

from glasshouse.engines.sandbox import supervise
from glasshouse.engines.sandbox.errors import (
    InvalidCommandError,
    SandboxSetupError,
    SandboxUnavailableError,
    StagedTooLargeError,
    TierTooWeakError,
)
from glasshouse.engines.sandbox.selftest import probe, proven
from glasshouse.engines.sandbox.staged import Staged, staging
from glasshouse.engines.sandbox.values import (
    Capability,
    Command,
    Input,
    LeftOut,
    Limits,
    Origin,
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
    "Origin",
    "Outcome",
    "OutputFile",
    "Result",
    "SandboxSetupError",
    "SandboxUnavailableError",
    "Staged",
    "StagedTooLargeError",
    "Tier",
    "TierTooWeakError",
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
    if command.origin is Origin.VISITOR:
        raise TierTooWeakError(
            f"A visitor's own program does not run on this machine: {ready.capability.visitors_refused}",
            hint="Bring rules for a tool of the lab instead, or ask the operator for a host with the stronger tier.",
        )
    return supervise.execute(ready.launcher, command, limits, groups=ready.groups, cancel=cancel)
