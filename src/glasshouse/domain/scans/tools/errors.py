# SPDX-License-Identifier: Apache-2.0
"""The ways tools are refused. That a tool failed on a file is an outcome and no error."""

from typing import ClassVar

from glasshouse.kernel.errors import ConflictError, NotFoundError, RefusedError


class ToolUnknownError(NotFoundError):
    """No tool of this name has a folder here."""

    code: ClassVar[str] = "scans.tool-unknown"


class ToolMissingError(RefusedError):
    """The tool is known and not ready on this machine, or comes from where we do not install from."""

    code: ClassVar[str] = "scans.tool-missing"


class ToolNotInstalledError(ConflictError):
    """Installing did not come to its end; what was there before is there still."""

    code: ClassVar[str] = "scans.tool-not-installed"


class UnreadableOutputError(Exception):
    """A tool's output is not what the tool writes; raised by adapters, never shown to a person."""
