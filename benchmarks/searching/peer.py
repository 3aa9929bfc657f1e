# SPDX-License-Identifier: Apache-2.0
"""ripgrep on the plain files: the first lines of a query, and its count."""

import os
import subprocess
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from glasshouse.engines.codeindex.search.matching import Query
from tests.engines.codeindex.search import oracle

FIRST: Final = 50


def check() -> None:
    """End with what to install where ripgrep is missing."""
    if oracle.ABSENT:
        raise SystemExit(oracle.ABSENT)


def first(query: Query, places: Sequence[Path]) -> float:
    """Return the seconds until ripgrep has told fifty lines with path and number, or all."""
    command = [*oracle.command(query, "--line-number", "--with-filename"), *map(os.fspath, places)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        for _ in islice(running.stdout, FIRST):
            pass
        seconds = time.perf_counter() - begun
        running.kill()
    return seconds


def count(query: Query, places: Sequence[Path]) -> tuple[float, int, int]:
    """Return the seconds that ripgrep takes to count, the lines, and the files that have one."""
    command = [*oracle.command(query, "--count", "--no-filename"), *map(os.fspath, places)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = time.perf_counter() - begun
    assert done.returncode in {0, 1}, done.stderr[:500]
    found = [int(line) for line in done.stdout.split()]
    return seconds, sum(found), len(found)
