# SPDX-License-Identifier: Apache-2.0
"""`glasshouse login` and `logout`: a terminal acts as a person once they approved it in the browser."""

import platform
import time
from collections.abc import Callable
from typing import Annotated

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, errors, progress, safe, tell
from glasshouse.kernel.errors import GlasshouseError

_PENDING = "people.device-pending"


def add_to(app: typer.Typer) -> None:
    """Add the top-level commands."""
    app.command(epilog="Example: glasshouse login --url https://lab.example")(login)
    app.command(epilog="Example: glasshouse logout")(logout)


def login(
    url: Annotated[str, typer.Option(help="The lab's address.")] = "http://localhost:8000", as_json: AsJson = False
) -> None:
    """Sign this terminal in: compare the code in the browser and approve it there.

    The session ends after twelve hours. It is kept in ~/.config/glasshouse/session.json, for you alone.
    """
    with answered(as_json=as_json):
        address = remote.lab_address(url)
        with remote.opened(address) as lab:
            started = lab.post("/device", {"terminal": f"glasshouse on {platform.node() or 'a terminal'}"})
            errors.print(safe(f"Open {started['address']}"))
            errors.print(safe(f"and approve this terminal if the page shows the code {started['user_code']}"))
            with progress("Waiting for your approval", as_json=as_json) as report:
                me = _collect(lab, started["secret"], int(started["poll_seconds"]), report)
            cookie, value = lab.cookie()
        remote.Session(address, cookie, value, me["uid"], me["until"]).keep()
        tell(me, [f"Signed in as {me['name']}, {me['organisation']}, until {me['until'][:16]}."], as_json=as_json)


def _collect(lab: remote.Lab, secret: str, pause: int, report: Callable[[int, int], None]) -> remote.Answer:
    waited = 0
    while True:
        try:
            me: remote.Answer = lab.post("/device/collect", {"secret": secret})
        except GlasshouseError as error:
            if error.code != _PENDING:
                raise
        else:
            return me
        time.sleep(pause)
        waited += pause
        report(waited, 0)


def logout(as_json: AsJson = False) -> None:
    """End this terminal's session, at the lab and here."""
    with answered(as_json=as_json):
        try:
            with remote.signed_in() as lab:
                lab.post("/session/end")
        finally:
            remote.session_file().unlink(missing_ok=True)
        tell({"signed_in": False}, ["Signed out."], as_json=as_json)
