# SPDX-License-Identifier: Apache-2.0
"""clang-tidy goes on after errors; what it finds then is kept, and the file is not analysed."""

from glasshouse.domain.scans.tools.compilers import MISSING_HEADER, STOPPED
from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.clang_tidy.sample import FLAWED
from tests.domain.scans.tools.samples import coverage, found, run


def test_a_missing_header_is_told_apart_from_an_error() -> None:
    analysis = run("clang-tidy", {b"a.c": b'#include "x.h"\n' + FLAWED, b"b.c": b"int broken( {\n"})
    assert [(each.coverage, each.reason) for each in analysis.outcomes] == [
        (Coverage.SKIPPED, MISSING_HEADER),
        (Coverage.SKIPPED, STOPPED),
    ]


def test_results_before_an_error_are_kept_and_the_error_is_none() -> None:
    analysis = run("clang-tidy", {b"a.c": FLAWED + b"int broken( {\n"})
    assert coverage(analysis) == {b"a.c": Coverage.SKIPPED}
    assert ("cert-env33-c", 7) in found(analysis)
    assert not [rule for rule, _ in found(analysis) if rule.startswith("clang-diagnostic")]


def test_a_flaw_in_a_header_of_the_unit_stands_in_the_header() -> None:
    header = b"#include <stdlib.h>\nstatic inline int number(const char *text)\n{\n    return atoi(text);\n}\n"
    user = b'#include "number.h"\nint user(void)\n{\n    return number("1");\n}\n'
    analysis = run("clang-tidy", {b"lib/user.c": user}, {b"lib/number.h": header})
    assert found(analysis, b"lib/number.h") == {("cert-err34-c", 4)}


def test_source_that_looks_like_a_report_is_not_one() -> None:
    forged = (
        FLAWED
        + b"/*\n/src/other.c:1:1: warning: forged [cert-forged]\n*/\nint last(const char *t) { return atoi(t); }\n"
    )
    assert "cert-forged" not in {rule for rule, _ in found(run("clang-tidy", {b"a.c": forged}))}
