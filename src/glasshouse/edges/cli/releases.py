# SPDX-License-Identifier: Apache-2.0
"""Releases at the operator's terminal: digests and counts, no names of files."""

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, actor, answered, progress, tell, tell_table
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError

release = typer.Typer(no_args_is_help=True, help="Products and their frozen releases.")
_DAMAGED = 1


@release.command("import", epilog="Example: glasshouse release import c-ares 1.18.1-3 ./c-ares-1.18.1.tar.xz")
def import_(
    product: Annotated[str, typer.Argument(help="The product's short name; a new one gets its own key.")],
    version: Annotated[str, typer.Argument(help="The release's version; it is frozen.")],
    source: Annotated[Path, typer.Argument(help="A folder, tar, zip or git repository; never executed.")],
    as_json: AsJson = False,
) -> None:
    """Bring a release in, whole or not at all, and say what was left out."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.releases import commands, queries

        if not source.exists():
            raise NotFoundError(f"There is nothing at {source}.")
        with progress(f"Importing {product} {version}, files", as_json=as_json) as report:
            row = commands.intake(
                actor(), product, version, source, now=clock.now(), progress=lambda files, _bytes: report(files, 0)
            )
        reasons: dict[str, int] = {}
        for left_out in queries.left_out(queries.ref(row)):
            reasons[left_out.reason.value] = reasons.get(left_out.reason.value, 0) + 1
        root = bytes(row.root).hex()
        tell(
            {
                "bytes": row.bytes,
                "files": row.files,
                "left_out": row.left_out,
                "lines": row.lines,
                "reasons": reasons,
                "root": root,
            },
            [
                f"{product} {version}: {row.files:,} files, {row.lines:,} lines, {row.bytes:,} bytes.",
                f"Root {root}",
                f"Left out: {row.left_out:,}"
                + (f" ({', '.join(f'{n} {why}' for why, n in reasons.items())})" if reasons else ""),
            ],
            as_json=as_json,
        )


@release.command("list", epilog="Example: glasshouse release list --json")
def list_(as_json: AsJson = False) -> None:
    """List the releases with their digests and counts."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.releases import queries

        rows: list[dict[str, Json]] = [
            {
                "product": row.product.slug,
                "version": row.version,
                "files": row.files,
                "lines": row.lines,
                "left_out": row.left_out,
                "root": bytes(row.root).hex(),
            }
            for row in queries.all_releases()
        ]
        tell_table(
            rows,
            ["product", "version", "files", "lines", "left_out", "root"],
            empty="No release yet. Bring one in with `glasshouse release import`.",
            as_json=as_json,
        )


@release.command(epilog="Example: glasshouse release symbols c-ares 1.18.1-3 ./index.scip")
def symbols(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    version: Annotated[str, typer.Argument(help="The release that the index was made of.")],
    index: Annotated[Path, typer.Argument(help="A SCIP index of your own build; at most 512 MiB.")],
    as_json: AsJson = False,
) -> None:
    """Take in the symbols that a compiler knew, for exact definitions and references; the same index again is kept."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.releases import takingsymbols

        if not index.is_file():
            raise NotFoundError(f"There is no file at {index}.")
        with progress(f"Reading symbols of {product} {version}, documents", as_json=as_json) as report:
            taken = takingsymbols.take_symbols(actor(), product, version, index, now=clock.now(), progress=report)
        here = "Taken in" if taken.is_new else "Here already"
        documents = f"{taken.documents:,} document{'' if taken.documents == 1 else 's'}"
        left_out = f"{taken.left_out_documents:,} documents ({taken.foreign_documents:,} of another text)"
        tell(
            {
                "digest": str(taken.digest),
                "documents": taken.documents,
                "foreign_documents": taken.foreign_documents,
                "is_new": taken.is_new,
                "left_out_documents": taken.left_out_documents,
                "left_out_mentions": taken.left_out_mentions,
                "mentions": taken.mentions,
            },
            [
                f"{here}: {taken.mentions:,} places in {documents} of {product} {version}.",
                f"Left out: {left_out}, {taken.left_out_mentions:,} places that are not in their file.",
                f"Index {taken.digest}",
            ],
            as_json=as_json,
        )


@release.command(epilog="Example: glasshouse release verify c-ares 1.18.1-3")
def verify(product: str, version: str, as_json: AsJson = False) -> None:
    """Decrypt and hash everything of a release; exit 1 and say so when a byte was changed."""
    with answered(as_json=as_json):
        laboratory.open_lab()
        from glasshouse.domain.releases import queries
        from glasshouse.edges.cli import auditing

        row = queries.all_releases().filter(product__slug=product, version=version).first()
        if row is None:
            raise NotFoundError(f"There is no release {product} {version}.", hint="See `glasshouse release list`.")
        files, damages = auditing.check_release(row, as_json=as_json)
        tell(
            {"damages": damages, "files": files, "is_whole": not damages},
            [*damages, "The release is damaged."] if damages else [f"{files:,} files are what was imported."],
            as_json=as_json,
        )
    if damages:
        raise typer.Exit(_DAMAGED)
