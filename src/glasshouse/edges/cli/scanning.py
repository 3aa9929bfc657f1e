# SPDX-License-Identifier: Apache-2.0
"""Running analysers over a release, at the operator's terminal: counts, no names of files and no messages."""

from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, progress, tell
from glasshouse.kernel import clock

if TYPE_CHECKING:
    from glasshouse.domain.scans.commands import Scanned

_FOUND_NEW = 1


def add_to(app: typer.Typer) -> None:
    """Put the command into the table."""
    app.command(epilog="Example: glasshouse scan c-ares 1.18.1-3 --tool cppcheck --tool ruff")(scan)


def scan(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    version: Annotated[str, typer.Argument(help="The release to look at.")],
    tool: Annotated[list[str] | None, typer.Option(help="One tool; again for more. All that are installed.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="How many units at a time; one for each processor.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run analysers in the sandbox over what changed; exit 1 when one found what it had not found before."""
    fresh = 0
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.scans import commands
        from glasshouse.domain.scans.tools import installing
        from glasshouse.engines import fanout

        with (
            progress(f"Scanning {product} {version}, files", as_json=as_json) as report,
            fanout.local(workers=workers) as compute,
        ):
            done = commands.scan(
                actor(),
                product,
                version,
                commands.Ways(installing.standard_folder(), compute),
                wanted=tool or (),
                now=clock.now(),
                progress=lambda _tool, through, of: report(through, of),
            )
        tell([_told(one) for one in done], [line for one in done for line in _lines(one)], as_json=as_json)
        fresh = sum(one.taken.states.get(state, 0) for one in done for state in one.taken.states if state in _FRESH)
    if fresh:
        raise typer.Exit(_FOUND_NEW)


_FRESH = frozenset({"new", "reopened"})


def _told(one: "Scanned") -> dict[str, Json]:
    return {
        "cached": one.cached,
        "files": dict(one.counts),
        "report": one.taken.uid.text,
        "milliseconds": round(1000 * one.seconds),
        "states": {state.value: count for state, count in one.taken.states.items()},
        "tool": one.tool,
        "version": one.version,
    }


def _lines(one: "Scanned") -> list[str]:
    files = ", ".join(f"{count:,} {what}" for what, count in sorted(one.counts.items())) or "no file of its kind"
    found = ", ".join(f"{count:,} {state.value}" for state, count in one.taken.states.items()) or "nothing found"
    return [
        f"{one.tool} {one.version}: {found}.",
        f"  Files: {files}; {one.cached:,} known from before; {one.seconds:.1f} s of the processor.",
    ]
