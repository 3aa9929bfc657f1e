# SPDX-License-Identifier: Apache-2.0
"""Whether a finding stays the finding that it is: `python -m benchmarks.identity [--json] [--quick] [--folder PLACE]`.

Eleven releases in a row of three C and two Python projects are fetched with pip, by exact version and digest, into the
folder (kept there for the next time). Real analysers find what they find; git's own diff (histogram, renames) is the
referee: where it calls a finding's line unchanged and the newer release has the same rule there, the two are one. What
needs a person counts as not kept. Schemes of other platforms answer the same questions. `--quick` takes three releases
each of one C and one Python project. flawfinder and bandit are looked for beside Python and on the path.
"""

import tarfile
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from benchmarks.identifying import schemes
from benchmarks.identifying.finding import Release, check_tools, release_of
from benchmarks.identifying.mutating import MUTATIONS
from benchmarks.identifying.referee import LineMap, Score, by_git, score, truth
from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50, options, show
from glasshouse.engines.identity import Keys, Near, Sighting
from glasshouse.engines.identity.matching import match
from glasshouse.kernel.paths import TreePath
from scripts import fetch

NEIGHBOURS: Final = 0.98
FAR: Final = 0.95
WRONG: Final = 0.005
MUTATED: Final = 0.99
SECONDS: Final = 10
MANY: Final = 100_000
Scheme = Callable[[Release, Release], Sequence[tuple[int, int]]]
PEERS: Final[Mapping[str, Scheme]] = {
    "rule+file+line": schemes.rule_file_line,
    "GitHub line hash": schemes.github_line_hash,
    "context-free-v2": schemes.context_free_v2,
}


@dataclass(frozen=True, slots=True)
class Project:
    """Releases of one project, the oldest first, with the digest of each."""

    name: str
    tools: Sequence[str]
    releases: Mapping[str, str]


def main() -> None:
    """Measure and print."""
    parser = options("Identity of findings over real releases, against git's diff.")
    parser.add_argument("--folder", type=Path, help="where releases are kept; a temporary folder without it")
    parser.add_argument("--project", help="measure this one alone")
    chosen = parser.parse_args()
    projects = [one for one in _projects(is_quick=chosen.quick) if chosen.project in {None, one.name}]
    check_tools(sorted({tool for one in projects for tool in one.tools}))
    with tempfile.TemporaryDirectory(prefix="glasshouse-identity-") as name:
        scratch = Path(name)
        kept = chosen.folder or scratch / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        rows = [row for one in projects for row in measure(one, kept, scratch)]
        show([*rows, *speed(fsync_p50(scratch))], as_json=chosen.json)


def measure(project: Project, kept: Path, scratch: Path) -> list[Row]:
    """Judge all pairs of one project."""
    folders = [_unpacked(project, version, kept, scratch / project.name) for version in project.releases]
    releases = [release_of(folder, project.tools) for folder in folders]
    totals: dict[str, Score] = dict.fromkeys(["ours", *PEERS], Score())
    for before, after in pairwise(releases):
        for scheme, result in _scores(before, after, by_git(before.folder, after.folder)).items():
            totals[scheme] += result
    count = len(releases[-1].findings)
    rows = _rows(f"{project.name}: {len(releases) - 1} neighbours", totals, NEIGHBOURS, f"{count} findings in the last")
    first, last = releases[0], releases[-1]
    far = _scores(first, last, by_git(first.folder, last.folder))
    rows += _rows(f"{project.name}: first and last of {len(releases)}", far, FAR, " to ".join(_ends(project)))
    for name, mutation in MUTATIONS.items():
        folder = scratch / project.name / f"mutated-{name}"
        at = mutation(last, folder)
        rows += _rows(f"{project.name}: {name}", _scores(last, release_of(folder, project.tools), at), MUTATED, "")
    return rows


def speed(fsync: float) -> list[Row]:
    """Match two runs of a hundred thousand, in half a million lines and in files of equal lines."""
    rows: list[Row] = []
    for name, groups in (("of ten to a line", MANY // 10), ("half of them one line", 0)):
        others = Others()
        before, after = (_many(groups, shift) for shift in (0, MANY // 100))
        begun = time.perf_counter()
        found = match(before, after)
        seconds = time.perf_counter() - begun
        conditions = Conditions(fsync, others.share())
        bar, peer = f"match two runs of 100,000, {name}", f"{len(found)} pairs"
        rows.append(at_most(bar, seconds, SECONDS, "s", peer=peer, conditions=conditions))
    return rows


def _many(groups: int, shift: int) -> list[Sighting]:
    """Return sightings; without groups, half of them are one line of one function."""
    path = TreePath(b"src/a.c")
    found: list[Sighting] = []
    for number in range(shift, MANY + shift):
        group = number % groups if groups else max(0, number - MANY // 2)
        keys = Keys.of("tool/rule", path, "f", b"line %d" % group)
        found.append(Sighting(keys, path.raw, number + 1, 1, Near(before=b"%d" % (number % 7))))
    return found


def _scores(before: Release, after: Release, at: LineMap) -> dict[str, Score]:
    wanted = truth(before.findings, after.findings, at)
    return {name: score(wanted, scheme(before, after)) for name, scheme in {"ours": schemes.ours, **PEERS}.items()}


def _rows(bar: str, scores: Mapping[str, Score], limit: float, more: str) -> list[Row]:
    ours = scores["ours"]
    others = ", ".join(f"{name} {scores[name].kept_share:.3f} ({scores[name].wrong} wrong)" for name in PEERS)
    told = "; ".join(filter(None, [f"{ours.pairs} pairs", more, others]))
    return [
        Row(f"{bar}, kept", round(ours.kept_share, 4), limit, "", ours.kept_share >= limit, told),
        Row(f"{bar}, wrong", round(ours.wrong_share, 5), WRONG, "", ours.wrong_share <= WRONG, f"{ours.wrong}"),
    ]


def _ends(project: Project) -> tuple[str, str]:
    versions = list(project.releases)
    return versions[0], versions[-1]


def _unpacked(project: Project, version: str, kept: Path, scratch: Path) -> Path:
    archive = fetch.python_source(project.name, version, project.releases[version], kept)
    folder = scratch / version
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def _projects(*, is_quick: bool) -> list[Project]:
    told = tomllib.loads((Path(__file__).parent / "identifying" / "releases.toml").read_text("utf-8"))
    projects = [Project(name, one["tools"], one["releases"]) for name, one in told.items()]
    if not is_quick:
        return projects
    small = [one for one in projects if told[one.name].get("quick")]
    return [Project(one.name, one.tools, dict(list(one.releases.items())[-3:])) for one in small]


if __name__ == "__main__":
    main()
