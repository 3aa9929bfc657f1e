# SPDX-License-Identifier: Apache-2.0
"""Saved searches at a person's terminal: counts at any time, new lines during a visit."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from glasshouse.edges.cli import promises, remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, errors, safe, tell, tell_json, tell_table
from glasshouse.edges.cli.searching import tell_charge, tell_files
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

saved = typer.Typer(no_args_is_help=True, help="Your saved searches: what is new in each newer release.")
_NOTHING_NEW: Final = 1
_COLUMNS: Final = ("uid", "label", "engagement", "release", "mandate", "new", "due")
Named = Annotated[str, typer.Argument(help="The saved search's uid.")]


class NoSavedSearchError(NotFoundError):
    """The person has no such saved search."""

    code = "cli.no-saved-search"


@saved.command("list", epilog="Example: glasshouse saved list --json")
def list_(as_json: AsJson = False) -> None:
    """List your saved searches, newest first: how many lines are new, or why one lapsed."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        listed = lab.get("/saved-searches")
        rows = [{**one, "release": f"{one['base']['product']} {one['base']['version']}"} for one in listed]
        tell_table(
            listed if as_json else rows,
            _COLUMNS,
            empty="No search is saved. Save one on the page of what it found.",
            as_json=as_json,
        )


@saved.command(
    epilog="Example: glasshouse saved show 5etmacqg6kgydcmf9rwrh3zk0p. "
    "Exit codes besides those of every command: 1 when nothing waits."
)
def show(
    uid: Named,
    again: Annotated[bool, typer.Option("--again", help="Also what you opened before.")] = False,
    pages: Annotated[int, typer.Option(min=1, max=100, help="Pages of 50 lines to show of a release.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Show the new lines that wait, during your visit; they are charged and recorded."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        found = _named(lab, uid)
        waiting = [run for run in found["runs"] if run["lines"] and run["is_open"] and (again or not run["opened_at"])]
        shown = [page for run in waiting for page in _pages(lab, uid, run["uid"], pages)]
        if as_json:
            tell_json({"pages": shown})
        else:
            _tell(found, shown)
    if not shown:
        raise typer.Exit(_NOTHING_NEW)


@saved.command(epilog="Example: glasshouse saved end 5etmacqg6kgydcmf9rwrh3zk0p")
def end(uid: Named, as_json: AsJson = False) -> None:
    """Delete a saved search; it runs no more."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        ended = lab.post(f"/saved-searches/{Uid.parse(uid)}/end")
        tell(ended, [f"Deleted {ended['uid']}; its entries stay in the record."], as_json=as_json)


def _named(lab: remote.Lab, uid: str) -> remote.Answer:
    for one in lab.get("/saved-searches"):
        if one["uid"] == uid:
            found: remote.Answer = one
            return found
    raise NoSavedSearchError("You have no such saved search.", hint="See `glasshouse saved list`.")


def _pages(lab: remote.Lab, uid: str, run: str, most: int) -> Iterator[remote.Answer]:
    after = ""
    for _ in range(most):
        page: remote.Answer = lab.post(f"/saved-searches/{uid}/runs/{run}/lines", {"after": after})
        promises.keep(page["showing"])
        yield page
        after = page["rest"]
        if not after:
            return


def _tell(found: remote.Answer, shown: Sequence[remote.Answer]) -> None:
    if found["mandate"] != "runs":
        errors.print(safe(f"Lapsed: {found['mandate']}. It runs no more."))
    tell_files(shown)
    for run in found["runs"]:
        if run["unsearched"]:
            version = run["release"]["version"]
            errors.print(safe(f"Not looked at in {version}, which is no answer: {run['unsearched']:,} new files."))
    if shown:
        tell_charge([page["showing"] for page in shown])
    else:
        errors.print("Nothing new waits.")
