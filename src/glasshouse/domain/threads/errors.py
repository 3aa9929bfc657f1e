# SPDX-License-Identifier: Apache-2.0
"""How threads says no."""

from glasshouse.kernel.errors import ConflictError, NotFoundError, RefusedError


class NoThreadError(NotFoundError):
    """No such thread, or one that the viewer has no part in."""

    code = "threads.no-thread"


class ThreadClosedError(ConflictError):
    """The asking side closed the thread."""

    code = "threads.closed"


class NotYoursToCloseError(RefusedError):
    """The side that was asked does not close a thread."""

    code = "threads.not-yours-to-close"


class ManyThreadsError(ConflictError):
    """An engagement has a bounded number of threads that wait for the vendor."""

    code = "threads.many-threads"
