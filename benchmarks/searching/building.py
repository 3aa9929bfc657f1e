# SPDX-License-Identifier: Apache-2.0
"""Building the index: of a whole release, and of what the releases after it change."""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks import intake
from benchmarks.measure import Conditions, Others, Row, at_least, at_most, fsync_p50, quantity
from benchmarks.searching import ground
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.releases.indexing import Kept

MB: Final = 1_000_000
CHANGED_MB: Final = 50
PRODUCT: Final = "ansible"
# One product's monthly releases, 58,000 files and 312 MB each, and the digests of their source distributions.
RELEASES: Final = (
    ("11.1.0", "d01b425990d960d2a33fc378e1b73dbca1c0e28bc22f4056ab6b3c8e9ae74fba"),
    ("11.2.0", "5c56d7b9bc9fd85fa20f14f4801e889a45a7ab83bb11776ad759e8fa67510ad4"),
    ("11.3.0", "90b409f630dc6d558224409a3948314ede1bcda6db2d03c17708cef6117a6103"),
    ("11.4.0", "d25a7f26bf5821f8043bc806019822fd2810bd65e6b6bafb698bbeedadba72bf"),
    ("11.5.0", "18a3fc73120a49ade9a9a67eb8f9d4f5009d2106c34ffeb9663ad928b76ed59b"),
    ("11.6.0", "934a948caa3ec1a3eb277e7ab1638b808b074a6e0c46045794cde7b637e275d8"),
    ("11.7.0", "f9df37c71d407f65bcb9c5c06c9918e297d9ea74b5cdaf5926c4c9aa9e44db5f"),
    ("11.8.0", "28ea032c77f344bb8ea4d7d39f9a5d4e935e6c8b60836c8c8a28b9cf6c9adb1a"),
    ("11.9.0", "528ca5a408f11cf1fea00daea7570e68d40e167be38b90c119a7cb45729e4921"),
    ("11.10.0", "f394e091c5dfd7e66c2f1e1d4459c44285004ba95925989b2d04c3a850ffcb96"),
    ("11.11.0", "a67c3628bbafd69d291e038785f39d7449e137262d852be283fc331705352d40"),
)


def rows(folder: Path, *, repeats: int) -> list[Row]:
    """Build the corpus's index several times, each in a process that has held nothing before."""
    others = Others()
    told = [_child(folder, ground.CORPUS) for _ in range(repeats)]
    conditions = Conditions(fsync_p50(folder), others.share())
    first = told[0]
    seconds = statistics.median(one["seconds"] for one in told)
    each = ", ".join(f"{one['seconds']:.1f}" for one in told)
    size = f"{first['bytes'] / MB:,.0f} MB in {first['documents']:,} documents"
    return [
        at_least(
            "index built, two processes, encryption included",
            first["bytes"] / seconds / MB,
            100,
            "MB/s",
            peer=f"{size}: {seconds:.1f} s of {each}; processors {first['cpu']:.1f} s",
            conditions=conditions,
        ),
        quantity(
            "index on the disk against the source",
            first["stored"] / first["bytes"],
            0.12,
            "x",
            peer=f"{first['stored'] / MB:.1f} MB in {first['segments']:.0f} segments, sealed",
            conditions=conditions,
        ),
        quantity(
            "peak memory of a process that builds",
            max(one["memory"] for one in told) / 2**20,
            450,
            "MB",
            peer="the largest of all",
            conditions=conditions,
        ),
    ]


def ensure(folder: Path) -> None:
    """Index the corpus unless that is done."""
    from glasshouse.domain.releases import indexing

    ref = ground.releases(ground.CORPUS)[0]
    if not indexing.is_complete(ref.product, [ref]):
        _child(folder, ground.CORPUS)


def later_rows(folder: Path, *, is_quick: bool) -> list[Row]:
    """Index release after release of one product, and hold the time against what changed."""
    archives = _changed(folder) if is_quick else _real(folder)
    ground.open_lab(folder)
    for version, archive in archives:
        ground.take(PRODUCT, version, archive)
    ground.forget_jobs()
    others = Others()
    taken = [_child(folder, PRODUCT, number) for number in range(len(archives))]
    conditions = Conditions(fsync_p50(folder), others.share())
    later = taken[1:]
    changed = np.array([one["bytes"] / MB for one in later])
    seconds = np.array([one["seconds"] for one in later])
    each = ", ".join(f"{mb:.0f} MB {s:.2f} s" for mb, s in zip(changed, seconds, strict=True))
    slope, begin = np.polyfit(changed, seconds, 1) if len(later) > 2 else (seconds[0] / max(changed[0], 1), 0.0)
    return [
        at_most(
            f"{len(archives)} real releases: {CHANGED_MB} MB changed" if not is_quick else "a release, some changed",
            float(begin + slope * CHANGED_MB),
            1.5,
            "s",
            peer=f"{begin:.2f} s and {slope * 1000:.1f} ms a changed MB; the first {taken[0]['bytes'] / MB:.0f} MB in"
            f" {taken[0]['seconds']:.2f} s, then {each}",
            conditions=conditions,
        )
    ]


def _real(folder: Path) -> list[tuple[str, Path]]:
    from scripts import fetch

    drop = folder / "releases"
    drop.mkdir(exist_ok=True)
    return [(version, fetch.python_source(PRODUCT, version, digest, drop)) for version, digest in RELEASES]


def _changed(folder: Path) -> list[tuple[str, Path]]:
    """Return the corpus in the open as it is, and with every twentieth file changed."""
    root, found = ground.tree(folder), []
    for version in ("1", "2"):
        archive = folder / f"{version}.tar"
        if not archive.exists():
            if version == "2":
                intake.change(root)
            subprocess.run(["tar", "-c", "-f", archive, "-C", root, "--sort=name", "."], check=True)
        found.append((version, archive))
    return found


def _child(folder: Path, product: str, number: int = 0) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.searching.building", str(folder), product, str(number)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _index(folder: Path, product: str, number: int) -> dict[str, float]:
    """Index a product's release as the worker does when it came, the first with no index there; tell what it took."""
    ground.open_lab(folder)
    from glasshouse.domain.releases import indexing
    from glasshouse.edges.worker.segmenting import builder

    ref = ground.releases(product)[number]
    if number == 0:
        shutil.rmtree(indexing.folder(ref.product), ignore_errors=True)
    before = {kept.name: kept for kept in _kept(indexing.names(ref.product), ref.product)}
    subprocess.run(["sync", "-f", folder], check=True)
    begun = time.perf_counter()
    with builder() as build:
        documents = indexing.index(ref.product, [ref], build=build)
        seconds = time.perf_counter() - begun
    after = {kept.name: kept for kept in _kept(indexing.names(ref.product), ref.product)}
    ours, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": seconds,
        "cpu": sum(one.ru_utime + one.ru_stime for one in (ours, theirs)),
        "memory": max(ours.ru_maxrss, theirs.ru_maxrss) * 1024,
        "documents": documents,
        "bytes": sum(kept.bytes for kept in after.values()) - sum(kept.bytes for kept in before.values()),
        "stored": sum((indexing.folder(ref.product) / name).stat().st_size for name in after),
        "segments": len(after),
    }


def _kept(names: Sequence[str], product: Uid) -> "list[Kept]":
    from glasshouse.domain.releases import indexing

    return indexing.standing(indexing.head(product, name) for name in names)


if __name__ == "__main__":
    print(json.dumps(_index(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
