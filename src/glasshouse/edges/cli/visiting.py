# SPDX-License-Identifier: Apache-2.0
"""Visits and receipts at a person's terminal."""

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, progress, tell, tell_table
from glasshouse.edges.cli.reading import Grant, Product, granted
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

visit = typer.Typer(no_args_is_help=True, help="Your visits: source is shown during one, and its end gives a receipt.")


def add_to(app: typer.Typer) -> None:
    """Add the top-level command and the group."""
    app.add_typer(visit, name="visit")
    app.command(epilog="Example: glasshouse receipt 5etmacqg6kgydcmf9rwrh3zk0p --output receipt.zip")(receipt)


class NoVisitError(NotFoundError):
    """The person has no such visit."""

    code = "cli.no-visit"


class FileTakenError(InvalidError):
    """A file that is not written over."""

    code = "cli.file-taken"


@visit.command("begin", epilog="Example: glasshouse visit begin c-ares 1.18.1-3")
def begin(
    product: Product,
    version: Annotated[str, typer.Argument(help="A release of the grant; the visit covers all of them.")],
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Begin a visit, or go on with the one that is open."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        grant_uid, (release_uid,) = granted(lab, product, [version], grant)
        begun = lab.post("/visits", {"grant": grant_uid, "release": release_uid})
        tell(begun, [f"Visit {begun['number']} of engagement {begun['engagement']}: {begun['uid']}"], as_json=as_json)


@visit.command("list", epilog="Example: glasshouse visit list --json")
def list_(as_json: AsJson = False) -> None:
    """List your visits, newest first."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        tell_table(
            lab.get("/visits"),
            ["uid", "engagement", "number", "opened_at", "closed_at", "is_acknowledged"],
            empty="No visit yet. Begin one with `glasshouse visit begin`.",
            as_json=as_json,
        )


@visit.command("close", epilog="Example: glasshouse visit close")
def close(
    uid: Annotated[str, typer.Argument(help="The visit; the open one when left out.")] = "", as_json: AsJson = False
) -> None:
    """Close a visit without your passkey's word; close it in the browser to sign what you were shown."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        wanted = Uid.parse(uid).text if uid else _latest(lab, is_open=True)
        closed = lab.post(f"/visits/{wanted}/close")
        tell(
            closed,
            [f"Visit {closed['number']} is closed, unacknowledged. Its receipt: glasshouse receipt {closed['uid']}"],
            as_json=as_json,
        )


def receipt(
    visit_uid: Annotated[str, typer.Argument(metavar="[VISIT]", help="The visit; the newest when left out.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path("receipt.zip"),
    as_json: AsJson = False,
) -> None:
    """Fetch the receipt of a visit; check it with glasshouse-verify on a machine of your own."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        if output.exists():
            raise FileTakenError(f"{output} exists.", hint="Name another file with --output.")
        wanted = Uid.parse(visit_uid).text if visit_uid else _latest(lab, is_open=False)
        with progress("Making the receipt", as_json=as_json):
            content = lab.download(f"/visits/{wanted}/receipt")
        output.write_bytes(content)
        tell(
            {"bytes": len(content), "file": str(output), "visit": wanted},
            [f"{output}: {len(content):,} bytes. Check it: glasshouse-verify {output} --trust keys.txt"],
            as_json=as_json,
        )


def _latest(lab: remote.Lab, *, is_open: bool) -> str:
    for row in lab.get("/visits"):
        if not is_open or row["closed_at"] is None:
            return str(row["uid"])
    raise NoVisitError(
        "You have no open visit." if is_open else "You have no visit.", hint="See `glasshouse visit list`."
    )
