# SPDX-License-Identifier: Apache-2.0
"""How scans say no."""

from glasshouse.kernel.errors import ConflictError, NotFoundError, RefusedError


class ScanBusyError(ConflictError):
    """Another process scans this product."""

    code = "scans.busy"


class NoToolError(ConflictError):
    """None of the tools that were asked for is installed."""

    code = "scans.no-tool"


class ScanUnknownError(NotFoundError):
    """There is no such scan for this viewer."""

    code = "scans.unknown"


class ScanEndedError(ConflictError):
    """The scan has ended; nothing of it can be stopped."""

    code = "scans.ended"


class RunUnknownError(NotFoundError):
    """There is no such run."""

    code = "scans.run-unknown"


class NotRecordedError(ConflictError):
    """The run is there, and no record of it."""

    code = "scans.not-recorded"


class NotReproducibleError(ConflictError):
    """What the run was made with is not here; nothing was started."""

    code = "scans.not-reproducible"


class RecordDamagedError(ConflictError):
    """A record is not what was written."""

    code = "scans.record-damaged"


class NotYourScanError(RefusedError):
    """Another asked for this scan, and it is theirs to stop."""

    code = "scans.not-yours"
