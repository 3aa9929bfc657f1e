# SPDX-License-Identifier: Apache-2.0
"""Speaking SMTP with one server for as many letters as there are."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self

from glasshouse.engines.mail.errors import LetterRefusedError, MailServerError
from glasshouse.engines.mail.values import Letter, MailServer, Security, on_the_wire
from glasshouse.kernel.errors import InvalidError

_FINAL: Final = 500


class Mailer:
    """One conversation with a server, begun with the first letter."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._smtp.close()

    def send(self, letter: Letter) -> None:
        """Hand a letter in; once this returns, the server has taken it.

        Raises LetterRefusedError when the server does not take this one, MailServerError when it takes none.
        """
        to = _to(letter)
        is_plain = to.isascii()
        message = self._written(letter, to)
        with _faults(self._server):
            if not is_plain and not self.takes_utf8():
                raise LetterRefusedError("the mail server takes addresses of ASCII alone", answer=0, is_final=True)
            smtp = self._spoken()
            try:
                smtp.sendmail(self._server.sender, [to], message, [] if is_plain else ["SMTPUTF8"])
            except smtplib.SMTPRecipientsRefused as error:
                answer, _ = error.recipients[to]
                raise _refused(answer) from error
            except smtplib.SMTPDataError as error:
                raise _refused(error.smtp_code) from error

    def takes_utf8(self) -> bool:
        """Say whether the server takes addresses that are not ASCII (RFC 6531); raises MailServerError."""
        with _faults(self._server):
            smtp = self._spoken()
            smtp.ehlo_or_helo_if_needed()
            return smtp.has_extn("smtputf8")

    def _spoken(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._open()
        return self._smtp

    def _written(self, letter: Letter, to: str) -> bytes:
        message = EmailMessage(SMTP if to.isascii() else SMTPUTF8)
        message["From"] = self._server.sender
        message["To"] = to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.uid}@{self._server.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message.as_bytes()

    def _open(self) -> smtplib.SMTP:
        server, context = self._server, self._context()
        known_as = server.domain
        if server.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=known_as, timeout=server.seconds, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, local_hostname=known_as, timeout=server.seconds)
        try:
            if server.security is Security.STARTTLS:
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        # Verifies certificate and name, and never falls back to the open.
        context = ssl.create_default_context(cafile=self._server.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@contextmanager
def _faults(server: MailServer) -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:  # OSError: no route, no certificate that holds, no answer in time
        # Its own words may name people: the kind of fault and the digits of an answer are enough to look further.
        said = getattr(error, "smtp_code", "")
        raise MailServerError(
            f"{server.host}:{server.port} takes no mail: {type(error).__name__} {said}".rstrip() + "."
        ) from error


def _to(letter: Letter) -> str:
    try:
        return on_the_wire(letter.to)
    except InvalidError as error:
        raise LetterRefusedError(str(error), answer=0, is_final=True) from error


def _refused(answer: int) -> LetterRefusedError:
    return LetterRefusedError(f"The mail server answered {answer}.", answer=answer, is_final=answer >= _FINAL)
