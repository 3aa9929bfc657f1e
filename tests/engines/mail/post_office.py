# SPDX-License-Identifier: Apache-2.0
"""A real mail server on loopback, which takes, puts off and refuses what a test says."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from glasshouse.engines.mail import MailServer, Security

SENDER = "lab@vendor.example"


@dataclass
class PostOffice:
    """What came in, and what is answered to whom: `answers` maps an address to an answer to RCPT."""

    answers: Mapping[str, str] = field(default_factory=dict)
    sender_answer: str = ""
    data_answer: str = "250 taken"
    came: list[tuple[list[str], Message]] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 -- the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to whom writes."""
        del server, session, options
        envelope.mail_from = address
        return self.sender_answer or "250 OK"

    async def handle_RCPT(  # noqa: N802 -- the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to whom it is for."""
        del server, session, options
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        del server, session
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.came.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return self.data_answer

    def to(self, address: str) -> list[Message]:
        """Return what came for somebody."""
        return [message for recipients, message in self.came if recipients == [address]]


def check_password(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Let the lab in with its password alone."""
    del server, session, envelope, mechanism
    is_lab = isinstance(data, LoginPassword) and (data.login, data.password) == (b"lab", b"opens the office")
    return AuthResult(success=is_lab, handled=False)


@contextmanager
def opened(
    office: PostOffice,
    *,
    security: Security = Security.NONE,
    keys: tuple[Path, Path] | None = None,
    port: int = 0,
    **options: Any,
) -> Iterator[MailServer]:
    """Run the office while the block lasts, and yield how it is reached; `keys` are its certificate and its key."""
    context = None
    if keys is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*keys)
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=port or _free_port(),
        ssl_context=context if security is Security.TLS else None,
        tls_context=context if security is Security.STARTTLS else None,
        require_starttls=security is Security.STARTTLS and context is not None,
        auth_require_tls=False,
        **options,
    )
    controller.start()
    try:
        yield MailServer(
            "127.0.0.1", controller.port, security, SENDER, authorities=keys[0] if keys else None, seconds=5
        )
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
