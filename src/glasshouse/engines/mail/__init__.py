# SPDX-License-Identifier: Apache-2.0
"""Handing letters of plain text to one mail server by SMTP, its certificate verified.

A *letter* has one recipient. What a server says of a letter (`LetterRefusedError`, for now or for good) is told apart
from what keeps every letter from it (`MailServerError`), so that one bad address holds up nobody else. No address and
no text can bring a header or a command of its own.
"""

from glasshouse.engines.mail.errors import LetterRefusedError, MailServerError
from glasshouse.engines.mail.sending import Mailer
from glasshouse.engines.mail.values import Letter, MailServer, Security, check_address, on_the_wire

__all__ = [
    "Letter",
    "LetterRefusedError",
    "MailServer",
    "MailServerError",
    "Mailer",
    "Security",
    "check_address",
    "on_the_wire",
]
