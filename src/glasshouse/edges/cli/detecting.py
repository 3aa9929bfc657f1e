# SPDX-License-Identifier: Apache-2.0
"""What tools found, at the operator's terminal: counts and names of rules.

Names of files and messages leave by `export` alone, into a file that the journal knows of.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, progress, tell, tell_table
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.detections.values import Taken

findings = typer.Typer(no_args_is_help=True, help="What tools found in releases: results taken in, counted, compared.")
_DIFFERS = 1
Product = Annotated[str, typer.Argument(help="The product's short name.")]
Version = Annotated[str, typer.Argument(help="The release that the tool looked at.")]


@findings.command("import", epilog="Example: glasshouse findings import c-ares 1.18.1-3 ./cppcheck.sarif --complete")
def import_(
    product: Product,
    version: Version,
    source: Annotated[Path, typer.Argument(help="A SARIF 2.1.0 file, read as hostile.")],
    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="You answer for it that the tool analysed every file it applies to: what it found before and not now"
            " is then absent. Otherwise it is unknown.",
        ),
    ] = False,
    root: Annotated[str, typer.Option(help="The folder that the tool was given, where it writes absolute names.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take a tool's results in, whole or not at all; the same file again changes nothing."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.detections import commands
        from glasshouse.domain.detections.values import Said

        if not source.exists():
            raise NotFoundError(f"There is no file at {source}.")
        said = Said(is_complete=complete, root=root.encode("utf-8", "surrogateescape"))
        with progress(f"Reading results of {product} {version}", as_json=as_json) as report:
            reports = commands.take_reports(
                actor(), product, version, source, now=clock.now(), said=said, progress=report
            )
        tell(
            [_told(taken) for taken in reports],
            [line for taken in reports for line in _lines(taken)],
            as_json=as_json,
        )


@findings.command("list", epilog="Example: glasshouse findings list c-ares 1.18.1-3 --json")
def list_(product: Product, version: Version, as_json: AsJson = False) -> None:
    """Count what each tool found in a release, by state, severity and rule."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.detections import queries

        rows: list[dict[str, Json]] = []
        for report in queries.newest_reports(_release(product, version)):
            tally = queries.tally(report)
            rows.append(
                {
                    "report": report.uid,
                    "tool": report.tool,
                    "version": report.version,
                    "states": {state.value: count for state, count in sorted(tally.states.items())},
                    "severities": {one.value: tally.severities[one] for one in sorted(tally.severities)},
                    "rules": {rule.id: count for rule, count in tally.rules},
                }
            )
        shown = rows if as_json else [_flat(row) for row in rows]
        tell_table(
            shown,
            ["tool", "version", "states", "severities", "rules"],
            empty="No tool's results yet. Take some in with `glasshouse findings import`.",
            as_json=as_json,
        )


@findings.command(epilog="Example: glasshouse findings diff c-ares 1.18.1-3 1.18.1-4")
def diff(product: Product, before: Version, after: Version, as_json: AsJson = False) -> None:
    """Compare what each tool saw in two releases; exit 1 when it saw something in the later one that is new there."""
    fresh = 0
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.detections import queries

        old = {one.tool: one for one in queries.newest_reports(_release(product, before))}
        new = {one.tool: one for one in queries.newest_reports(_release(product, after))}
        rows: list[dict[str, Json]] = []
        for tool in sorted({*old, *new}):
            if tool not in old or tool not in new:
                rows.append({"tool": tool, "gone": None, "new": None, "both": None})
                continue
            found = queries.difference(old[tool], new[tool])
            fresh += found.only_after
            rows.append({"tool": tool, "gone": found.only_before, "new": found.only_after, "both": found.both})
        tell_table(
            rows,
            ["tool", "gone", "new", "both"],
            empty="No tool's results of these releases.",
            as_json=as_json,
        )
    if fresh:
        raise typer.Exit(_DIFFERS)


@findings.command(epilog="Example: glasshouse findings export c-ares 1.18.1-4 ./found.sarif --format sarif")
def export(
    product: Product,
    version: Version,
    target: Annotated[Path, typer.Argument(help="The file to write, which must not exist yet.")],
    form: Annotated[
        str, typer.Option("--format", help="sarif: what was seen. json, csv: all that is known, with its state.")
    ] = "sarif",
    tool: Annotated[str, typer.Option(help="One tool's results alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write what tools found in a release into a file, whole and the same each time; the journal keeps that you did."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.detections import exporting, sights

        chosen = exporting.Form.parse(form)
        if target.exists():
            raise InvalidError(f"There is a file at {target} already.", hint="Name one that does not exist yet.")
        sight = sights.operators_sight(product, version)
        pieces = exporting.export(actor(), sight, chosen, now=clock.now(), tool=tool)
        digest, size = _write_new(target, pieces)
        tell(
            {"bytes": size, "digest": digest, "file": str(target), "format": chosen.value},
            [f"{size:,} bytes written to {target}.", f"SHA-256 {digest}"],
            as_json=as_json,
        )


def _write_new(target: Path, pieces: Iterable[bytes]) -> tuple[str, int]:
    """Write a file for its owner alone; nothing is left of one that could not be finished."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        except BaseException:
            target.unlink()
            raise
    return digest.hexdigest(), size


def _release(product: str, version: str) -> Uid:
    from glasshouse.domain.releases import queries

    return Uid(queries.named(product, version).uid)


def _told(taken: "Taken") -> dict[str, Json]:
    return {
        "base": taken.base,
        "folded": taken.folded,
        "is_new": taken.is_new,
        "not_failed": taken.not_failed,
        "omitted": dict(taken.omitted),
        "outside": taken.outside,
        "report": taken.uid.text,
        "results": taken.results,
        "states": {state.value: count for state, count in taken.states.items()},
        "tool": taken.tool,
    }


def _lines(taken: "Taken") -> list[str]:
    here = "taken in" if taken.is_new else "here already"
    against = f", compared with {taken.base}" if taken.base else ""
    lines = [
        f"{taken.tool}: {taken.results:,} results {here}{against}.",
        "  " + (", ".join(f"{count:,} {state.value}" for state, count in taken.states.items()) or "nothing found"),
    ]
    for count, what in (
        (taken.folded, "said the same of the same place again"),
        (taken.not_failed, "complain of nothing"),
        (taken.outside, "name no file of this release"),
    ):
        lines += [f"  {count:,} {what}."] if count else []
    return lines + [f"  Left out: {count:,} {what}." for what, count in taken.omitted.items()]


def _flat(row: dict[str, Json]) -> dict[str, Json]:
    return {name: _counts(value) if isinstance(value, dict) else value for name, value in row.items()}


def _counts(counts: dict[str, Json]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
