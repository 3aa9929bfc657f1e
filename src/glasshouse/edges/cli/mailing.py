# SPDX-License-Identifier: Apache-2.0
"""The operator's look at the lab's mail."""

from typing import Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.output import answered, tell
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: glasshouse mail --to operator@vendor.example")(mail)


def mail(
    to: Annotated[str, typer.Option(help="Hand in a letter to this address now, to try the server.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value instead of lines.")] = False,
) -> None:
    """Say where the lab hands in its mail, and what waits or failed; try the server with one letter."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from django.conf import settings

        from glasshouse.domain.notices import queries
        from glasshouse.engines.mail import Letter, Mailer
        from glasshouse.kernel.errors import InvalidError

        server, now = settings.GLASSHOUSE.mail, clock.now()
        if to:
            if server is None:
                raise InvalidError(
                    "Mail is switched off.", hint="Set mail_host and mail_from; see docs/operating/mail.md."
                )
            with Mailer(server) as mailer:
                mailer.send(Letter(Uid.new().text, to, "A trial of the lab's mail", "It works.\n", now))
        found = queries.outbox(now=now)
        by = f"{server.host}:{server.port}, {server.security}, as {server.sender}" if server else ""
        tell(
            {
                "failed": found.failed,
                "last_sent": clock.to_text(found.last_sent) if found.last_sent else None,
                "most_attempts": found.most_attempts,
                "oldest": clock.to_text(found.oldest) if found.oldest else None,
                "server": by or None,
                "waiting": found.waiting,
            },
            [
                f"Mail goes by {by}." if by else "Mail is switched off: notices wait in the inboxes.",
                *([f"The server took a letter to {to}."] if to else []),
                f"{found.waiting:,} notices wait, {found.failed:,} failed within 30 days."
                + (f" The oldest is of {found.oldest:%d %b %Y, %H:%M} UTC." if found.oldest else ""),
                f"Last sent {found.last_sent:%d %b %Y, %H:%M} UTC." if found.last_sent else "Nothing was sent yet.",
            ],
            as_json=as_json,
        )
