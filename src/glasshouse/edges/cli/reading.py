# SPDX-License-Identifier: Apache-2.0
"""Source at a person's terminal, shown under their grant: charged, recorded, and its promise kept."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from glasshouse.edges.cli import promises, remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import Json, answered, errors, safe, tell, tell_json, tell_table
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.lines import Span

PAGE = 500
_SIGNS = {"same": "  ", "added": "+ ", "removed": "- "}
Product = Annotated[str, typer.Argument(help="The product's short name.")]
Grant = Annotated[str, typer.Option(help="The grant's uid, where several cover the release.")]
Lines = Annotated[str, typer.Option(help="Lines to show: 12, or 12-40.")]


def add_to(release: typer.Typer) -> None:
    """Add what a person does with a release to what the operator does."""
    release.command("show", epilog="Example: glasshouse release show c-ares 1.18.1-3 src/lib/ares_init.c --lines 1-60")(
        show
    )
    release.command("diff", epilog="Example: glasshouse release diff c-ares 1.18.1-2 1.18.1-3 src/lib/ares_init.c")(
        diff
    )


class NoGrantError(NotFoundError):
    """None of the person's grants covers the release."""

    code = "cli.no-grant"


def granted(lab: remote.Lab, product: str, versions: Sequence[str], wanted: str = "") -> tuple[str, list[str]]:
    """Return the grant that covers these releases, an open one first, and the releases' uids."""
    grants = [grant for grant in lab.get("/grants") if wanted in {"", grant["uid"]}]
    for grant in sorted(grants, key=lambda grant: grant["standing"] != "open"):
        uids = {one["version"]: one["uid"] for one in grant["releases"] if one["product"] == product}
        if uids.keys() >= set(versions):
            return grant["uid"], [uids[version] for version in versions]
    raise NoGrantError(
        f"No grant of yours covers {product} {' and '.join(versions)}.", hint="See `glasshouse grant list`."
    )


