# SPDX-License-Identifier: Apache-2.0
"""Engineering quality in numbers: how fast, and how right: `python -m benchmarks.measures [--json] [--quick]`.

How fast: every file of Debian's linux-source (`--quick`: newlib-source) is read and reckoned in one process, as the job
does it, without the store. How right: calls of functions that copy in real projects, macros followed by us from the
text alone, against `gcc -E`, which follows the side of each conditional that this machine builds. The referee counts by
an expression of its own; beside it stands what a plain search for the names would say. No code of a project runs.
"""

import re
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import intake
from benchmarks.measure import Conditions, Others, Row, at_least, fsync_p50, options, quantity, show
from glasshouse.engines.measures import kinds, reading, wire
from glasshouse.engines.measures.reckoning import Document, Measures, reckon
from glasshouse.engines.measures.values import Facts
from glasshouse.engines.measures.vocabulary import FAMILIES, KNOWN, Family
from glasshouse.kernel.paths import TreePath
from scripts import fetch

A_MINUTE: Final = 1_000.0
"""Thousands of lines that are to be measured in a minute, copies found."""
AGREE: Final = 0.99
PROJECTS: Final = (
    ("zstd", "1.5.7.2", "6d8684c69009be49e1b18ec251a5eb0d7e24f93624990a8a124a1da66a92fc8a"),
    ("pycares", "4.8.0", "2fc2ebfab960f654b3e3cf08a732486950da99393a657f8b44618ad3ed2d39c1"),
)
_LONGEST_FIRST: Final[list[bytes]] = sorted(KNOWN, key=len, reverse=True)
_NAMES: Final = b"|".join(_LONGEST_FIRST)
_CALL: Final = re.compile(rb"(?P<before>[\w.>]*[ \t]*)(?<![\w.])(?P<name>%s)\s*\(" % _NAMES)
_STRING: Final = re.compile(rb'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_COMMENT: Final = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)
_MARK: Final = re.compile(rb'^# (\d+) "([^"]*)"[^\n]*$')
_MAY_STAND: Final = frozenset((b"", b"return", b"else", b"do"))
Counts = Counter[tuple[str, Family]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Calls by file and family: what the preprocessor leaves, what we say, and what a search for names finds."""

    project: str
    files: int
    not_preprocessed: int
    referee: Counts
    ours: Counts
    naive: Counts

    def found(self, said: Counts) -> float:
        """Return which part of the referee's calls is said too, from 0 to 1."""
        return sum((self.referee & said).values()) / max(1, sum(self.referee.values()))

    def beyond(self, said: Counts) -> int:
        """Return how many calls are said that the referee has not: above all those in sides that are not built."""
        return sum((said - self.referee).values())


def main() -> None:
    """Measure, and print the table."""
    chosen = options(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="glasshouse-measures-") as made:
        folder = Path(made)
        others, fsync = Others(), fsync_p50(folder)
        rows = speed(folder, is_quick=chosen.quick, fsync=fsync)
        for project, version, digest in PROJECTS:
            rows.append(agreement(folder, project, version, digest, Conditions(fsync, others.share())))
        show(rows, as_json=chosen.json)


def speed(folder: Path, *, is_quick: bool, fsync: float) -> list[Row]:
    """Read and reckon a large tree."""
    name, pattern = (
        ("newlib-source", "usr/src/newlib/*.tar.xz") if is_quick else ("linux-source", "usr/src/linux-source-*.tar.xz")
    )
    packed = intake.installed(pattern) or intake.fetch(folder, name, pattern)
    tree = folder / "tree"
    tree.mkdir()
    subprocess.run(["tar", "-x", "-f", packed, "-C", tree, "--strip-components=1"], check=True)
    others = Others()
    begun = time.perf_counter()
    documents, _ = read(tree)
    between = time.perf_counter()
    found = reckon(documents)
    ended = time.perf_counter()
    conditions = Conditions(fsync, others.share())
    lines = sum(one.lines for one in documents)
    said = f"{len(documents):,} files, {lines:,} lines, {int(found.duplicated.sum()):,} duplicated"
    return [
        at_least(
            f"{name}: measured, copies found",
            lines / 1000 / (ended - begun) * 60,
            A_MINUTE,
            "kLOC/min",
            peer=f"{said}; read {between - begun:.1f} s, reckoned {ended - between:.1f} s",
            conditions=conditions,
        ),
        quantity(
            f"{name}: peak memory, the facts of all files included",
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            6_000,
            "MB",
            peer="the job holds those of one release at a time",
            conditions=conditions,
        ),
    ]


def agreement(folder: Path, project: str, version: str, digest: str, conditions: Conditions) -> Row:
    """Compare with `gcc -E`, print what differs, and judge the share."""
    found = compared(project, unpacked(fetch.python_source(project, version, digest, folder), folder / project))
    for (path, family), count in sorted((found.referee | found.ours).items()):
        ours, theirs = found.ours[path, family], found.referee[path, family]
        if ours != theirs:
            print(f"  {project}: {path}: {family.value}: {ours} and not {theirs} (most {count})", file=sys.stderr)
    share = found.found(found.ours)
    return Row(
        f"{project} {version}: found of the calls that gcc -E leaves",
        round(share, 4),
        AGREE,
        "",
        share >= AGREE,
        f"gcc -E: {sum(found.referee.values()):,} calls in {found.files:,} files ({found.not_preprocessed:,} it does"
        f" not read); beyond them ours {found.beyond(found.ours):,}; a search for names finds"
        f" {found.found(found.naive):.3f} and {found.beyond(found.naive):,} beyond; {conditions}",
    )


def compared(project: str, tree: Path) -> Agreement:
    """Count the calls of a project's C files in the three ways."""
    documents, paths = read(tree)
    ours = _ours(reckon(documents), paths)
    folders = sorted({path.parent for path in tree.rglob("*.h")})
    referee, naive, lost = Counter[tuple[str, Family]](), Counter[tuple[str, Family]](), 0
    sources = [path for path in paths if path.endswith(".c")]
    for path in sources:
        left = preprocessed(tree, path, folders)
        if left is None:
            lost += 1
            ours = Counter({key: count for key, count in ours.items() if key[0] != path})
            continue
        referee += _counted(path, left)
        naive += _counted(path, _COMMENT.sub(b" ", (tree / path).read_bytes()))
    ours = Counter({key: count for key, count in ours.items() if key[0].endswith(".c")})
    return Agreement(project, len(sources), lost, referee, ours, naive)


def read(tree: Path) -> tuple[list[Document], list[str]]:
    """Read every file that is measured."""
    documents, paths = [], []
    for path in sorted(tree.rglob("*")):
        name = TreePath(str(path.relative_to(tree)).encode())
        kind = None if path.is_symlink() or not path.is_file() else kinds.kind_of(name)
        if kind is not None:
            content = path.read_bytes()
            told = reading.facts_of(content, kind)
            facts = wire.from_bytes(wire.to_bytes(told)) if isinstance(told, Facts) else told
            documents.append(Document(facts, kinds.is_header(name), content.count(b"\n")))
            paths.append(str(path.relative_to(tree)))
    return documents, paths


def preprocessed(tree: Path, path: str, folders: Sequence[Path]) -> bytes | None:
    """Return the file's own lines as the preprocessor leaves them; None where it stops at an error."""
    done = subprocess.run(
        ["gcc", "-E", "-I", "/usr/include", *(f"-I{folder}" for folder in folders), tree / path],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return None
    kept: list[bytes] = []
    is_own = False
    for line in done.stdout.split(b"\n"):
        mark = _MARK.match(line)
        if mark:
            is_own = mark[2] == str(tree / path).encode()
        elif is_own:
            kept.append(line)
    return b"\n".join(kept)


def unpacked(archive: Path, into: Path) -> Path:
    """Unpack regular files of a source distribution."""
    with tarfile.open(archive) as tar:
        tar.extractall(into, [one for one in tar.getmembers() if one.isreg()], filter="data")
    return into


def _ours(found: Measures, paths: Sequence[str]) -> Counts:
    counts: Counts = Counter()
    for file, _name, family, _verdict, through, count in found.calls.tolist():
        if not through:  # a wrapper's call stands in its own body once, as the preprocessor sees it
            counts[paths[file], FAMILIES[family]] += count
    return counts


def _counted(path: str, text: bytes) -> Counts:
    counts: Counts = Counter()
    for match in _CALL.finditer(_STRING.sub(b'""', text)):
        if match["before"].strip() in _MAY_STAND:
            counts[path, KNOWN[match["name"]].family] += 1
    return counts


if __name__ == "__main__":
    main()
