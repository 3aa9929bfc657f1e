# SPDX-License-Identifier: Apache-2.0
"""Engineering quality in numbers, at the operator's terminal: counts, no names of files and none of functions."""

from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, progress, tell
from glasshouse.kernel import clock

if TYPE_CHECKING:
    from glasshouse.domain.measures.values import Figures


def add_to(app: typer.Typer) -> None:
    """Put the command into the table."""
    app.command(epilog="Example: glasshouse measures c-ares 1.18.1-3")(measures)


def measures(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    version: Annotated[str, typer.Argument(help="The release to measure.")],
    again: Annotated[bool, typer.Option("--again", help="Put together anew what is known of the product.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count unsafe calls, silenced warnings, hardening flags and copied code; what was counted is not read again."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.measures import commands, queries
        from glasshouse.domain.releases import queries as releases

        found = releases.ref(releases.named(product, version))
        with progress(f"Measuring {product}, documents", as_json=as_json) as report:
            commands.measure(found.product, actor=actor(), now=clock.now, report=report, again=again)
        figures = queries.figures(found)
        tell(_told(figures), _lines(figures), as_json=as_json)


def _told(found: "Figures") -> dict[str, Json]:
    whole = found.whole
    return {
        "calls": {
            family.value: {name: getattr(one, name) for name in type(one).__slots__}
            for family, one in whole.families.items()
        },
        "code_lines": whole.code,
        "duplicated_lines": whole.duplicated,
        "files": whole.files,
        "lines": whole.lines,
        "not_measured": {gap.value: count for gap, count in whole.gaps.items()},
        "not_all_counted": whole.cut,
        "protections": {one.protection.name: one.standing.value for one in found.protections},
        "safe_names_that_are_unsafe": len(found.shadows),
        "silenced": {kind.value: count for kind, count in whole.silenced.items()},
    }


def _lines(found: "Figures") -> list[str]:
    whole = found.whole
    lines = [
        f"{whole.files:,} files, {whole.lines:,} lines, {whole.code:,} of them code.",
        f"{whole.not_measured:,} files not measured; of {whole.cut:,} not all is counted.",
    ]
    for family, one in whole.families.items():
        if one.total:
            lines.append(
                f"{family.value}: {one.unsafe:,} calls of {one.distinct_unsafe:,} unsafe functions,"
                f" {one.safe:,} of {one.distinct_safe:,} safe ones, {one.either:,} of either kind."
            )
    kinds = ", ".join(f"{count:,} by {kind.value}" for kind, count in whole.silenced.items())
    lines += [
        f"Safe names that are unsafe: {len(found.shadows):,}.",
        f"Silenced warnings: {kinds}.",
        f"Duplicated lines: {whole.duplicated:,}.",
        *(f"{one.protection.name}: {one.standing.value}." for one in found.protections),
    ]
    return lines
