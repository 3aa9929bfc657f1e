# SPDX-License-Identifier: Apache-2.0
"""Clang analyses what it compiles; a report that is not there is never an empty one."""

from pathlib import PurePosixPath

import pytest

from glasshouse.domain.scans.tools import registry
from glasshouse.domain.scans.tools.compilers import MISSING_HEADER, STOPPED
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import Coverage, Names
from glasshouse.engines import sandbox
from tests.domain.scans.tools.clang_analyzer.sample import FLAWED
from tests.domain.scans.tools.samples import coverage, found, run, unit

HEADER = b"static inline int last(int *cell)\n{\n    cell = 0;\n    return *cell;\n}\n"
USER = b'#include "deep/cells.h"\nint user(int *cell)\n{\n    return last(cell);\n}\n'


def test_a_missing_header_is_told_apart_from_an_error() -> None:
    analysis = run("clang-analyzer", {b"a.c": b'#include "x.h"\n' + FLAWED, b"b.c": b"#error no\n"})
    assert [outcome.reason for outcome in analysis.outcomes] == [MISSING_HEADER, STOPPED]
    assert analysis.results == ()


def test_a_flaw_in_a_header_of_an_odd_name_stands_in_the_header() -> None:
    analysis = run("clang-analyzer", {b"lib/user \xff.c": USER}, {b"lib/include/deep/cells.h": HEADER})
    assert coverage(analysis) == {b"lib/user \xff.c": Coverage.ANALYSED}
    assert found(analysis, b"lib/include/deep/cells.h") == {("core.NullDereference", 4)}
    [flow] = analysis.results[0].flows
    assert {PurePosixPath(str(step.location.path)).name for step in flow.steps} >= {"cells.h"}


def test_a_report_that_is_not_there_is_a_crash_and_no_clean_file() -> None:
    files = unit({b"a.c": FLAWED})
    usage = sandbox.Usage(wall=0, cpu=0, peak_memory=None)
    silent = sandbox.Result(
        outcome=sandbox.Outcome.OK, exit_status=0, stdout=b"", stderr=b"", outputs=(), left_out=(), usage=usage
    )
    with pytest.raises(UnreadableOutputError):
        registry.tool("clang-analyzer").reading(files, Names.of(files), silent)


def test_flaws_of_another_language_are_found_too() -> None:
    source = b"int use(int way)\n{\n    int *cell = new int(way);\n    delete cell;\n    return *cell;\n}\n"
    analysis = run("clang-analyzer", {b"a.cpp": source})
    assert ("cplusplus.NewDelete", 5) in found(analysis)
