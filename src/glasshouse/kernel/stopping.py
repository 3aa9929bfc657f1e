# SPDX-License-Identifier: Apache-2.0
"""A wish to stop that a signal may express at any moment."""

import os
import select
import signal


class Stop:
    """Set once, by a signal or by code; waited for with a bound.

    Not a `threading.Event`: its lock may be held by the very thread that a signal interrupts, which then waits for
    itself for ever.
    """

    def __init__(self) -> None:
        """Make one that is not set."""
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._is_set = False

    def __del__(self) -> None:
        """Close its two descriptors."""
        os.close(self._reading)
        os.close(self._writing)

    def on(self, *numbers: signal.Signals) -> None:
        """Be set by each of these signals; of the main thread alone."""
        for number in numbers:
            signal.signal(number, self._arrived)

    def set(self) -> None:
        """Wish it; wishing it again changes nothing."""
        if not self._is_set:
            self._is_set = True
            os.write(self._writing, b"\0")

    @property
    def is_set(self) -> bool:
        """Say whether it is wished."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait until it is wished, `seconds` at most; return whether it is."""
        if not self._is_set:
            select.select([self._reading], [], [], seconds)
        return self._is_set

    def _arrived(self, _number: int, _frame: object) -> None:
        self.set()
