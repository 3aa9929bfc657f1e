# SPDX-License-Identifier: Apache-2.0
"""GCC analyses what it compiles, and says what stood in its way."""

from glasshouse.domain.scans.tools.compilers import MISSING_HEADER, STOPPED
from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.gcc_analyzer.sample import FLAWED
from tests.domain.scans.tools.samples import coverage, found, run

INCLUDING = b'#include "net/cells.h"\n' + FLAWED


def test_a_missing_header_is_told_apart_from_an_error() -> None:
    analysis = run("gcc-analyzer", {b"a.c": INCLUDING, b"b.c": b"#error no\n", b"c.c": b"#include <absent.h>\n"})
    assert [outcome.reason for outcome in analysis.outcomes] == [MISSING_HEADER, STOPPED, MISSING_HEADER]


def test_headers_of_the_unit_are_found_without_flags_and_with_them() -> None:
    header = {b"lib/include/net/cells.h": b"typedef int cell;\n"}
    for flags in ((), ("-Ilib/include",), ("-I", "lib/include"), ("-isystem", "lib/include")):
        analysis = run("gcc-analyzer", {b"lib/a.c": INCLUDING}, header, *flags)
        assert coverage(analysis) == {b"lib/a.c": Coverage.ANALYSED}
        assert ("-Wanalyzer-double-free", 13) in found(analysis)
    assert coverage(run("gcc-analyzer", {b"lib/a.c": INCLUDING}, header, "-Ielsewhere")) == {
        b"lib/a.c": Coverage.SKIPPED
    }


def test_a_vendors_flags_load_no_plug_in_and_write_no_file() -> None:
    flags = (
        "-fplugin=/src/evil.so",
        "-o/out/x",
        "@/src/args",
        "-fno-analyzer",
        "-w",
        "-I/etc",
        "-I../..",
        "-include",
        "/etc/passwd",
    )
    analysis = run("gcc-analyzer", {b"a.c": FLAWED}, {}, *flags)
    assert len(found(analysis)) == 2


def test_the_way_to_a_flaw_is_kept_with_its_weakness() -> None:
    [freed] = [one for one in run("gcc-analyzer", {b"a.c": FLAWED}).results if one.rule_id.endswith("double-free")]
    assert [step.location.region and step.location.region.start_line for step in freed.flows[0].steps] == [11, 12]
    assert all(step.location.message for step in freed.flows[0].steps)
    assert freed.cwes == (415,)


def test_a_header_that_calls_itself_the_systems_is_read_like_any_other() -> None:
    header = {b"inner.h": b"#pragma GCC system_header\n" + FLAWED}
    assert len(found(run("gcc-analyzer", {b"a.c": b'#include "inner.h"\n'}, header), b"inner.h")) == 2
