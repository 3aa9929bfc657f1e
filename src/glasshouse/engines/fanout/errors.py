# SPDX-License-Identifier: Apache-2.0
"""The ways the fan-out says no. What becomes of one unit is an `Outcome`, never an error."""

from typing import ClassVar

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class ComputeEndedError(ConflictError):
    """The scheduler, or what speaks to it, is gone: units without an outcome are not done and may be run again."""

    code: ClassVar[str] = "fanout.compute-ended"

    def __init__(self, detail: str) -> None:
        """Say what ended, as far as it is known."""
        super().__init__(
            f"The compute cluster ended before the work did: {detail}",
            hint="Open a cluster again and run the units that have no outcome yet.",
        )


class ComputeBusyError(ConflictError):
    """A cluster takes one run at a time."""

    code: ClassVar[str] = "fanout.compute-busy"


class InvalidUnitError(InvalidError):
    """A unit that can never run as written."""

    code: ClassVar[str] = "fanout.invalid-unit"


class InvalidCredentialError(InvalidError):
    """A file of a credential that cannot be used."""

    code: ClassVar[str] = "fanout.invalid-credential"


class InvalidFrameError(InvalidError):
    """Bytes of another process that are no message of ours."""

    code: ClassVar[str] = "fanout.invalid-frame"


class FunctionNotAllowedError(RefusedError):
    """A name that a worker does not run: not a public function of a module `units` of an allowed package."""

    code: ClassVar[str] = "fanout.function-not-allowed"


class NotLentError(RefusedError):
    """Content that belongs to no unit in flight, or that the lab could not read."""

    code: ClassVar[str] = "fanout.not-lent"


class StaleFencingError(RefusedError):
    """The job has another owner now, or has ended: this unit works for nobody."""

    code: ClassVar[str] = "fanout.stale-fencing"


class ContentDiffersError(RefusedError):
    """What was fetched is not what its digest says."""

    code: ClassVar[str] = "fanout.content-differs"
