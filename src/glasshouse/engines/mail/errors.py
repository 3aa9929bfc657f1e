# SPDX-License-Identifier: Apache-2.0
"""How mail says no."""

from glasshouse.kernel.errors import ConflictError


class MailServerError(ConflictError):
    """The server cannot be spoken with, or takes no letter of ours at all; another letter would fare no better."""

    code = "mail.server"


class LetterRefusedError(ConflictError):
    """The server does not take this letter: for good where `is_final`, else it may be tried again.

    `answer` is the three digits that it answered with, 0 where no server was asked.
    """

    code = "mail.letter-refused"

    def __init__(self, message: str, *, answer: int, is_final: bool) -> None:
        super().__init__(message)
        self.answer = answer
        self.is_final = is_final
