# SPDX-License-Identifier: Apache-2.0
"""The analysers of this machine: which there are, and bringing those that are missing."""

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.values import Debian, House, Installed, Wheels
from glasshouse.edges.cli.output import Json, answered, progress, tell, tell_table

tools = typer.Typer(no_args_is_help=True, help="The analysers: what is installed, at which version and digest.")
Folder = Annotated[
    Path | None, typer.Option(help="Where tools stand, instead of beside the program; everyone may read it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of a table.")]


@tools.command(name="list", epilog="Example: glasshouse tools list --json")
def list_tools(folder: Folder = None, as_json: AsJson = False) -> None:
    """Say of every tool whether it is ready, its version and the digest of its files, and what to do if it is not."""
    with answered(as_json=as_json):
        found = [installing.find(tool, _place(folder)) for tool in registry.tools()]
        columns = ("name", "state", "version", "digest", "about", "hint")
        rows = [_row(each) for each in found]
        if not as_json:
            rows = [{**row, "digest": each.digest.short if each.digest else ""} for row, each in zip(rows, found)]  # noqa: B905 - made of it above
        tell_table(rows, columns, empty="No tools are known.", as_json=as_json)


@tools.command(epilog="Example: glasshouse tools install bandit ruff")
def install(
    names: Annotated[list[str], typer.Argument(help="Names as `glasshouse tools list` says them.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Bring tools from the package index at exactly the bytes that this release of Glasshouse names.

    One that comes with the system is not installed here: the line to paste is told.
    """
    with answered(as_json=as_json):
        wanted = [registry.tool(name) for name in names]
        done = []
        with progress("Installing", as_json=as_json) as report:
            for number, tool in enumerate(wanted):
                report(number, len(wanted))
                done.append(installing.install(tool, _place(folder)))
        lines = [f"{each.tool.name} {each.version} is {each.state}, digest {each.digest}." for each in done]
        tell([_row(each) for each in done], lines, as_json=as_json)


def _place(folder: Path | None) -> Path:
    return (folder or installing.standard_folder()).absolute()


def _row(each: Installed) -> dict[str, Json]:
    source = each.tool.source
    return {
        "name": each.tool.name,
        "state": each.state,
        "version": each.version or None,
        "digest": str(each.digest) if each.digest else None,
        "about": each.tool.about,
        "hint": each.hint or None,
        "from": _origin(source),
        "licence": each.tool.licence,
        "caveat": each.tool.caveat or None,
    }


def _origin(source: House | Wheels | Debian) -> str:
    match source:
        case House():
            return "Glasshouse"
        case Wheels():
            return "the Python package index"
        case Debian():
            return f"Debian's {source.package}"
