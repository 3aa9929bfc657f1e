# SPDX-License-Identifier: Apache-2.0
"""Searching at a person's terminal, under their grant: charged, recorded, and its promise kept."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from glasshouse.edges.cli import promises, remote
from glasshouse.edges.cli.operating import AsJson
from glasshouse.edges.cli.output import answered, errors, safe, tell_json
from glasshouse.edges.cli.reading import Grant, Product, granted
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError

PAUSE: Final = 0.2
PATIENCE: Final = 120.0
_NO_MATCH: Final = 1


class StillSearchingError(ConflictError):
    """The search took longer than this terminal waits."""

    code = "cli.still-searching"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: glasshouse search c-ares 'memcpy\\s*\\(' --in 1.18.1-3 --paths 'src/**' --context 2. "
        "Exit codes besides those of every command: 1 when no line was found."
    )(search)


def search(
    product: Product,
    pattern: Annotated[str, typer.Argument(help="A regular expression as ripgrep reads it, or text with --literal.")],
    versions: Annotated[
        list[str], typer.Option("--in", help="A release to look through; all of the grant's if none.")
    ] = [],  # noqa: B006 -- Typer reads it, nobody changes it
    literal: Annotated[bool, typer.Option("--literal", "-F", help="The pattern is text, not an expression.")] = False,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i", help="Letters match in either case.")] = False,
    word: Annotated[bool, typer.Option("--word", "-w", help="Match whole words only.")] = False,
    paths: Annotated[list[str] | None, typer.Option("--paths", help="Only such paths: src/**, **/*.h.")] = None,
    language: Annotated[str, typer.Option(help="Only files of this language: C, Python.")] = "",
    structure: Annotated[
        str, typer.Option("--structure", help="The pattern is code of this language, $NAME stands for anything.")
    ] = "",
    context: Annotated[int, typer.Option("--context", "-C", min=0, max=10, help="Lines shown on each side.")] = 0,
    pages: Annotated[int, typer.Option(min=1, max=100, help="Pages of 50 found lines to show, each charged.")] = 1,
    grant: Grant = "",
    as_json: AsJson = False,
) -> None:
    """Search releases of your grant during your visit; the lines shown are charged, one line at least a search."""
    with answered(as_json=as_json), remote.signed_in() as lab:
        grant_uid, releases = _scope(lab, product, versions or [], grant)
        asked: dict[str, object] = {
            "context": context,
            "paths": paths or [],
            "pattern": pattern,
            "releases": releases,
        }
        if structure:
            if literal or ignore_case or word or language:
                raise InvalidError("Code is matched as it stands: --structure goes without -F, -i, -w and --language.")
            where, asked = f"/grants/{grant_uid}/search/structure", {**asked, "language": structure}
        else:
            switches = {"ignores_case": ignore_case, "is_literal": literal, "whole_word": word}
            where, asked = f"/grants/{grant_uid}/search", {**asked, **switches, "language": language}
        shown = list(_pages(lab, where, asked, pages))
        tally = _tally(lab, grant_uid, shown[0])
        if as_json:
            tell_json({"pages": shown, "tally": tally})
        else:
            _tell(shown, tally, of="matches" if structure else "lines")
    if not shown[0]["hits"]:
        raise typer.Exit(_NO_MATCH)


def _scope(lab: remote.Lab, product: str, versions: Sequence[str], wanted: str) -> tuple[str, list[str]]:
    if versions:
        return granted(lab, product, versions, wanted)
    grants = [one for one in lab.get("/grants") if wanted in {"", one["uid"]} and one["product"] == product]
    for one in sorted(grants, key=lambda one: one["standing"] != "open"):
        return one["uid"], [release["uid"] for release in one["releases"]]
    raise NotFoundError(f"No grant of yours covers {product}.", hint="See `glasshouse grant list`.")


def _pages(lab: remote.Lab, where: str, asked: Mapping[str, object], most: int) -> Iterator[remote.Answer]:
    after = ""
    for _ in range(most):
        page = _page(lab, where, {**asked, "after": after})
        promises.keep(page["showing"])
        yield page
        after = page["rest"]
        if not after:
            return


def _page(lab: remote.Lab, where: str, asked: Mapping[str, object]) -> remote.Answer:
    until = time.monotonic() + PATIENCE
    told = None
    while True:
        page: remote.Answer = lab.post(where, asked)
        if page["showing"] is not None:
            return page
        if page["loading"] not in {None, told}:
            told = page["loading"]
            errors.print(safe(f"Search is loading, {told} %; until then it is slower."))
        if time.monotonic() >= until:
            raise StillSearchingError("The search is still running.", hint="Ask again, or narrow it with --paths.")
        time.sleep(PAUSE)


def _tally(lab: remote.Lab, grant: str, page: remote.Answer) -> remote.Answer:
    tally: remote.Answer = page["tally"]
    until = time.monotonic() + PATIENCE
    while tally["is_running"] and time.monotonic() < until:
        time.sleep(PAUSE)
        tally = lab.post(f"/grants/{grant}/search/tally", {"ticket": page["ticket"]})
    return tally


def tell_files(pages: Sequence[remote.Answer]) -> None:
    """Print found lines, by file."""
    for page in pages:
        for file in page["files"]:
            _print(f"{file['release']['version']} {file['path']}")
            for number, stretch in enumerate(file["stretches"]):
                if number:
                    _print("   ⋯")
                for line in stretch:
                    sign, more = (":" if line["is_hit"] else "-"), (" …" if line["is_cut"] else "")
                    _print(f"{line['number']:>6}{sign} {line['text']}{more}")
            if file["also_total"]:
                _print(f"   the same content at {file['also_total']:,} more")
    sys.stdout.flush()


def _tell(pages: Sequence[remote.Answer], tally: Mapping[str, Any], *, of: str) -> None:
    tell_files(pages)
    least = "" if tally["is_exact"] else "at least "
    # What was left at the first page may have been analysed since.
    searched = pages[0]["searched"] + pages[0]["tally"]["left"] - tally["left"]
    errors.print(safe(f"{least}{tally['lines']:,} {of} in {tally['files']:,} files; {searched:,} searched."))
    if tally["left"]:
        errors.print(safe(f"Not analysed yet: {tally['left']:,} files; ask again or for more --pages to go on."))
    for one in pages[0]["not_searched"]:
        errors.print(safe(f"Not searched, which is not “no match”: {one['files']:,} files ({one['reason']})."))
    tell_charge([page["showing"] for page in pages])


def tell_charge(showings: Sequence[Mapping[str, Any]]) -> None:
    """Say what was recorded and charged."""
    last = showings[-1]
    charged, left = sum(one["charged"] for one in showings), last["balance"]["day"]
    errors.print(
        safe(f"Recorded #{last['number']}: {charged:,} lines charged, {left['limit'] - left['used']:,} left today.")
    )


def _print(line: str) -> None:
    # The lab writes text in which everything is visible; this terminal does not take its word for it.
    sys.stdout.write(safe(line) + "\n")
