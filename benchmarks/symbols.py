# SPDX-License-Identifier: Apache-2.0
"""The symbols of a whole release, found, stored and asked: `python -m benchmarks.symbols [--json] [--quick]`.

The corpus is Debian's linux-source (1.3 GB, 79,000 files); `--quick` uses newlib-source (90 MB, 7,000 files). It is
taken into a lab first, which is not timed. Timed is what the job does: sealed store read and checked, the tool in its
sandbox, tables sealed and durable. The peer is the same tool alone, on the plain files of the same languages, as two
processes without a sandbox that write JSON to a file. The run fails where our way finds less than the peer does.
"""

import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import intake
from benchmarks.measure import (
    Conditions,
    Others,
    Row,
    Sample,
    at_least,
    at_most,
    fsync_p50,
    options,
    quantity,
    show,
    timed,
)
from glasshouse.engines.codeindex.symbols import ctags
from glasshouse.engines.codeindex.symbols.tables import MAX_ASKED, Table
from glasshouse.kernel.memory import give_large_blocks_back

MB: Final = 1_000_000
NAMES: Final = 1_000
REFERENCES: Final = 200
SHOWN: Final = 200
# What both sides are asked about; the rest of the corpus is documents and data for the most part.
SUFFIXES: Final = frozenset({".c", ".h", ".S", ".py", ".sh", ".pl", ".rs", ".dts", ".dtsi"})
FORMS: Final = frozenset({"C", "Assembler", "Python", "Shell", "Perl", "Rust", "Device tree"})


@dataclass(frozen=True, slots=True)
class Told:
    """What a run of the job tells. `shared` counts the symbols in languages that the peer is asked about too."""

    seconds: float
    cpu: float
    memory: int
    bytes: int
    symbols: int
    shared: int
    documents: int
    tables: int
    stored: int
    message: str
    engine_ms: Sequence[float]
    names: Sequence[str]
    narrow_ms: Sequence[float]


def main() -> None:
    """Measure and print."""
    parser = options("The symbols of a release.")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="do the job and ask; used inside")
    parser.add_argument("--refer", type=Path, metavar="FOLDER", help="search for the names on stdin; used inside")
    parser.add_argument("--folder", type=Path, help="where to write; its disk is the one that is measured")
    chosen = parser.parse_args()
    if chosen.work:
        print(json.dumps(work(chosen.work)))
        return
    if chosen.refer:
        print(json.dumps(references(chosen.refer, json.load(sys.stdin))))
        return
    with tempfile.TemporaryDirectory(prefix="glasshouse-symbols-", dir=chosen.folder) as name:
        show(measure(Path(name), is_quick=chosen.quick), as_json=chosen.json)


def measure(folder: Path, *, is_quick: bool) -> list[Row]:
    """Take the corpus in, run the job in a process of its own, then the peer, and judge."""
    name, pattern = (
        ("newlib-source", "usr/src/newlib/*.tar.xz") if is_quick else ("linux-source", "usr/src/linux-source-*.tar.xz")
    )
    archive = intake.installed(pattern) or intake.fetch(folder, name, pattern)
    found(folder, archive)
    subprocess.run(["sync", "-f", folder], check=True)
    others = Others()
    answer = _child(["--work", str(folder)])
    told = Told(**json.loads(answer))
    referred: list[float] = json.loads(_child(["--refer", str(folder)], json.dumps(told.names)))
    conditions = Conditions(fsync_p50(folder), others.share())
    peer, peer_bytes, peer_symbols = alone(folder, archive)
    rate, peer_rate = told.bytes / told.seconds / MB, peer_bytes / peer.seconds / MB
    return [
        at_least(
            f"{name}: symbols found, stored and queryable",
            rate,
            25,
            "MB/s",
            peer=f"{told.message}, {told.symbols:,} in {told.seconds:.1f} s, of processors {told.cpu:.1f} s;"
            f" the tool alone {peer_rate:.1f} MB/s",
            conditions=conditions,
        ),
        quantity(
            f"{name}: symbols of the tool alone that our way does not find",
            max(0.0, 1 - told.shared / peer_symbols),
            0.01,
            "x",
            peer=f"{peer_symbols:,} by the tool alone, {told.shared:,} by us in the same languages",
            conditions=conditions,
        ),
        quantity(
            f"{name}: peak memory of the job's process",
            told.memory / 2**20,
            450,
            "MB",
            peer="the tool runs beside it, within 1 GB",
            conditions=conditions,
        ),
        quantity(
            f"{name}: tables on the disk",
            told.stored / told.bytes,
            0.12,
            "x",
            peer=f"{told.tables} tables, {told.stored / MB:.1f} MB",
            conditions=conditions,
        ),
        _asked(f"{name}: a definition in the engine, p99 of processor time", told, 5),
        at_most(
            f"{name}: references, searched and ranked, p50",
            statistics.median(referred),
            60,
            "ms",
            peer=f"{len(referred)} names, slowest {max(referred):.0f} ms",
            conditions=conditions,
        ),
    ]


