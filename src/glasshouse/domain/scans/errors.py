# SPDX-License-Identifier: Apache-2.0
"""How scans say no."""

from glasshouse.kernel.errors import ConflictError, NotFoundError


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
