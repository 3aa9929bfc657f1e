# SPDX-License-Identifier: Apache-2.0
"""Taking a release in, against `tar -x` of the same archive to the same disk: `python -m benchmarks.intake`.

The corpus is Debian's linux-source (1.3 GB, 79,000 files), used where installed and else fetched with apt-get;
`--quick` uses newlib-source (90 MB, 7,000 files). The peer ends with a sync of its disk, as an intake ends durable.
A second release is the first with every twentieth file changed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import (
    REPEATS,
    Conditions,
    Others,
    Row,
    Sample,
    at_most,
    family_memory,
    fsync_p50,
    interleaved,
    options,
    quantity,
    ratio,
    show,
    timed,
)
from glasshouse.engines.store import KeyRing, MasterKey, ProductStore, Store
from glasshouse.engines.store.unpack.source import open_source
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span

CHANGED_EVERY = 20
MB = 2**20


@dataclass(frozen=True, slots=True)
class Corpus:
    """One archive as its package ships it, the same unpacked, and its next release."""

    name: str
    packed: Path
    plain: Path
    second: Path
    changed: Path


@dataclass(slots=True)
class Bench:
    """The folder everything is written in, on the disk that is measured."""

    folder: Path
    memory: int = 0
    told: dict[str, dict[str, float | str]] = field(default_factory=dict)

    def peer(self, archive: Path) -> Sample:
        """Unpack with tar, and sync."""
        place = self._fresh("peer")
        place.mkdir()

        def unpack() -> None:
            subprocess.run(["tar", "-x", "-f", archive, "-C", place], check=True)
            subprocess.run(["sync", "-f", place], check=True)

        sample = timed(unpack)
        self._clear(place)
        return sample

    def take(self, name: str, lab: str, archive: Path, *, is_first: bool) -> Sample:
        """Take an archive in, in a process of its own, and note its peak memory with its children."""
        place = self._fresh(lab) if is_first else self.folder / lab
        others = Others()
        command = [sys.executable, "-m", "benchmarks.intake", "--take", str(place), str(archive)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while child.poll() is None:
            self.memory = max(self.memory, family_memory(child.pid))
            time.sleep(0.1)
        told, _ = child.communicate()
        if child.returncode:
            raise SystemExit(f"the intake of {archive.name} failed")
        self.told[name] = json.loads(told)
        return Sample(float(self.told[name]["seconds"]), others.share())

    def _fresh(self, name: str) -> Path:
        place = self.folder / name
        self._clear(place)
        return place

    @staticmethod
    def _clear(place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run(["sync", "-f", place.parent], check=True)  # or the next one pays for what this one wrote


def main() -> None:
    """Measure and print."""
    parser = options("Intake of a release, against tar.")
    parser.add_argument("--take", nargs=2, type=Path, metavar=("LAB", "SOURCE"), help="take one source in; used inside")
    parser.add_argument("--folder", type=Path, help="where to write; its disk is the one that is measured")
    chosen = parser.parse_args()
    if chosen.take:
        take_one(*chosen.take)
        return
    with tempfile.TemporaryDirectory(prefix="glasshouse-intake-", dir=chosen.folder) as name:
        folder = Path(name)
        corpus = prepare(folder, is_quick=chosen.quick)
        show(measure(Bench(folder), corpus, repeats=2 if chosen.quick else REPEATS), as_json=chosen.json)


def measure(bench: Bench, corpus: Corpus, *, repeats: int) -> list[Row]:
    """Run peers and intakes in turn, and judge their medians."""
    works: dict[str, Callable[[], Sample]] = {
        "tar, packed": lambda: bench.peer(corpus.packed),
        "packed": lambda: bench.take("packed", "packed", corpus.packed, is_first=True),
        "tar, plain": lambda: bench.peer(corpus.plain),
        "plain": lambda: bench.take("plain", "plain", corpus.plain, is_first=True),
        "tar, second": lambda: bench.peer(corpus.second),
        "second": lambda: bench.take("second", "plain", corpus.second, is_first=False),
        "identical": lambda: bench.take("identical", "plain", corpus.second, is_first=False),
    }
    medians = interleaved(works, repeats=repeats)
    bench.take("changed alone", "changed", corpus.changed, is_first=True)
    fsync = fsync_p50(bench.folder)

    def against(bar: str, ours: str, peer: str, limit: float) -> Row:
        one, other = medians[ours], medians[peer]
        return ratio(
            f"{corpus.name}: {bar}",
            one.seconds / other.seconds,
            limit,
            peer=f"{one.seconds:.2f} s; {peer} {other.seconds:.2f} s",
            conditions=Conditions(fsync, max(one.others, other.others)),
        )

    quiet = Conditions(fsync, max(median.others for median in medians.values()))
    growth = float(bench.told["second"]["new_bytes"])
    alone = float(bench.told["changed alone"]["new_bytes"])
    return [
        against("from its .tar.xz", "packed", "tar, packed", 1.3),
        against("from the plain tar", "plain", "tar, plain", 0.8),
        against("second release, 5 % changed", "second", "tar, second", 0.35),
        against("second release, against the first", "second", "plain", 0.5),
        quantity(
            f"{corpus.name}: peak memory, children included",
            bench.memory / MB,
            350,
            "MB",
            peer="largest of all intakes",
            conditions=quiet,
        ),
        quantity(
            f"{corpus.name}: growth by the second release",
            growth / alone,
            1.1,
            "x",
            peer=f"{growth / MB:.1f} MB; the changed files taken in alone {alone / MB:.1f} MB",
            conditions=quiet,
        ),
        quantity(
            f"{corpus.name}: growth by an identical release",
            float(bench.told["identical"]["new_bytes"]),
            0,
            "B",
            peer="nothing",
            conditions=quiet,
        ),
        *reading(bench, corpus, fsync),
    ]


def reading(bench: Bench, corpus: Corpus, fsync: float) -> list[Row]:
    """Open the largest file at many lines, and a large folder, as a page does, each in a store just opened."""
    root = Digest.parse(str(bench.told["second"]["root"]))
    others = Others()
    first = open_lab(bench.folder / "plain").manifest(root)
    largest = max(first.entries(), key=lambda entry: entry.lines if not entry.is_binary else 0)
    windows: list[float] = []
    for step in range(50):
        product = open_lab(bench.folder / "plain")
        product.manifest(root)
        line = 1 + step * (largest.lines - 100) // 50
        begun = time.perf_counter()
        product.read_window(largest, Span(line, line + 99))
        windows.append(time.perf_counter() - begun)
    folder = Counter(entry.path.parent for entry in first.entries()).most_common(1)[0][0]
    first.folder(folder)
    begun = time.perf_counter()
    first.folder(folder)
    warm = time.perf_counter() - begun
    conditions = Conditions(fsync, others.share())
    size = f"{largest.size / MB:.1f} MB, {largest.lines} lines"
    return [
        at_most(
            f"{corpus.name}: 100 lines of the largest file, worst of 50 places",
            max(windows) * 1000,
            60,
            "ms",
            peer=f"{size}, nothing cached",
            conditions=conditions,
        ),
        at_most(
            f"{corpus.name}: the largest folder, warm",
            warm * 1000,
            2,
            "ms",
            peer=f"{len(first.folder(folder))} children",
            conditions=conditions,
        ),
    ]


def open_lab(place: Path) -> ProductStore:
    """Open the one product of a lab, making both where there are none; nothing of it is in memory yet."""
    keys, master = place / "keys", place / "master.key"
    if not master.exists():
        keys.mkdir(parents=True)
        ring = KeyRing(keys, MasterKey.create(master))
        ring.create(Uid.new())
    ring = KeyRing(keys, MasterKey.load(master))
    uid = Uid.parse(next(keys.glob("*.key")).stem)
    return Store(place / "store", ring).product(uid)


def take_one(place: Path, source: Path) -> None:
    """Take one source in and print what came of it."""
    product = open_lab(place)
    begun = time.perf_counter()
    with product.begin() as intake, open_source(source, left_out=intake.note_left_out) as members:
        for member in members:
            intake.add(member)
        sealed = intake.finish()
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "root": str(sealed.root), "new_bytes": sealed.new_bytes}))


def prepare(folder: Path, *, is_quick: bool) -> Corpus:
    """Find or fetch the corpus, unpack it, and make its second release."""
    name, pattern = (
        ("newlib-source", "usr/src/newlib/*.tar.xz") if is_quick else ("linux-source", "usr/src/linux-source-*.tar.xz")
    )
    packed = installed(pattern) or fetch(folder, name, pattern)
    plain, second, changed = (folder / f"{one}.tar" for one in ("plain", "second", "changed"))
    with plain.open("wb") as file:
        subprocess.run(["xz", "-dkc", "-T2", packed], stdout=file, check=True)
    tree = folder / "tree"
    tree.mkdir()
    subprocess.run(["tar", "-x", "-f", plain, "-C", tree], check=True)
    listed = folder / "changed.list"
    with listed.open("wb") as file:
        for path in change(tree):
            file.write(os.fsencode(path.relative_to(tree)) + b"\0")
    subprocess.run(["tar", "-c", "-f", second, "-C", tree, "--sort=name", "."], check=True)
    subprocess.run(["tar", "-c", "-f", changed, "-C", tree, "--null", "-T", listed], check=True)
    shutil.rmtree(tree)
    return Corpus(name, packed, plain, second, changed)


def change(tree: Path) -> list[Path]:
    """Append a line to every twentieth file, and return which."""
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    chosen = files[::CHANGED_EVERY]
    for number, path in enumerate(chosen):
        with path.open("ab") as file:
            file.write(b"\n/* changed %d */\n" % number)
    return chosen


def installed(pattern: str) -> Path | None:
    """Return the archive of an installed package."""
    return next(iter(sorted(Path("/").glob(pattern))), None)


def fetch(folder: Path, name: str, pattern: str) -> Path:
    """Fetch the package with apt-get, without installing it."""
    drop = folder / "package"
    drop.mkdir()
    wanted = latest_linux() if name == "linux-source" else name
    done = subprocess.run(["apt-get", "download", "-qq", wanted], cwd=drop, capture_output=True, text=True, check=False)
    packages = list(drop.glob("*.deb"))
    if done.returncode or not packages:
        raise SystemExit(f"{wanted} could not be fetched with apt-get: {done.stderr.strip()[:200]}")
    subprocess.run(["dpkg-deb", "-x", packages[0], drop], check=True)
    return next(drop.glob(pattern))


def latest_linux() -> str:
    """Return the name of the package that linux-source stands for."""
    told = subprocess.run(["apt-cache", "depends", "linux-source"], capture_output=True, text=True, check=False)
    names = [line.split()[-1] for line in told.stdout.splitlines() if "Depends: linux-source-" in line]
    return names[0] if names else "linux-source-6.1"


if __name__ == "__main__":
    main()
