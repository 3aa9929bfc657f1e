# SPDX-License-Identifier: Apache-2.0
"""Clang's static analyzer reads one file as the compiler would, and writes SARIF.

It analyses only what it can compile: at an error there is no report, and the file is skipped with the reason whether a
header was missing. A report that is absent although it ended with status 0 is a crash. The macro by which a vendor can
hide code from it is undefined; the attribute and the pragma that silence it are written as ones that it does not know.
"""

from typing import Final

from glasshouse.domain.scans.tools import compilers, sarifs
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    MIB,
    Comments,
    Coverage,
    Debian,
    Invocation,
    Names,
    Outcome,
    Reading,
    Selection,
    Tool,
    Unit,
)
from glasshouse.engines import sandbox

_PROGRAM: Final = "/usr/bin/clang-19"
_PARTS: Final = (
    _PROGRAM,
    *compilers.LLVM,
)
_REPORT: Final = "report.sarif"


def invocation(unit: Unit, names: Names) -> Invocation:
    """Run the default checkers over the file and its paths."""
    return Invocation(
        argv=(
            *(_PROGRAM, "--analyze", "-Xclang", "-analyzer-output=sarif", "-o", f"/out/{_REPORT}"),
            *("-U__clang_analyzer__", "-w", "-fno-caret-diagnostics", *compilers.flags(unit, names)),
            *names.arguments(unit),
        ),
        limits=sandbox.Limits(
            wall=900, cpu=180, address_space=6 * 2**30, memory=3 * 2**30, scratch=64 * MIB, output_bytes=64 * MIB
        ),
        ran=frozenset({0, 1}),
        collect=True,
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read the report, and whether the file compiled."""
    if result.exit_status != 0:
        is_missing = b"file not found" in result.stderr
        return Reading((), tuple(compilers.cannot_compile(file, is_missing=is_missing) for file in unit.files))
    reports = [output.content for output in result.outputs if output.path.raw == _REPORT.encode()]
    if not reports:
        raise UnreadableOutputError("no report")
    return Reading(
        sarifs.results(reports[0], names), tuple(Outcome(file.path, Coverage.ANALYSED) for file in unit.files)
    )


TOOL: Final = Tool(
    name="clang-analyzer",
    about="paths through C and C++ on which something goes wrong",
    licence="Apache-2.0 WITH LLVM-exception",
    source=Debian("clang-19 libc6-dev", _PARTS),
    selection=Selection(compilers.C | compilers.CPP),
    version=(_PROGRAM, "--version"),
    version_pattern=r"clang version (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    follows_includes=True,
    comments=Comments(
        here=rb"clang::suppress|system_header",
        above=rb"clang::suppress",
        rewritten=((b"clang::suppress", b"clang::Suppress"), (b"system_header", b"System_header")),
    ),
    caveat=compilers.CAVEAT,
)
