# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.measures import reading
from glasshouse.engines.measures.clones import MIN_TOKENS, copies
from glasshouse.engines.measures.values import Facts, Kind
from tests.engines.measures.small import reckoned


def code(*, first: int = 0, lines: int = 30) -> str:
    return "".join(f"  total{one} += first{one}(value{one}, {one});\n" for one in range(first, first + lines))


def function(text: str) -> str:
    return "int f(void) {\n" + text + "}\n"


def test_a_copy_is_found_in_another_file_whatever_its_spaces_and_comments() -> None:
    other = code().replace("  total", "\t/* copied */ total").replace(", ", " ,\t")
    found = reckoned({"a.c": function(code()), "b.c": "int g(int x)\n{\n\n" + other + "return 1; }\n"})
    assert found.duplicated.tolist() == [30, 30]


def test_python_is_compared_too() -> None:
    text = "".join(f"total{one} = first{one}(value, {one}, 'x')  # why\n" for one in range(30))
    assert reckoned({"a.py": text, "b.py": "import os\n" + text}).duplicated.tolist() == [30, 30]


def test_fewer_tokens_than_the_least_are_no_copy() -> None:
    few = MIN_TOKENS // 10 - 2
    found = reckoned({"a.c": function(code(lines=few)), "b.c": "int g(int x) {\n" + code(lines=few) + "return 1; }\n"})
    assert found.duplicated.sum() == 0


def test_a_copy_inside_one_file_counts_on_both_sides() -> None:
    assert (
        reckoned({"a.c": function(code()) + "int x;\n" + "int g() {\n" + code() + "return 2; }\n"}).duplicated[0] == 60
    )


def test_tables_of_numbers_are_no_copies() -> None:
    table = "int t[] = {\n" + "0x00, 0x00, 0x00, 0x00,\n" * 500 + "0,\n" * 500 + "};\n"
    assert reckoned({"a.c": table, "b.c": table}).duplicated.sum() == 0


def test_what_only_repeats_itself_at_once_is_no_copy() -> None:
    assert reckoned({"a.c": function("  push(x, y);\n" * 16)}).duplicated.sum() == 0


def test_among_fewer_files_a_run_that_stands_there_once_is_no_copy() -> None:
    found = reckoned({"a.c": function(code()), "b.c": "int x;\n" + code(), "c.c": "int y;\n" + code()})
    assert found.duplicated.tolist() == [30, 30, 30]
    two = found.copies.among(np.array([True, False, True])).lines_of(found.lines)
    assert two.tolist() == [30, 0, 30]
    assert found.copies.among(np.array([True, False, False])).lines_of(found.lines).tolist() == [0, 0, 0]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=6),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_copies_are_those_that_comparing_every_pair_of_runs_finds(plan: list[list[tuple[int, int]]]) -> None:
    texts = [[f"v{sort} = call{sort}(a, b{line});" for sort, lines in parts for line in range(lines)] for parts in plan]
    least = 25
    documents = []
    for text in texts:
        facts = reading.facts_of("\n".join(text).encode(), Kind.C)
        assert isinstance(facts, Facts)
        documents.append(facts.code)
    found = copies(documents, least=least).lines_of(np.array([len(text) for text in texts], np.int64))
    run = -(-least // 9)  # each line has nine tokens
    runs = [(file, at) for file, text in enumerate(texts) for at in range(len(text) - run + 1)]
    same: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for file, at in runs:
        same.setdefault(tuple(texts[file][at : at + run]), []).append((file, at))
    wanted: set[tuple[int, int]] = set()
    for places in same.values():
        files = {file for file, _ in places}
        starts = [at for _, at in places]
        if len(files) > 1 or max(starts) - min(starts) >= run:
            wanted |= {(file, at + one) for file, at in places for one in range(run)}
    assert found.tolist() == [sum(file == one for file, _ in wanted) for one in range(len(texts))]
