# SPDX-License-Identifier: Apache-2.0
"""Running analysers over a release, at the operator's terminal: counts, no names of files and no messages."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, progress, tell
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.scans.commands import Scanned
    from glasshouse.domain.scans.reproducing import Reproduction

_FOUND_NEW = 1
_DIFFERS = 1
_FRESH = frozenset({"new", "reopened"})


class _OrRelease(TyperGroup):
    """A group in which what is no subcommand is a release to scan: `scan c-ares 1.18` is `scan release c-ares 1.18`."""

    default = "release"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- its class is private to Typer
        """Put the subcommand in where there is none; a product that is called as one needs it written out."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


scan = typer.Typer(
    cls=_OrRelease,
    no_args_is_help=True,
    help="Analysers over a release, in the sandbox: `scan PRODUCT VERSION`, and a run done again from its record.",
)
Workers = Annotated[int, typer.Option(min=0, help="How many units at a time; one for each processor.")]


@scan.command(name=_OrRelease.default, epilog="Example: glasshouse scan release c-ares 1.18.1-3 --tool cppcheck")
def scan_release(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    version: Annotated[str, typer.Argument(help="The release to look at.")],
    tool: Annotated[list[str] | None, typer.Option(help="One tool; again for more. All that are installed.")] = None,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Run analysers over what changed; the word `release` may be left out. Exit 1 when one found what is new."""
    fresh = 0
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.scans import commands
        from glasshouse.domain.scans.tools import installing
        from glasshouse.domain.scans.working import Ways
        from glasshouse.engines import fanout

        with (
            progress(f"Scanning {product} {version}, files", as_json=as_json) as report,
            fanout.local(workers=workers) as compute,
        ):
            done = commands.scan(
                actor(),
                product,
                version,
                Ways(installing.standard_folder(), compute),
                wanted=tool or (),
                now=clock.now(),
                progress=lambda _tool, through, of: report(through, of),
            )
        tell([_told(one) for one in done], [line for one in done for line in _lines(one)], as_json=as_json)
        fresh = sum(one.taken.states.get(state, 0) for one in done for state in one.taken.states if state in _FRESH)
    if fresh:
        raise typer.Exit(_FOUND_NEW)


@scan.command(epilog="Example: glasshouse scan reproduce 6xk2m9q4t7wbz3c8v5n1h0rjda")
def reproduce(
    run: Annotated[str, typer.Argument(help="The run's uid, as `scan` and the run's page say it.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare although the tool is another than then.")] = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Do a run again from its sealed record, without what is known of files: exit 0 equal, 1 different.

    5 where the tool is missing or another than then, said before anything starts, or where there is no record; 4 where
    there is no such run.
    """
    is_equal = False
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.scans import reproducing
        from glasshouse.domain.scans.tools import installing
        from glasshouse.domain.scans.working import Ways
        from glasshouse.engines import fanout

        uid = Uid.parse(run)
        with (
            progress("Doing the run again, files", as_json=as_json) as report,
            fanout.local(workers=workers) as compute,
        ):
            ways = Ways(installing.standard_folder(), compute)
            found = reproducing.reproduce(actor(), uid, ways, now=clock.now(), anyway=anyway, progress=report)
        tell(_compared(found), _differences(found), as_json=as_json)
        is_equal = found.is_equal
    if not is_equal:
        raise typer.Exit(_DIFFERS)


def _told(one: "Scanned") -> dict[str, Json]:
    return {
        "built": one.built,
        "cached": one.cached,
        "files": dict(one.counts),
        "report": one.taken.uid.text,
        "run": one.run.text,
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
        f"  Run {one.run.text}" + (f"; {one.built:,} files with the flags of a build." if one.built else "."),
    ]


def _compared(found: "Reproduction") -> dict[str, Json]:
    return {
        "circumstances": list(found.circumstances),
        "come": dict(found.come),
        "equal": found.is_equal,
        "files": found.files,
        "gone": dict(found.gone),
        "outcomes": [
            {"count": count, "now": now, "then": then} for (then, now), count in sorted(found.outcomes.items())
        ],
        "run": found.run.text,
        "same": found.same,
        "tool": found.tool,
    }


def _differences(found: "Reproduction") -> list[str]:
    verdict = "equal" if found.is_equal else "DIFFERENT"
    lines = [f"{found.tool}: {verdict}. {found.files:,} files, {found.same:,} results the same."]
    lines += [f"  {one}." for one in found.circumstances]
    lines += [f"  Gone: {count:,} of {rule}." for rule, count in found.gone.items()]
    lines += [f"  Come: {count:,} of {rule}." for rule, count in found.come.items()]
    lines += [f"  Files: {count:,} {then} then, {now} now." for (then, now), count in sorted(found.outcomes.items())]
    return lines
