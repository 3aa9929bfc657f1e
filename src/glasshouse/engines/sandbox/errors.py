# SPDX-License-Identifier: Apache-2.0
"""The ways the sandbox says no. None of them is about the tool: what a tool does is a `Result`."""

from typing import ClassVar

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class SandboxUnavailableError(RefusedError):
    """This machine cannot hold an untrusted command; nothing was started, and nothing weaker is tried."""

    code: ClassVar[str] = "sandbox.unavailable"


class TierTooWeakError(RefusedError):
    """A visitor's own binary needs stronger walls than this machine has; nothing was started, nothing staged."""

    code: ClassVar[str] = "sandbox.tier-too-weak"


class InvalidCommandError(InvalidError):
    """The command or its limits can never run as written."""

    code: ClassVar[str] = "sandbox.invalid-command"


class StagedTooLargeError(InvalidError):
    """The files for a command are more than may be held in memory for it."""

    code: ClassVar[str] = "sandbox.staged-too-large"

    def __init__(self, size: int) -> None:
        """Tell the size that was allowed."""
        super().__init__(f"The files for the command are larger than the {size} bytes that may be staged for it")


class SandboxSetupError(ConflictError):
    """The walls could not be put up this time, so the command never started.

    `detail` is the launcher's own line. It may name files of the host: it is for the operator's log and MUST NOT
    be shown to a visitor.
    """

    code: ClassVar[str] = "sandbox.setup"

    def __init__(self, detail: str) -> None:
        """Keep the launcher's line apart from the message."""
        super().__init__(
            "The sandbox could not be set up, so the command was not started",
            hint="Try again; if it repeats, look at the operator's log and run the sandbox self-test.",
        )
        self.detail = detail
