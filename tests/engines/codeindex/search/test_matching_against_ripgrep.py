# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from glasshouse.engines.codeindex.search.matching import matcher
from tests.engines.codeindex.search import oracle


@pytest.mark.skipif(bool(oracle.ABSENT), reason=oracle.ABSENT or "present")
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_random_patterns_find_the_lines_that_ripgrep_finds(seed: int, tmp_path: Path) -> None:
    text = oracle.standard_library(1 << 20)
    (tmp_path / "text").write_bytes(text)
    number_at = {0: 1}
    for line, end in enumerate((at for at, byte in enumerate(text) if byte == 10), 2):
        number_at[end + 1] = line
    for query in oracle.patterns(text, 100, seed=seed):
        found = matcher(query).first(text, 0, len(text), len(text))
        assert [number_at[begin] for begin, _ in found] == oracle.lines(query, tmp_path / "text"), query
        assert matcher(query).count(text, 0, len(text), is_out=lambda: False) == (len(found), True), query
