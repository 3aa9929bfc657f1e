# SPDX-License-Identifier: Apache-2.0
"""`make demo`: a lab with two real releases, a small cast and an open grant, served at http://localhost:8000.

Run again, it keeps what is there, gives the cast fresh passwords and serves.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from glasshouse.edges.cli import founding
from glasshouse.edges.cli.output import progress
from glasshouse.kernel.errors import GlasshouseError
from scripts import fetch

OPERATOR = "operator:demo"
PORT = 8000
VENDOR, VISITOR = "Demo vendor", "Demo regulator"
# The digests stand here, so that what is shown is what was chosen, whoever serves it.
UWSGI = (
    ("2.0.20", "88ab9867d8973d8ae84719cf233b7dafc54326fcaec89683c3f9f77c002cdff9"),
    ("2.0.21", "35a30d83791329429bc04fe44183ce4ab512fcf6968070a7bfba42fc5a0552a9"),
)
GRANT_DAYS = 30
say = Console(stderr=True, highlight=False)


def main() -> int:
    """Set the demo up and serve it."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--large", action="store_true", help="Debian's linux-source instead of a small server")
    parser.add_argument("--source", type=Path, help="a folder or archive of your own, where there is no network")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where the demo lies")
    parser.add_argument("--no-serve", action="store_true", help="set up, print, and end")
    chosen = parser.parse_args()
    began = time.monotonic()
    home = chosen.folder.absolute() / "lab"
    os.environ["GLASSHOUSE_HOME"] = str(home)
    founding.found(
        founding.Plan(home, home.parent / "keys", "Demo lab", f"http://localhost:{PORT}", "", is_demo=True), OPERATOR
    )
    try:
        product, releases = _sources(chosen.large, chosen.source, home.parent)
    except fetch.NoSourceError as error:
        say.print(f"{error} Without a network: make demo SOURCE=path-or-archive", markup=False)
        return 5
    try:
        _set_up(product, releases)
    except GlasshouseError as error:
        say.print(f"{error.message} {error.hint}", markup=False)
        return error.exit_code
    used = sum(path.stat().st_size for path in home.parent.rglob("*") if path.is_file())
    say.print(f"\nReady in {time.monotonic() - began:.0f} s; {used / 1e6:.0f} MB in {chosen.folder}.", markup=False)
    if chosen.no_serve:
        return 0
    return subprocess.call([sys.executable, "-m", "glasshouse.edges.cli", "serve"])


def _sources(large: bool, source: Path | None, folder: Path) -> tuple[str, Sequence[tuple[str, Path]]]:  # noqa: FBT001
    if source is not None:
        if not source.exists():
            raise fetch.NoSourceError(f"There is nothing at {source}.")
        return "demo-product", [("1.0", source.absolute())]
    drop = folder / "downloads"
    drop.mkdir(parents=True, exist_ok=True)
    if shutil.which("bwrap") is None:
        raise fetch.NoSourceError("bubblewrap is not installed: apt-get install bubblewrap.")
    if large:
        versions = fetch.debian_versions()[-2:]
        if not versions:
            raise fetch.NoSourceError("The package lists name no linux-source: apt-get update.")
        return "linux", [(version, fetch.debian_source(version, drop)) for version in versions]
    with progress("Fetching two releases of uwsgi", as_json=False):
        return "uwsgi", [(version, fetch.python_source("uwsgi", version, digest, drop)) for version, digest in UWSGI]


def _set_up(product: str, releases: Sequence[tuple[str, Path]]) -> None:
    from scripts import cast, door, visit  # noqa: PLC0415 -- models load after the lab is founded

    first, *later = releases
    _import(product, *first)
    people = cast.people(OPERATOR, vendor=VENDOR, visitor=VISITOR)
    with progress("Playing a first visit", as_json=False):
        cast.open_grant(people, product, timedelta(days=GRANT_DAYS), is_signed=True)
        visit.make(people, product)
    for release in later:
        _import(product, *release)
    with progress("Leaving work to everybody", as_json=False):
        came = cast.widen(people, product)
        if came is not None:
            visit.claim_fixes(people, came)
        cast.leave_work(OPERATOR, people, product)
        cast.ask_for_scan(people, product)
        door.furnish(OPERATOR, people)
    say.print(f"\nhttp://localhost:{PORT}   a demo: its people sign in with these passwords\n", markup=False)
    for person in people.values():
        say.print(f"  {person.role:<16} {person.email:<28} {person.password}", markup=False)
    say.print(
        "\nThe first sign-in asks for a passkey or an app; home says what waits. The scope has changed since the first"
        " visit: the reviewer signs it with a passkey, then reads.",
        markup=False,
    )


def _import(product: str, version: str, archive: Path) -> None:
    from scripts import cast  # noqa: PLC0415 -- models load after the lab is founded

    with progress(f"Importing {product} {version}, files", as_json=False) as report:
        cast.import_release(OPERATOR, product, version, archive, lambda files, _bytes: report(files, 0))


if __name__ == "__main__":
    sys.exit(main())
