# SPDX-License-Identifier: Apache-2.0
"""Delivering the outbox: a letter a person that says that something waits, of how broad a kind, and where.

It names no product, person or path, and repeats no word of anybody: whoever reads another's mail learns that the lab
has something for them, and how urgent.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings

from glasshouse.domain.notices import mailing
from glasshouse.engines.mail import Letter, LetterRefusedError, Mailer, MailServerError
from glasshouse.kernel import clock

SUBJECT: Final = "Something waits for you in the lab"
TEXT: Final = """\
{matters}

Sign in to see what it is:
{url}/inbox/

This message says no more on purpose. Which of these you get:
{url}/me/mail
"""


def deliver(report: Callable[[int, int], None]) -> str:
    """Send a letter to each person for whom something waits; return what came of it."""
    server, sent, refused = settings.GLASSHOUSE.mail, 0, 0
    if server is None:
        return "mail is switched off; what waits in the outbox waits on"
    with Mailer(server) as mailer:
        while True:
            report(sent + refused, 0)  # before a letter is taken: whoever lost the job takes none
            taken = mailing.take(now=clock.now())
            if taken is None:
                break
            try:
                mailer.send(letter(taken))
            except LetterRefusedError as error:
                refused += 1
                mailing.refused(taken, error.answer, is_final=error.is_final, now=clock.now())
            except MailServerError as error:
                mailing.put_off_all(taken, now=clock.now())
                mailing.go_on(now=clock.now())
                return f"{sent:,} sent, {refused:,} refused, then: {error}"
            else:
                sent += 1
                mailing.delivered(taken, now=clock.now())
    mailing.go_on(now=clock.now())
    return f"{sent:,} sent, {refused:,} refused"


def letter(taken: mailing.Taken) -> Letter:
    """Write the letter; sent again for the same notices, it has the same name."""
    text = TEXT.format(matters="\n".join(matter.label for matter in taken.matters), url=settings.GLASSHOUSE.url)
    return Letter(f"{taken.oldest}.{taken.count}", taken.address, SUBJECT, text, clock.now())