def _child(arguments: Sequence[str], told: str = "") -> str:
    """Run a part in a process of its own, whose memory is its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.symbols", *arguments]
    done = subprocess.run(command, input=told, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed")
    return done.stdout


def _asked(bar: str, told: Told, limit: float) -> Row:
    """Judge processor time of one thread, so that a busy machine does not matter."""
    ordered, narrow = sorted(told.engine_ms), sorted(told.narrow_ms)
    p99 = ordered[int(len(ordered) * 0.99)]
    peer = (
        f"{len(ordered)} names, first {SHOWN} places each; p50 {statistics.median(ordered):.2f} ms; within a grant of"
        f" some folders p50 {statistics.median(narrow):.2f}, p99 {narrow[int(len(narrow) * 0.99)]:.2f} ms"
    )
    return Row(bar, round(p99, 3), limit, "ms", p99 <= limit, peer)


def found(folder: Path, archive: Path) -> None:
    """Found a lab and take the corpus in."""
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    from glasshouse.edges.cli import founding

    plan = founding.Plan(folder / "lab", folder / "keys", "Benchmark", "http://localhost:8391", "", is_demo=True)
    founding.found(plan, "operator:benchmark")
    from scripts import cast

    cast.import_release("operator:benchmark", "corpus", "1", archive, lambda _files, _bytes: None)


def _open(folder: Path) -> None:
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    os.environ["GLASSHOUSE_KEYS"] = str(folder / "keys")
    os.environ["DJANGO_SETTINGS_MODULE"] = "glasshouse.config.settings"
    import django

    django.setup()


def work(folder: Path) -> dict[str, object]:
    """Do the job, and ask where random names are defined, each of them for the first time."""
    _open(folder)
    from glasshouse.domain.access.values import Patterns
    from glasshouse.domain.releases import defining, queries, symbols, symbolshelf
    from glasshouse.engines.codeindex.symbols.tables import Wanted

    ref = queries.ref(queries.all_releases()[0])
    give_large_blocks_back()  # as the process for jobs does
    begun = time.perf_counter()
    done = symbols.index(ref.product, [ref])
    seconds = time.perf_counter() - begun
    ours, tools = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    tables = symbolshelf.tables(ref.product)
    sizes = {one.digest: one.size for one in queries.manifest(ref).contents()}
    chance = random.Random(1)  # noqa: S311 -- repeatable, not secret
    names = _names(tables, chance)
    symbolshelf.forget()
    tables = symbolshelf.tables(ref.product)
    masks = [table.mask(sizes.keys()) for table in tables]
    engine, narrowed = [], []
    for name in names:
        wanted = Wanted(name)
        begun = time.thread_time()
        found_by = (table.find(wanted, mask) for table, mask in zip(tables, masks, strict=True))
        answers = list(islice(chain.from_iterable(found_by), SHOWN))
        engine.append((time.thread_time() - begun) * 1000)
        assert answers, "a name of a table was not found in it"
    narrow = Patterns(("drivers/net/**", "newlib/libc/**"))
    defining.definitions(ref, narrow, Wanted("warm"))
    for name in names:
        begun = time.thread_time()
        defining.definitions(ref, narrow, Wanted(name))
        narrowed.append((time.thread_time() - begun) * 1000)
    return {
        "seconds": seconds,
        "cpu": sum(one.ru_utime + one.ru_stime for one in (ours, tools)),
        "memory": ours.ru_maxrss * 1024,
        "bytes": sum(sizes[digest] for digest in {digest for table in tables for digest in table.digests}),
        "symbols": sum(table.symbols for table in tables),
        "shared": sum(count for table in tables for key, count in table.counts() if key.form in FORMS),
        "documents": done.documents,
        "tables": len(tables),
        "stored": sum(path.stat().st_size for path in symbolshelf.folder(ref.product).glob("symbols-*.pack")),
        "message": str(done),
        "engine_ms": engine,
        "narrow_ms": narrowed,
        "names": names[:REFERENCES],
    }


def _names(tables: Sequence[Table], chance: random.Random) -> list[str]:
    """Return names that are defined in documents drawn by their number of symbols."""
    drawn: list[str] = []
    keys = [(table, key, count) for table in tables for key, count in table.counts() if count]
    for table, key, _ in chance.choices(keys, weights=[count for _, _, count in keys], k=NAMES):
        outline = table.outline(key)
        assert outline is not None
        drawn.append(chance.choice(outline.columns.names))
    return [name for name in drawn if len(name) <= MAX_ASKED]


def references(folder: Path, names: Sequence[str]) -> list[float]:
    """Return what the first page of a name's references takes: a word-exact search, and the order of its lines."""
    _open(folder)
    from django.conf import settings

    from glasshouse.domain.access.values import Patterns
    from glasshouse.domain.releases import defining, indexing, queries, searching, vault
    from glasshouse.engines.codeindex.search.corpus import Budget, Corpus
    from glasshouse.engines.codeindex.search.matching import Query
    from glasshouse.engines.codeindex.symbols.ranking import Hit

    ref = queries.ref(queries.all_releases()[0])
    indexing.index(ref.product, [ref])
    whole = Patterns(("**",))
    corpus = Corpus(vault.product_store(ref.product).document, budget=Budget(4 * 2**30))
    try:
        for kept in indexing.standing(indexing.head(ref.product, one) for one in indexing.names(ref.product)):
            corpus.add(indexing.load(ref.product, kept))
        files = searching.files_of(ref.product, ref.root, settings.GLASSHOUSE.search_file_bytes)
        rows = {files.digest(row): row for row in range(len(files))}
        numbers = corpus.numbers_of(list(rows))
        here = numbers[numbers >= 0]
        scope = corpus.scope(here, np.ones(len(here), np.int64))
        taken: list[float] = []
        for name in names:
            begun = time.perf_counter()
            page = corpus.search(Query(name, is_literal=True, whole_word=True), scope, first=SHOWN)
            hits = [
                Hit(files.path(rows[hit.digest]), hit.line, hit.text, *hit.spans[0]) for hit in page.hits if hit.spans
            ]
            defining.references(ref, whole, name, hits)
            taken.append((time.perf_counter() - begun) * 1000)
    finally:
        corpus.close()
    return taken