def show(
    product: Product,
    version: Annotated[str, typer.Argument(help="The release's version.")],
    path: Annotated[str, typer.Argument(help="A file, or a folder with a / at its end; the top when left out.")] = "",
    lines: Lines = "1-200",
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Show a folder, or lines of a file, during your visit; each showing is charged and recorded."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        span = Span.parse(lines)
        grant_uid, (release_uid,) = granted(lab, product, [version], grant)
        place = f"/grants/{grant_uid}/releases/{release_uid}"
        if not path or path.endswith("/"):
            _show_folder(lab, place, path.rstrip("/"), as_json=as_json)
            return
        pages = _file(lab, place, path, span)
        if as_json:
            tell_json(list(pages))
            return
        for page in pages:
            width = len(str(page["last"]))
            for line in page["lines"]:
                more = " …" if line["is_cut"] else ""
                _print(f"{line['number']:>{width}}  {line['text']}{more}")
            _stamp(page["showing"], f"lines {page['first']}-{page['last']} of {page['all_lines']:,}")


def _file(lab: remote.Lab, place: str, path: str, span: Span) -> Iterator[remote.Answer]:
    """Yield the windows that together are the asked lines; each is recorded for itself before it is seen."""
    first = span.first
    while True:
        page: remote.Answer = _window(lab, place, path, Span(first, span.last))
        promises.keep(page["showing"])
        yield page
        rest = page["rest"]
        first = page["last"] + 1
        if not rest or not page["lines"] or first > min(span.last, page["all_lines"]):
            return


def _window(lab: remote.Lab, place: str, path: str, span: Span) -> remote.Answer:
    try:
        page: remote.Answer = lab.get(f"{place}/file", path=path, lines=f"{span.first}-{span.last}")
    except NotFoundError as error:
        error.hint = error.hint or "Folders are shown with a / at the end of their path."
        raise
    return page


def _show_folder(lab: remote.Lab, place: str, path: str, *, as_json: bool) -> None:
    rows: list[Mapping[str, Json]] = []
    page: remote.Answer = {"total": 1}
    while len(rows) < page["total"]:
        page = lab.get(f"{place}/folder", path=path, first=len(rows), size=PAGE)
        promises.keep(page["showing"])
        rows += page["items"]
        if not page["items"]:
            break
    if as_json:
        tell_json({**page, "first": 0, "items": rows})
        return
    named = [{**row, "name": f"{row['name']}/"} if row["kind"] == "folder" else row for row in rows]
    tell_table(named, ["name", "kind", "files", "bytes"], empty="Nothing here.", as_json=False)
    _stamp(page["showing"], f"{len(rows):,} items")


def diff(
    product: Product,
    old: Annotated[str, typer.Argument(help="The earlier version.")],
    new: Annotated[str, typer.Argument(help="The later version.")],
    path: Annotated[str, typer.Argument(help="One file; without it, the files that differ.")] = "",
    path_before: Annotated[str, typer.Option(help="Its path in the earlier release, where it moved.")] = "",
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Compare two releases: which files differ, or one file line by line; lines new to you are charged."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        grant_uid, (before, after) = granted(lab, product, [old, new], grant)
        query = {"before": before, "after": after}
        if path:
            pages = list(_difference(lab, grant_uid, {**query, "path": path, "path_before": path_before}))
            _tell_difference(pages, as_json=as_json)
            return
        _tell_changes(list(_changes(lab, grant_uid, query)), as_json=as_json)


def _changes(lab: remote.Lab, grant: str, query: Mapping[str, str]) -> Iterator[remote.Answer]:
    seen = 0
    while True:
        page: remote.Answer = lab.get(f"/grants/{grant}/changes", first=seen, size=PAGE, **query)
        promises.keep(page["showing"])
        yield page
        seen += len(page["changes"])
        if seen >= page["total"] or not page["changes"]:
            return


def _tell_changes(pages: Sequence[remote.Answer], *, as_json: bool) -> None:
    changes = [change for page in pages for change in page["changes"]]
    last = pages[-1]
    lines = [f"{change['kind']:<8} {_paths(change)}" for change in changes]
    counted = ", ".join(f"{number:,} {kind}" for kind, number in last["counts"].items())
    tell({**last, "first": 0, "changes": changes}, [*lines, f"{counted}, {last['same']:,} the same"], as_json=as_json)
    if not as_json:
        _stamp(last["showing"], f"{len(changes):,} changes")


def _paths(change: Mapping[str, Any]) -> str:
    sides = [change[side]["path"] for side in ("before", "after") if change[side]]
    return " -> ".join(dict.fromkeys(sides))


def _difference(lab: remote.Lab, grant: str, query: Mapping[str, str]) -> Iterator[remote.Answer]:
    row: int | None = 0
    while row is not None:
        page: remote.Answer = lab.get(f"/grants/{grant}/difference", row=row, **query)
        promises.keep(page["showing"])
        yield page
        row = page["next_row"]


def _tell_difference(pages: Sequence[remote.Answer], *, as_json: bool) -> None:
    if as_json:
        tell_json(list(pages))
        return
    _print(f"--- {pages[0]['before']['release']['version']} {pages[0]['before']['path']}")
    _print(f"+++ {pages[0]['after']['release']['version']} {pages[0]['after']['path']}")
    for page in pages:
        for row in page["rows"]:
            _tell_row(row)
        _stamp(page["showing"], f"{page['added']:,} added, {page['removed']:,} removed")


def _tell_row(row: Mapping[str, Any]) -> None:
    before, after = row["before"], row["after"]
    if row["skipped"]:
        _print(f"@@ {row['skipped']:,} equal lines @@")
    if row["side"] == "changed":
        _print(f"- {before['number']:>6}  {before['text']}")
        _print(f"+ {after['number']:>6}  {after['text']}")
    else:
        line = after or before
        _print(f"{_SIGNS[row['side']]}{line['number']:>6}  {line['text']}")


def _print(line: str) -> None:
    # The lab writes text in which everything is visible; this terminal does not take its word for it.
    sys.stdout.write(safe(line) + "\n")


def _stamp(showing: Mapping[str, Any], what: str) -> None:
    sys.stdout.flush()
    left = showing["balance"]["day"]["limit"] - showing["balance"]["day"]["used"]
    errors.print(
        safe(f"Recorded #{showing['number']}: {what}; {showing['charged']:,} lines charged, {left:,} left today.")
    )
