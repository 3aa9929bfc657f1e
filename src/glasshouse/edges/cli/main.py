# SPDX-License-Identifier: Apache-2.0
"""The table of commands."""

import os

import typer

from glasshouse.edges.cli import (
    covering,
    deciding,
    detecting,
    engaging,
    holding,
    houses,
    judging,
    ledger,
    mailing,
    measuring,
    operating,
    own,
    reading,
    releases,
    saved,
    scanning,
    searching,
    sessions,
    signingin,
    sites,
    speaking,
    tokens,
    tools,
    visiting,
)

app = typer.Typer(
    name="glasshouse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A security lab: source is seen through the glass, and every showing is proved.",
    epilog="GLASSHOUSE_HOME names the lab's folder (default: ./lab). Exit codes: 0 done, 1 damage or a bug, "
    "2 wrong as asked, 3 refused, 4 not found, 5 try later.",
)
operating.add_to(app)
mailing.add_to(app)
app.add_typer(operating.person, name="person")
app.add_typer(releases.release, name="release")
app.add_typer(detecting.findings, name="findings")
app.add_typer(scanning.scan, name="scan")
measuring.add_to(app)
app.add_typer(sites.site, name="site")
app.add_typer(ledger.ledger, name="ledger")
judging.add_to(detecting.findings)
signingin.add_to(app)
reading.add_to(releases.release)
houses.add_to(sites.site)
own.add_to(app)
searching.add_to(app)
app.add_typer(saved.saved, name="saved")
covering.add_to(app)
visiting.add_to(app)
engaging.add_to(app)
speaking.add_to(app)
deciding.add_to(app)
app.add_typer(tokens.token, name="token")
app.add_typer(sessions.session, name="session")
app.add_typer(holding.hold, name="hold")
app.add_typer(tools.tools, name="tools")


def main() -> None:
    """Run the command line; what it and the processes it starts write is for the lab's user alone."""
    os.umask(0o077)
    app()
