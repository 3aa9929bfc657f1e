# SPDX-License-Identifier: Apache-2.0
"""Cppcheck ends with status 0 whatever it did not read; its summaries tell."""

from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.cppcheck.sample import FLAWED
from tests.domain.scans.tools.samples import coverage, found, run

HEADER = b"static inline int last(int *table)\n{\n    int cells[2] = {0};\n    return cells[2] + *table;\n}\n"
USER = b'#include "deep/table.h"\nint user(int *t)\n{\n    return last(t);\n}\n'


def test_files_of_one_name_in_two_folders_are_told_apart() -> None:
    files = {b"a/same.c": FLAWED, b"b/same.c": b"#error no\n" + FLAWED, b"c/same.c": b"int x(void) { return 1; }\n"}
    assert coverage(run("cppcheck", files)) == {
        b"a/same.c": Coverage.ANALYSED,
        b"b/same.c": Coverage.SKIPPED,
        b"c/same.c": Coverage.ANALYSED,
    }


def test_a_flaw_in_a_header_of_the_unit_stands_in_the_header() -> None:
    analysis = run("cppcheck", {b"lib/user.c": USER}, {b"lib/include/deep/table.h": HEADER})
    assert found(analysis, b"lib/include/deep/table.h") == {("arrayIndexOutOfBounds", 4)}
    assert analysis.outcomes[0].reason == ""


def test_a_missing_header_is_told() -> None:
    analysis = run("cppcheck", {b"lib/user.c": USER})
    assert (analysis.outcomes[0].coverage, "header" in analysis.outcomes[0].reason) == (Coverage.ANALYSED, True)


def test_macros_of_a_compile_database_are_taken_and_other_flags_are_not() -> None:
    source = b"#ifndef CONFIGURED\n#error no\n#endif\n" + FLAWED
    assert coverage(run("cppcheck", {b"a.c": source}, {}, "-DCONFIGURED=1", "--help", "-o/out/x")) == {
        b"a.c": Coverage.ANALYSED
    }


def test_the_way_to_a_flaw_is_kept_step_by_step() -> None:
    [result] = [result for result in run("cppcheck", {b"a.c": FLAWED}).results if result.rule_id == "doubleFree"]
    assert [step.location.region and step.location.region.start_line for step in result.flows[0].steps] == [11, 12]
    assert result.cwes == (415,)


def test_a_source_that_asks_how_long_a_byte_is_is_read() -> None:
    careful = b"#include <limits.h>\n#if CHAR_BIT != 8 || INT_MAX < 2147483647\n#error no byte of ours\n#endif\n"
    assert coverage(run("cppcheck", {b"a.c": careful + FLAWED})) == {b"a.c": Coverage.ANALYSED}
