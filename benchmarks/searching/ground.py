# SPDX-License-Identifier: Apache-2.0
"""The ground that is measured on: a lab with a corpus in it, people with grants, and the same files in the open."""

import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import intake
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.people.viewer import Viewer
    from glasshouse.domain.releases.values import ReleaseRef

    Seat = tuple[Viewer, Uid, Uid, str]
    """A reviewer with their grant, its release and the cookie of their session."""

PORT: Final = 8393
OPERATOR: Final = "operator:benchmark"
CORPUS: Final = "corpus"
_DONE: Final = "prepared"
_DEPTH: Final = 2
_MOST_PATTERNS: Final = 64  # of a grant


def prepare(folder: Path, *, is_quick: bool) -> None:
    """Found a lab, take the corpus in, and lay open what of it is searched; what an earlier run left is used."""
    if (folder / _DONE).exists():
        open_lab(folder)
        return
    name, pattern = (
        ("newlib-source", "usr/src/newlib/*.tar.xz") if is_quick else ("linux-source", "usr/src/linux-source-*.tar.xz")
    )
    archive = intake.installed(pattern) or intake.fetch(folder, name, pattern)
    from glasshouse.edges.cli import founding

    plan = founding.Plan(
        folder / "lab", folder / "keys", "Benchmark", f"http://localhost:{PORT}", database="", is_demo=True
    )
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    founding.found(plan, OPERATOR)
    take(CORPUS, "1", archive)
    shutil.rmtree(folder / "tree", ignore_errors=True)
    (folder / "tree").mkdir()
    subprocess.run(["tar", "-x", "-f", archive, "-C", folder / "tree"], check=True)
    _remove_unsearched(folder)
    forget_jobs()
    (folder / _DONE).touch()


def open_lab(folder: Path) -> None:
    """Open a lab that `prepare` founded."""
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    os.environ["GLASSHOUSE_KEYS"] = str(folder / "keys")
    os.environ["DJANGO_SETTINGS_MODULE"] = "glasshouse.config.settings"
    import django

    django.setup()


def take(product: str, version: str, archive: Path) -> None:
    """Take a release in, unless it is here."""
    from scripts import cast

    cast.import_release(OPERATOR, product, version, archive, lambda _files, _bytes: None)


def forget_jobs() -> None:
    """Leave the worker nothing to do: the benchmark does the jobs that it measures itself."""
    from glasshouse.domain.jobs.models import Job

    Job.objects.all().delete()


def releases(product: str) -> "list[ReleaseRef]":
    """Return a product's releases in the order they came."""
    from glasshouse.domain.releases import queries

    rows = [row for row in queries.all_releases() if row.product.slug == product]
    return [queries.ref(row) for row in sorted(rows, key=lambda row: row.imported_at)]


def tree(folder: Path) -> Path:
    """Return the root of the files in the open; a release's paths begin inside the one folder of its archive."""
    inside = list((folder / "tree").iterdir())
    return inside[0] if len(inside) == 1 else folder / "tree"


def _remove_unsearched(folder: Path) -> None:
    """Take away what Glasshouse does not search and says so, binaries for the most part: ripgrep is asked the same."""
    from django.conf import settings

    from glasshouse.domain.releases import searching

    ref = releases(CORPUS)[0]
    files = searching.files_of(ref.product, ref.root, settings.GLASSHOUSE.search_file_bytes)
    for row in range(len(files)):
        place = tree(folder) / os.fsdecode(files.raw_path(row))
        if files.kinds[row]:
            place.unlink()
        assert files.kinds[row] or place.is_file(), place


def part(folder: Path, *, one_in: int) -> tuple[tuple[str, ...], list[Path]]:
    """Return patterns that cover about one path in so many, a folder each, and these folders in the open."""
    root = tree(folder)
    sizes: dict[str, int] = {}
    for place, _, names in os.walk(root):
        parts = Path(place).relative_to(root).parts
        if len(parts) >= _DEPTH:
            name = "/".join(parts[:_DEPTH])
            sizes[name] = sizes.get(name, 0) + len(names)
    left = sum(sizes.values()) // one_in
    drawn = sorted(sizes)
    chosen: list[str] = []
    random.Random(1).shuffle(drawn)  # noqa: S311 -- repeatable, not secret
    for name in drawn:
        if sizes[name] <= left and len(chosen) < _MOST_PATTERNS:
            left -= sizes[name]
            chosen.append(name)
    return tuple(f"{name}/**" for name in sorted(chosen)), [root / name for name in sorted(chosen)]


def reviewers(number: int, *, organisations: Sequence[str] = ("Visitor",)) -> "list[Seat]":
    """Add reviewers of some organisations in turn, with a grant on the whole corpus and a visit begun."""
    from benchmarks.pages import signed_in
    from glasshouse.domain.access.models import Budget
    from glasshouse.domain.people import commands as people_commands
    from glasshouse.domain.people import queries as people
    from glasshouse.domain.people.models import Person
    from glasshouse.domain.people.values import Role
    from glasshouse.domain.readingroom import commands, queries
    from glasshouse.kernel import clock
    from scripts import cast, engaging

    members = cast.people(OPERATOR, vendor="Vendor", visitor="Visitor")
    office = engaging.Officers(
        members[Role.LAB_MANAGER].viewer,
        members[Role.CUSTODIAN].viewer,
        members[Role.EXPORT_OFFICER].viewer,
        cast.EXPORT,
    )
    taken = [ref.uid for ref in releases(CORPUS)]
    found, run = [], Uid.new().text[:8]
    for one in range(number):
        email = f"reviewer-{Uid.new().text}@benchmark.example"  # each run has its own, who have never signed in
        whose = f"{organisations[one % len(organisations)]} {run}"  # an earlier run's engagement ends before this one's
        new = people_commands.NewPerson(email, f"Reviewer {one}", whose, [Role.REVIEWER], is_vendor=False)
        people_commands.add_person(OPERATOR, new, now=clock.now())
        viewer = people.viewer(Person.objects.get(email=email))
        member = cast.Member(Role.REVIEWER.label, email, "", viewer)
        # First, and for years: an export decision that ended before a colleague's grant would revoke it.
        engaging.engage(office, viewer, taken, now=clock.now())
        cast.open_grant({**members, Role.REVIEWER: member}, CORPUS, timedelta(days=1), is_signed=True)
        desk = queries.desk(viewer, clock.now())[0]
        grant, release = Uid(desk.grant.uid), Uid(desk.releases[0].uid)
        commands.begin_visit(viewer, grant, release, now=clock.now())
        found.append((viewer, grant, release, signed_in(email)))
    limits = ("hour_limit", "day_limit", "visit_limit", "total_limit")
    Budget.objects.update(**dict.fromkeys(limits, 10**12))
    return found


def whole() -> Sequence[str]:
    """Return the patterns of a grant of everything."""
    return ("**",)
