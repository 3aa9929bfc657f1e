# SPDX-License-Identifier: Apache-2.0
"""A wish to stop is never lost and never waits for itself."""

import os
import signal
import subprocess
import sys
import time

from glasshouse.kernel.stopping import Stop
from tests.edges.forge import ROOT

# Signalled at every moment of a loop that does nothing but wait: a lock of its own would be met within seconds.
WAITING = """
import signal
from glasshouse.kernel.stopping import Stop
for _ in range(20_000):
    stop = Stop()
    stop.on(signal.SIGTERM)
    print(flush=True)
    while not stop.wait(0.0001):
        pass
"""


def test_it_is_set_once_and_stays() -> None:
    stop = Stop()
    assert not stop.is_set
    assert not stop.wait(0)
    stop.set()
    stop.set()
    assert stop.is_set
    assert stop.wait(60)


def test_waiting_ends_when_a_signal_comes() -> None:
    stop = Stop()
    before = signal.getsignal(signal.SIGUSR1)
    try:
        stop.on(signal.SIGUSR1)
        began = time.monotonic()
        subprocess.Popen([sys.executable, "-c", f"import os; os.kill({os.getpid()}, {signal.SIGUSR1:d})"]).wait()
        assert stop.wait(60)
        assert time.monotonic() - began < 30
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_signal_at_any_moment_of_waiting_is_met() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(20_000):
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
