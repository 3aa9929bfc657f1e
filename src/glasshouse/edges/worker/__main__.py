# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.worker`: follow the journal and do jobs until told to stop."""

import argparse
import logging
import multiprocessing
import signal
import sys
import threading

import django

log = logging.getLogger("glasshouse.worker")


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the step under way is finished first."""
    parser = argparse.ArgumentParser(prog="glasshouse work", description=__doc__)
    parser.parse_args(arguments)
    django.setup()
    from glasshouse.edges.worker.following import Follower  # noqa: PLC0415 -- models load after setup

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    # Jobs run beside the follower: an audit of minutes must not hold up an entry that waits for its tree.
    jobs = multiprocessing.get_context("spawn").Process(target=run_jobs, daemon=True)
    jobs.start()
    follower = Follower()
    while not stop.wait(0.1):
        follower.step()
        if not jobs.is_alive():
            log.warning("the jobs process ended; starting another")
            jobs = multiprocessing.get_context("spawn").Process(target=run_jobs, daemon=True)
            jobs.start()
    follower.close()
    jobs.terminate()
    jobs.join(10)
    return 0


def run_jobs() -> None:
    """Do jobs until the worker ends this process."""
    django.setup()
    from glasshouse.edges.worker.working import run_for_ever  # noqa: PLC0415 -- models load after setup

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run_for_ever(stop)


if __name__ == "__main__":
    sys.exit(main())
