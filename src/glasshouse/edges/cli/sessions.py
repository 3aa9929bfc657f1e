# SPDX-License-Identifier: Apache-2.0
"""Sessions at a person's terminal: where you are signed in, and ending it; everybody's for a custodian."""

from typing import Annotated

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

session = typer.Typer(no_args_is_help=True, help="Sessions: where you are signed in, and ending it there.")


@session.command("list", epilog="Example: glasshouse session list")
def list_(
    everybody: Annotated[bool, typer.Option(help="Of everybody; a custodian may.")] = False, as_json: AsJson = False
) -> None:
    """List your sessions, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell_table(
            lab.get("/sessions", everybody=str(everybody).lower()),
            ["person", "agent", "address", "began_at", "seen_at", "is_this", "name", "person_uid"],
            empty="Nobody is signed in.",
            as_json=as_json,
        )


@session.command("end", epilog="Example: glasshouse session end --others")
def end(
    name: Annotated[str, typer.Argument(help="The session's name, as `session list` prints it.")] = "",
    others: Annotated[bool, typer.Option("--others", help="Every session of yours but this one.")] = False,
    person: Annotated[str, typer.Option(help="Whose it is, by uid, if not yours; a custodian may.")] = "",
    reason: Annotated[str, typer.Option(help="Why, if it is not yours.")] = "",
    as_json: AsJson = False,
) -> None:
    """End a session at once; its next request meets the front door."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        if bool(name) == others:
            raise InvalidError("Name one session, or say --others.", hint="See `glasshouse session list`.")
        if name:
            name = str(Digest.parse(name))  # it stands in an address
        if others:
            done = lab.post("/sessions/others/end")
            tell(done, [f"{done['count']} ended."], as_json=as_json)
        elif person:
            done = lab.post(f"/persons/{Uid.parse(person).text}/sessions/{name}/end", {"reason": reason})
            tell(done, ["The session has ended."], as_json=as_json)
        else:
            tell(lab.post(f"/sessions/{name}/end"), ["The session has ended."], as_json=as_json)
