# SPDX-License-Identifier: Apache-2.0
"""Random patterns drawn from the corpus, asked of the index and of ripgrep: counts per path and lines agree."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Row
from benchmarks.searching import ground
from glasshouse.engines.codeindex.search.corpus import Budget, Corpus, Scope
from glasshouse.engines.codeindex.search.matching import Query
from tests.engines.codeindex.search import oracle

_DRAWN: Final = 4 << 20  # bytes of the corpus that patterns are drawn from
_SEED: Final = 3
_LINES: Final = 200
_FILES: Final = 20
_SECONDS: Final = 1.0
_ONE_IN: Final = 100


def row(folder: Path, *, number: int) -> Row:
    """Ask so many patterns, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.searching.agreeing", str(folder), str(number)]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    wrong = len(told["wrong"])
    peer = (
        f"{told['lines']:,} lines counted in {told['ours']:.0f} s, by ripgrep in {told['theirs']:.0f} s; of"
        f" {told['shown']:,} the numbers compared; {told['ended']} counts ended early and were compared in a hundredth,"
        f" as were {told['unfinished']} that ripgrep did not end"
    )
    if wrong:
        peer = f"{', '.join(told['wrong'][:5])}; {peer}"
    return Row(f"of {number:,} random patterns, those that ripgrep answers otherwise", wrong, 0, "", wrong == 0, peer)


def agree(folder: Path, number: int) -> dict[str, object]:
    """Ask both, and return what differed."""
    ground.open_lab(folder)
    from django.conf import settings

    from glasshouse.domain.access.values import Patterns
    from glasshouse.domain.releases import indexing, searching, vault

    ref = ground.releases(ground.CORPUS)[0]
    corpus = Corpus(vault.product_store(ref.product).document, budget=Budget(4 * 2**30))
    for kept in indexing.standing(indexing.head(ref.product, one) for one in indexing.names(ref.product)):
        corpus.add(indexing.load(ref.product, kept))
    files = searching.files_of(ref.product, ref.root, settings.GLASSHOUSE.search_file_bytes)
    numbers = corpus.numbers_of([files.digest(row) for row in range(len(files))])
    documents, weights = np.unique(numbers[numbers >= 0], return_counts=True)
    rows = {files.digest(row): row for row in np.flatnonzero(numbers >= 0).tolist()}
    patterns, folders = ground.part(folder, one_in=_ONE_IN)
    some = searching.narrowed(files, [Patterns(patterns)], "")
    judge = _Judge(
        corpus,
        corpus.scope(documents, weights),
        corpus.scope(*np.unique(numbers[some & (numbers >= 0)], return_counts=True)),
        {digest: ground.tree(folder) / os.fsdecode(files.raw_path(row)) for digest, row in rows.items()},
        ground.tree(folder),
        folders,
    )
    asked = oracle.patterns(_drawn(corpus, documents), number, seed=_SEED)
    wrong = [repr(query) for query in asked if not judge.agrees(query)]
    corpus.close()
    return {
        "wrong": wrong,
        "ours": judge.ours,
        "theirs": judge.theirs,
        "lines": judge.lines,
        "shown": judge.shown,
        "ended": judge.ended,
        "unfinished": judge.unfinished,
    }


def _drawn(corpus: Corpus, documents: npt.NDArray[np.int64]) -> bytes:
    """Return the text of some documents."""
    chance = random.Random(_SEED)  # noqa: S311 -- repeatable, not secret
    text = bytearray()
    while len(text) < _DRAWN:
        text += b"\n".join(corpus.lines(int(chance.choice(documents)), 1, 2_000)) + b"\n"
    return bytes(text)


@dataclass(slots=True)
class _Judge:
    """Asks both; `paths` has one path of each document in the open, `some` is a part of the corpus in `folders`.

    A count that takes longer than a moment ends as "at least so many", as it would for a person. It is then held
    against ripgrep's as that, and counted to its end in a part of the corpus. So is a pattern that ripgrep itself does
    not end in its time: alternations of nothing with classes are such.
    """

    corpus: Corpus
    scope: Scope
    some: Scope
    paths: Mapping[bytes, Path]
    tree: Path
    folders: Sequence[Path]
    ours: float = 0.0
    theirs: float = 0.0
    lines: int = 0
    shown: int = 0
    ended: int = 0
    unfinished: int = 0

    def agrees(self, query: Query) -> bool:
        """Compare the count of a query, and the lines of its first hits with what ripgrep says of their files."""
        begun = time.perf_counter()
        count = self.corpus.count(query, self.scope, is_out=lambda: time.perf_counter() - begun > _SECONDS)
        counted = time.perf_counter()
        try:
            expected = oracle.counts(query, self.tree)
        except subprocess.TimeoutExpired:
            self.unfinished += 1
            count, expected = self.corpus.count(query, self.some), self._expected_in_part(query)
        self.ours += counted - begun
        self.theirs += time.perf_counter() - counted
        self.lines += count.lines
        if not count.is_exact:
            self.ended += 1
            if count.lines > sum(expected.values()):
                return False
            count = self.corpus.count(query, self.some)
            prefixes = tuple(os.fsencode(folder.relative_to(self.tree)) + b"/" for folder in self.folders)
            expected = {path: lines for path, lines in expected.items() if path.startswith(prefixes)}
        if (count.lines, count.files) != (sum(expected.values()), len(expected)):
            return False
        hits = self.corpus.search(query, self.scope, first=_LINES).hits
        found: dict[bytes, list[int]] = {}
        for hit in hits:
            found.setdefault(hit.digest, []).append(hit.line)
        return all(self._are_lines(query, digest, lines) for digest, lines in list(found.items())[:_FILES])

    def _expected_in_part(self, query: Query) -> dict[bytes, int]:
        return {
            os.fsencode(folder.relative_to(self.tree)) + b"/" + path: lines
            for folder in self.folders
            for path, lines in oracle.counts(query, folder).items()
        }

    def _are_lines(self, query: Query, digest: bytes, lines: list[int]) -> bool:
        self.shown += len(lines)
        return lines == oracle.lines(query, self.paths[digest])[: len(lines)]  # the page may end inside the file


if __name__ == "__main__":
    print(json.dumps(agree(Path(sys.argv[1]), int(sys.argv[2]))))
