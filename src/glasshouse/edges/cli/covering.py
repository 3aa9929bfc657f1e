# SPDX-License-Identifier: Apache-2.0
"""What was read, at a person's terminal: shares by folder and by risky area, and what to read next."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from glasshouse.edges.cli import promises, remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, answered, tell, tell_json, tell_table
from glasshouse.edges.cli.reading import Grant, Product, granted

_COLUMNS: Final = ("lines", "read", "percent")
_LISTED: Final = 10


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: glasshouse coverage c-ares 1.18.1-3 src/lib. "
        "What was scanned is told under a grant to run tools; else --json says null."
    )(coverage)


def coverage(
    product: Product,
    version: Annotated[str, typer.Argument(help="The release's version.")],
    folder: Annotated[str, typer.Argument(help="A folder to open; the top when left out.")] = "",
    engagement: Annotated[
        bool, typer.Option("--engagement", help="The sum of all whom the engagement names, instead of your own.")
    ] = False,
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Show how much of a release was read during your visits, by folder and risky area; it costs no lines."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        grant_uid, (release_uid,) = granted(lab, product, [version], grant)
        whose = "engagement" if engagement else "own"
        place = f"/grants/{grant_uid}/releases/{release_uid}/coverage"
        found = lab.get(place, path=folder.rstrip("/"), whose=whose)
        promises.keep(found["showing"])
        if as_json:
            tell_json(found)
            return
        _tell(found)


def _tell(found: Mapping[str, Any]) -> None:
    whole = found["whole"]
    said = f"{whole['read']:,} of {whole['lines']:,} lines read, {whole['by_search']:,} shown by searches alone"
    scanned = whole["scanned"]
    by_tools = "not known to be scanned" if scanned is None else f"{scanned:,} of {whole['files']:,} files scanned"
    tell(None, [f"{said}; {by_tools}"], as_json=False)
    areas = [{"area": one["title"], **_columns(one["share"])} for one in found["areas"]]
    tell_table(areas, ["area", *_COLUMNS], empty="", as_json=False)
    parts = [
        {"name": f"{one['path']}/" if one["is_folder"] else one["path"], **_columns(one["share"])}
        for one in found["parts"]
    ]
    tell_table(parts, ["name", *_COLUMNS], empty="Nothing here.", as_json=False)
    listed = found["to_read"][:_LISTED]
    tell(
        None,
        [f"Risky and unread: {one['path']}:{one['line']} ({', '.join(one['areas'])})" for one in listed],
        as_json=False,
    )


def _columns(share: Mapping[str, Any]) -> dict[str, Json]:
    percent = share["percent_read"]
    return {"lines": share["lines"], "read": share["read"], "percent": "-" if percent is None else f"{percent:.1f}"}
