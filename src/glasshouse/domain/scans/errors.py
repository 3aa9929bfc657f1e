# SPDX-License-Identifier: Apache-2.0
"""How scans say no."""

from glasshouse.kernel.errors import ConflictError


class ScanBusyError(ConflictError):
    """Another process scans this product."""

    code = "scans.busy"


class NoToolError(ConflictError):
    """None of the tools that were asked for is installed."""

    code = "scans.no-tool"
