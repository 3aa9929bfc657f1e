# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.worker`: follow the journal and do jobs until told to stop."""

import argparse
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import django

from glasshouse.kernel.memory import give_large_blocks_back
from glasshouse.kernel.stopping import Stop

log = logging.getLogger("glasshouse.worker")
_PULSE = 0.1
_GRACE = 10.0
_NICE = 15  # a job takes minutes and can wait; a reader cannot


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the step under way is finished first."""
    parser = argparse.ArgumentParser(prog="glasshouse work", description=__doc__)
    parser.add_argument("--jobs", action="store_true", help="do jobs only; the worker starts such a process itself")
    parser.add_argument("--scans", action="store_true", help="run scans only; the worker starts such a process itself")
    parser.add_argument("--segments", action="store_true", help="build segments of the index as it is told to on input")
    chosen = parser.parse_args(arguments)
    django.setup()
    if chosen.segments:
        from glasshouse.edges.worker.segmenting import build_as_told  # noqa: PLC0415 -- models load after setup

        build_as_told(sys.stdin.buffer, sys.stdout.buffer)
        return 0
    stop = Stop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    if chosen.jobs:
        _stand_back()
        give_large_blocks_back()
        from glasshouse.edges.worker.working import run_for_ever  # noqa: PLC0415 -- models load after setup

        run_for_ever(stop)
    elif chosen.scans:
        _stand_back()
        give_large_blocks_back()
        from glasshouse.edges.worker.scanning import scan_for_ever  # noqa: PLC0415 -- models load after setup

        scan_for_ever(stop)
    else:
        follow(stop)
    return 0


def follow(stop: Stop) -> None:
    """Follow the journal, and keep a process for jobs and one for scans.

    An audit of minutes must not hold up an entry's tree, nor a scan of hours a letter.
    """
    from glasshouse.edges.worker.following import Follower  # noqa: PLC0415 -- models load after setup

    follower = Follower()
    kept = {what: _start(what) for what in ("jobs", "scans")}
    while not stop.wait(_PULSE):
        follower.step()
        for what in [what for what, process in kept.items() if process.poll() is not None]:
            log.warning("the process for %s ended with %s; starting another", what, kept[what].returncode)
            stop.wait(1.0)
            kept[what] = _start(what)
    follower.close()
    for process in kept.values():
        process.terminate()
    until = time.monotonic() + _GRACE
    for process in kept.values():
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def _start(what: str) -> subprocess.Popen[bytes]:
    # It ends with its worker, however that ended: a second one beside the next worker's would do the same jobs. The
    # session is its own so that it can stand back, see below; nobody who ends the worker's group would end it.
    setpriv = shutil.which("setpriv")
    bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    command = [*bound, sys.executable, "-m", "glasshouse.edges.worker", f"--{what}"]
    return subprocess.Popen(command, start_new_session=setpriv is not None)


def _stand_back() -> None:
    """Leave the processors to whoever reads.

    Where the kernel shares them out by session first (sched(7), autogroup), niceness counts within a session alone:
    the jobs' would then weigh as much as the web's, however nice they are.
    """
    os.nice(_NICE)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without it
            Path("/proc/self/autogroup").write_text(f"{_NICE}", "ascii")


if __name__ == "__main__":
    sys.exit(main())
