# SPDX-License-Identifier: Apache-2.0
"""Legal holds at the terminal of a lab manager or an auditor."""

from typing import Annotated

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.ids import Uid

hold = typer.Typer(no_args_is_help=True, help="Legal holds: whose data is kept from erasure, and why.")
Reason = Annotated[str, typer.Option(help="Why; it is kept with the hold.")]


@hold.command("list", epilog="Example: glasshouse hold list")
def list_(as_json: AsJson = False) -> None:
    """List the holds that stand, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        columns = ["uid", "person", "organisation", "reason", "set_by", "set_at"]
        tell_table(lab.every("/holds"), columns, empty="No hold stands.", as_json=as_json)


@hold.command("set", epilog="Example: glasshouse hold set ada@tester.example --reason 'Order of a court'")
def set_(
    person: Annotated[str, typer.Argument(help="The person's address.")], reason: Reason, as_json: AsJson = False
) -> None:
    """Hold a person's data: nothing of it is erased until the hold is lifted."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        made = lab.post("/holds", {"person": person, "reason": reason})
        tell(made, [f"{made['person']}'s data is held: {made['uid']}."], as_json=as_json)


@hold.command("lift", epilog="Example: glasshouse hold lift 5etmacqg6kgydcmf9rwrh3zk0p --reason 'The case is over'")
def lift(uid: Annotated[str, typer.Argument(help="The hold's uid.")], reason: Reason, as_json: AsJson = False) -> None:
    """Lift a hold; what it kept may then be erased."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        done = lab.post(f"/holds/{Uid.parse(uid)}/lift", {"reason": reason})
        tell(done, ["The hold is lifted."], as_json=as_json)
