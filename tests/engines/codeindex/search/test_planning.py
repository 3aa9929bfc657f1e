# SPDX-License-Identifier: Apache-2.0
"""What a pattern's plan asks for, and that it asks for nothing that a match need not have."""

import pytest

from glasshouse.engines.codeindex.search.folding import FOLD, fold, trigrams_of
from glasshouse.engines.codeindex.search.matching import PatternError, Query
from glasshouse.engines.codeindex.search.planning import Join, Plan, plan


def needs(made: Plan, text: bytes) -> bool:
    """Whether a chunk of this text would be a candidate."""
    held = trigrams_of(fold(text))
    each = [code in held for code in made.trigrams] + [needs(part, text) for part in made.parts]
    return all(each) if made.join is Join.ALL_OF else any(each)


@pytest.mark.parametrize(
    ("pattern", "held", "other"),
    [
        ("needle", b"a NEEDLE", b"a needel"),
        ("use.after.free", b"use-after-free", b"use-after"),
        ("(spin|mutex)_lock", b"mutex_lock", b"muter_lock"),
        ("[A-Z]{3}_IOCTL_[0-9a-f]+", b"ABC_IOCTL_0f", b"ABC_IOCT_0"),
        ("(abc){2}", b"abcabc", b"abc xyz"),
        ("(abc)+def", b"abcabcdef", b"abc def"),
        ("ab[cd]e", b"abde", b"abxe"),
        ("devm_.*_register", b"devm_x_register", b"devm_regist"),
        ("caf\u00e9", "caf\u00e9".encode(), b"cafe"),
        ("colou?r", b"color", b"colr"),
    ],
)
def test_a_plan_leaves_what_may_match_and_little_else(pattern: str, held: bytes, other: bytes) -> None:
    assert needs(plan(Query(pattern)), held)
    assert not needs(plan(Query(pattern)), other)
    assert needs(plan(Query(pattern, ignores_case=True)), held.upper())


@pytest.mark.parametrize("pattern", [".*", "a", "qz", "(abc)?", "(abc)*", "abc|.", r"\w+", "^$", "[a-z]{9}", "x{0}"])
def test_a_pattern_that_needs_no_trigram_is_searched_everywhere(pattern: str) -> None:
    assert plan(Query(pattern)).is_all


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 400 + "abc" + ")" * 400,
        "|".join(f"w{n:03}" for n in range(190)),
        "(a|b|c|d)" * 100,
        "([a-h][i-p]){7}" * 60,
        "(((abc|def){1,9}x){1,9}y){1,3}",
        "[[:alpha:]]{3}abc",
        r"\x61\x62\x63",
        "a{,3}bcd",
    ],
)
def test_a_hostile_pattern_has_a_bounded_plan(pattern: str) -> None:
    try:
        query = Query(pattern)
    except PatternError:
        return
    assert len(plan(query).codes()) <= 4_000


def test_folding_keeps_newlines_apart_and_makes_one_of_both_cases() -> None:
    assert [byte for byte in range(256) if FOLD[byte] == 10] == [10]
    assert max(FOLD) < 128
    assert fold(b"ABC\tdef") == fold(b"abc DEF")
    assert trigrams_of(fold(b"ab\ncd")) == frozenset()