def alone(folder: Path, archive: Path) -> tuple[Sample, int, int]:
    """Run the tool alone on each content of the shared languages, as two processes; return time, bytes, symbols."""
    tree = folder / "tree"
    tree.mkdir()
    subprocess.run(["tar", "-x", "-f", archive, "-C", tree], check=True)
    lists: list[list[Path]] = [[], []]
    sizes = [0, 0]
    seen: set[bytes] = set()
    for path in sorted(tree.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in seen:
                seen.add(digest)
                least = sizes.index(min(sizes))
                lists[least].append(path)
                sizes[least] += path.stat().st_size
    outputs = [folder / f"peer-{number}.json" for number in range(len(lists))]
    sample = timed(lambda: _tool(lists, outputs))
    return sample, sum(sizes), sum(_lines(path) for path in outputs)


def _tool(lists: Sequence[Sequence[Path]], outputs: Sequence[Path]) -> None:
    fields = [argument for argument in ctags.ARGV if argument.startswith(("--kinds", "--fields"))]
    headers = ["--map-C=+.h", "--map-C++=-.h", "--map-ObjectiveC=-.h"]
    running = []
    for paths, output in zip(lists, outputs, strict=True):
        command = [ctags.ARGV[0], "--options=NONE", "--quiet", "--output-format=json", "--sort=no", *fields, *headers]
        child = subprocess.Popen([*command, "-f", output, "-L", "-"], stdin=subprocess.PIPE)
        assert child.stdin is not None
        child.stdin.write(b"".join(os.fsencode(path) + b"\n" for path in paths))
        child.stdin.close()
        running.append(child)
    ended = [child.wait() for child in running]
    if any(ended):
        raise SystemExit("the peer failed")


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(line.startswith(b'{"_type": "tag"') for line in file)


if __name__ == "__main__":
    main()
