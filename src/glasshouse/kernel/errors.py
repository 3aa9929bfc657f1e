# SPDX-License-Identifier: Apache-2.0
"""The four ways Glasshouse says no. Each package subclasses a family and gives it a stable code.

An error tells a person what happened and what to do next; it MUST NOT carry source text, secrets or
the names of files that its reader may not see.
"""

from typing import ClassVar


class GlasshouseError(Exception):
    """Base of every refusal that is an answer rather than a bug."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Say what happened in `message` and what to do next in `hint`."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotFoundError(GlasshouseError):
    """Absent, foreign, or outside the grant: the three are not told apart."""

    code = "not-found"
    exit_code = 4

    def __init__(self, message: str = "Nothing here", *, hint: str = "") -> None:
        """Name no object, so that absent and foreign read alike."""
        super().__init__(message, hint=hint)


class RefusedError(GlasshouseError):
    """Yours, but ended, exhausted or not allowed."""

    code = "refused"
    exit_code = 3


class InvalidError(GlasshouseError):
    """Can never succeed as asked."""

    code = "invalid"
    exit_code = 2


class ConflictError(GlasshouseError):
    """Could succeed later."""

    code = "conflict"
    exit_code = 5
