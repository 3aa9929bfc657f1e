# SPDX-License-Identifier: Apache-2.0
"""Tokens at a person's terminal: for programs that read a little, and never source."""

from typing import Annotated

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.ids import Uid

token = typer.Typer(no_args_is_help=True, help="Tokens for programs: scoped, ending, never source.")


@token.command("make", epilog="Example: glasshouse token make 'nightly proof check' --scope ledger:read --days 30")
def make(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    scope: Annotated[list[str], typer.Option(help="releases:read, visits:read or ledger:read.")],
    days: Annotated[int, typer.Option(min=1, max=90, help="When it ends.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Make a token; its secret is shown this once."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post("/tokens", {"name": name, "scopes": scope, "days": days})
        tell(
            made, [f"It ends on {made['until'][:10]}. Its secret, shown once:", f"  {made['secret']}"], as_json=as_json
        )


@token.command("list", epilog="Example: glasshouse token list")
def list_(as_json: AsJson = False) -> None:
    """List your tokens, ended and revoked ones too."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        rows = [{**row, "scopes": ", ".join(row["scopes"])} for row in lab.get("/tokens")]
        tell_table(rows, ["uid", "name", "scopes", "until", "revoked_at"], empty="You have no token.", as_json=as_json)


@token.command("revoke", epilog="Example: glasshouse token revoke 5etmacqg6kgydcmf9rwrh3zk0p")
def revoke(uid: Annotated[str, typer.Argument(help="The token's uid.")], as_json: AsJson = False) -> None:
    """End a token at once."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        done = lab.post(f"/tokens/{Uid.parse(uid).text}/revoke")
        tell(done, [f"{uid} is revoked."], as_json=as_json)
