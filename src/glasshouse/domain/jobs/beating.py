# SPDX-License-Identifier: Apache-2.0
"""A heartbeat of its own for a job whose steps take longer than a lease."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import Error as DatabaseFault
from django.db import connection

from glasshouse.domain.jobs import commands
from glasshouse.domain.jobs.commands import Claim
from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.kernel import clock

EVERY: Final = commands.LEASE.total_seconds() / 5


class Beat:
    """Renews a lease until it is told to end or the lease is lost. `done` and `of` go along."""

    def __init__(self, held: Claim) -> None:
        """Begin with nothing done."""
        self._held = held
        self._ended = threading.Event()
        self._lost: StaleTokenError | None = None
        self.done = self.of = 0

    def check(self) -> None:
        """Raise once another worker holds the job."""
        if self._lost is not None:
            raise self._lost

    def end(self) -> None:
        """Renew it no more."""
        self._ended.set()

    def go_on(self) -> None:
        """Renew the lease for as long as the job is held."""
        try:
            while not self._ended.wait(EVERY):
                try:
                    commands.beat(self._held, now=clock.now(), done=self.done, of=self.of)
                except StaleTokenError as error:
                    self._lost = error
                    return
                except DatabaseFault:  # a busy moment; the lease outlasts several
                    connection.close()
        finally:
            connection.close()


@contextmanager
def kept(held: Claim) -> Iterator[Beat]:
    """Keep a job's lease for as long as the block runs and this process lives."""
    beat = Beat(held)
    thread = threading.Thread(target=beat.go_on, name="job-beat", daemon=True)
    thread.start()
    try:
        yield beat
    finally:
        beat.end()
        thread.join()
