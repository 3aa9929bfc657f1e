# SPDX-License-Identifier: Apache-2.0
"""A thousand random patterns over the standard library's files: counts, per path, and lines are ripgrep's."""

import hashlib
import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from glasshouse.engines.codeindex.search.building import build
from glasshouse.engines.codeindex.search.corpus import Budget, Corpus, Place, Scope
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.segments import Document
from tests.engines.codeindex.search import oracle

_FILES = 250
_PER_SEGMENT = 70


@dataclass(frozen=True)
class Library:
    """A folder of files, its corpus, and where each document stands."""

    root: Path
    corpus: Corpus
    scope: Scope
    paths: dict[bytes, list[bytes]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root = tmp_path_factory.mktemp("library")
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py"), key=lambda path: (path.name, path))[:_FILES]
    contents = [path.read_bytes() for path in sources]
    contents += [*contents[:9], oracle.standard_library(200_000), b"", b"\n", b"\r\n", b"no newline"]
    paths: dict[bytes, list[bytes]] = {}
    texts: dict[bytes, bytes] = {}
    for number, content in enumerate(contents):
        name = f"{number:04}"
        (root / name).write_bytes(content)
        digest = hashlib.sha256(content).digest()
        texts[digest] = content
        paths.setdefault(digest, []).append(os.fsencode(name))
    corpus = Corpus(texts.__getitem__, budget=Budget(sum(map(len, texts.values())) * 2 // 3))  # the rest is read again
    documents = [Document(*pair) for pair in texts.items()]
    for at in range(0, len(documents), _PER_SEGMENT):
        corpus.add(build(documents[at : at + _PER_SEGMENT]))
    weights = np.array([len(paths[document.digest]) for document in documents])
    return Library(root, corpus, corpus.scope(np.arange(len(documents)), weights), paths)


@pytest.mark.skipif(bool(oracle.ABSENT), reason=oracle.ABSENT or "present")
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_hundred_random_patterns_are_counted_in_each_file_as_ripgrep_counts(library: Library, seed: int) -> None:
    for query in oracle.patterns(oracle.standard_library(1 << 20), 100, seed=seed):
        expected = oracle.counts(query, library.root)
        count = library.corpus.count(query, library.scope)
        assert (count.lines, count.files) == (sum(expected.values()), len(expected)), query
        assert count.is_exact
        found: dict[bytes, int] = {}
        after: Place | None = None
        while after is not None or not found:
            page = library.corpus.search(query, library.scope, first=400, after=after)
            for hit in page.hits:
                for path in library.paths[hit.digest]:
                    found[path] = found.get(path, 0) + 1
            after = page.rest
            if after is None or sum(found.values()) > 2_000:
                break
        if after is None:
            assert found == expected, query


@pytest.mark.skipif(bool(oracle.ABSENT), reason=oracle.ABSENT or "present")
@pytest.mark.parametrize("pattern", ["return", r"^\s+return", "def .*self", r"\bimport\b", "no newline", r"\r$"])
def test_the_lines_have_the_numbers_that_ripgrep_gives_them(library: Library, pattern: str) -> None:
    query = Query(pattern)
    hits = library.corpus.search(query, library.scope, first=100_000).hits
    for digest, paths in library.paths.items():
        lines = [hit.line for hit in hits if hit.digest == digest]
        assert lines == oracle.lines(query, library.root / os.fsdecode(paths[0]))
