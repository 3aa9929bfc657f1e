# SPDX-License-Identifier: Apache-2.0
"""The ground that scans are measured on: a lab, real code in it, and the same code in the open."""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.searching import ground
from scripts import fetch

CHANGED: Final = 0.01
_SUFFIXES: Final = frozenset({".c", ".cc", ".cpp", ".h", ".hh", ".hpp"})
_TOLD: Final = tomllib.loads((Path(__file__).parent / "corpora.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan by the lab came to: seconds of the processor of all its processes, and what was said of each tool."""

    cpu: float
    tools: dict[str, dict[str, Any]]


def found_lab(folder: Path) -> None:
    """Found a lab, unless an earlier part did."""
    if (folder / "lab").exists():
        ground.open_lab(folder)
        return
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    from glasshouse.edges.cli import founding

    url = f"http://localhost:{ground.PORT}"
    plan = founding.Plan(folder / "lab", folder / "keys", "Benchmark", url, database="", is_demo=True)
    founding.found(plan, ground.OPERATOR)


def take(product: str, version: str, tree: Path) -> None:
    """Take a folder in as a release, unless it is here."""
    ground.take(product, version, tree)
    ground.forget_jobs()


def base(folder: Path, *, is_quick: bool) -> Path:
    """Return the code base as a folder of plain files."""
    name = "quick" if is_quick else "base"
    target = folder / "trees" / name / "1"
    if not target.exists():
        making = target.with_name("making")
        shutil.rmtree(making, ignore_errors=True)
        for package, digest in _TOLD[name].items():
            place = making / package
            place.mkdir(parents=True)
            (making / "README").write_text("Beside it, so that no folder is the only one.\n", "utf-8")
            with tarfile.open(fetch.debian_original(package, digest, folder)) as packed:
                packed.extractall(place, filter="data")
        making.rename(target)
    return target


def changed(tree: Path) -> tuple[Path, int]:
    """Return the same with a line more in one in a hundred files of C, and how many these are."""
    target = tree.with_name("2")
    files = sorted(path for path in tree.rglob("*") if path.suffix in {".c", ".cc", ".cpp"} and path.is_file())
    count = max(1, round(CHANGED * len(files)))
    if not target.exists():
        making = target.with_name("making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(tree, making, symlinks=True)
        for path in random.Random(1).sample(files, count):  # noqa: S311 -- repeatable, not secret
            other = making / path.relative_to(tree)
            content = other.read_bytes()
            other.chmod(0o644)
            other.write_bytes(content + (b"" if content.endswith(b"\n") else b"\n") + b"static int one_more;\n")
        making.rename(target)
    return target, count


def kloc(tree: Path) -> float:
    """Return the thousands of lines of C and C++."""
    files = (path for path in tree.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    return sum(path.read_bytes().count(b"\n") for path in files) / 1000


def scan(folder: Path, product: str, version: str, tools: Sequence[str], *, workers: int, forget: bool = False) -> Scan:
    """Have the lab scan a release in a process of its own, with nothing known of files where it is to `forget`."""
    command = [sys.executable, "-m", "benchmarks.scanning.ours", str(folder), product, version, ",".join(tools)]
    command += [str(workers), "forget" if forget else "keep"]
    answer = folder / "answer.json"
    with answer.open("wb") as told:
        process = subprocess.Popen(command, stdout=told)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the scan of {product} {version} ended with {process.returncode}")
    return Scan(used.ru_utime + used.ru_stime, json.loads(answer.read_text("utf-8")))
