# SPDX-License-Identifier: Apache-2.0
"""Sites at a person's terminal: what a house keeps of those who come, and their word that they read it."""

from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.ids import Uid

SiteUid = Annotated[str, typer.Argument(metavar="SITE", help="The site, by uid.")]


def add_to(site: typer.Typer) -> None:
    """Add what a person does with a site to what the operator does."""
    site.command("notices", epilog="Example: glasshouse site notices")(notices)
    site.command("notice", epilog="Example: glasshouse site notice 5etmacqg6kgydcmf9rwrh3zk0p --read 1")(notice)


def notices(as_json: AsJson = False) -> None:
    """List the sites that expect you and whose notice you have not read yet."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell_table(
            lab.get("/sites/notices"),
            ["site", "name", "retention_days", "booking_days"],
            empty="No notice waits for you.",
            as_json=as_json,
        )


def notice(
    uid: SiteUid,
    read: Annotated[int, typer.Option(help="Say that you read this version of it.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what a site keeps of you, why and for how long, and what else it says to those who come."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        place = f"/sites/{Uid.parse(uid)}/notice"
        if read:
            lab.post(f"{place}/read", {"version": read})
        found = lab.get(place)
        tell(found, _lines(found), as_json=as_json)


def _lines(found: dict[str, Any]) -> list[str]:
    kept = f"Kept of a visit: {found['retention_days']} days; of a booking: {found['booking_days']} days."
    said = [
        line
        for one in found["texts"]
        for line in ("", f"{one['kind']}, version {one['version']}:", *one["text"].splitlines())
    ]
    state = "You read this notice." if found["is_read"] else "You have not said yet that you read it: --read VERSION."
    return [found["name"], kept, *said, "", state]
