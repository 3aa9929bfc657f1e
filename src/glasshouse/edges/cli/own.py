# SPDX-License-Identifier: Apache-2.0
"""A person's own reading at their terminal: what they were shown, by day, out of their own entries."""

from datetime import date
from typing import Annotated, Any

import typer

from glasshouse.edges.cli import remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, tell, tell_table
from glasshouse.kernel.errors import InvalidError


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read", epilog="Example: glasshouse read --day 2026-11-23")(read)


def read(
    day: Annotated[str, typer.Option(help="A day of the lab's clock, such as 2026-11-23: what it was.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the days on which you were shown something; nobody else can ask for them."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        days = lab.get("/read", day=_day(day) if day else None)
        if not day:
            rows = [{name: one[name] for name in ("day", "pages", "files", "searches")} for one in days]
            tell_table(rows, ["day", "pages", "files", "searches"], empty="You were shown nothing.", as_json=as_json)
            return
        found: list[dict[str, Any]] = next((one["releases"] for one in days if one["releases"] is not None), [])
        tell(found, _lines(found) or ["You were shown nothing on that day."], as_json=as_json)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidError(f"Not a day: {text!r}", hint="Write it as 2026-11-23.") from error


def _lines(found: list[dict[str, Any]]) -> list[str]:
    lines = []
    for one in found:
        lines.append(f"{one['product']} {one['version']}: {one['lines']:,} lines")
        lines += [f"  {file['path'] or 'a path that was destroyed'}: {file['lines']:,}" for file in one["files"]]
        lines += [
            f"  searched {pattern or 'what was destroyed'}: {pages:,}" for pattern, pages in one["searches"].items()
        ]
        if one["lists"]:
            lines.append(f"  lists of names: {one['lists']:,}")
    return lines
