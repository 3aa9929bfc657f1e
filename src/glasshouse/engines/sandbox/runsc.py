# SPDX-License-Identifier: Apache-2.0
"""The stronger tier, which a visitor's own binaries need: whether this machine has it, and why not.

gVisor's `runsc` puts a kernel of its own between a program and the host's. A release of years ago has holes that are
public, so its age is part of the answer. This build of Glasshouse drives no `runsc`: a current one is reported, and
visitors' binaries are refused all the same, because walls that nothing has tested are none.
"""

import re
import shutil
import subprocess

_OLDEST = 20260101
_SECONDS = 20


def refusal() -> str:
    """Say in one sentence why a visitor's binary does not run here."""
    found = shutil.which("runsc")
    if found is None:
        return "runsc (gVisor) is not installed"
    try:
        said = subprocess.run([found, "--version"], capture_output=True, check=False, env={}, timeout=_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "runsc (gVisor) is installed and does not tell its release"
    release = re.match(rb"runsc version (?:release-|0\.0~)?(\d{8})\b", said)
    if release is None:
        return "runsc (gVisor) is installed and does not tell its release"
    if int(release[1]) < _OLDEST:
        return f"runsc (gVisor) is of {release[1].decode()}, older than {_OLDEST}"
    return f"runsc (gVisor) of {release[1].decode()} is installed, and this build of Glasshouse does not drive it"
