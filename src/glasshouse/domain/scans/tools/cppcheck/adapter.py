# SPDX-License-Identifier: Apache-2.0
"""Cppcheck parses C and C++ by itself and ends with status 0 whatever it could not read.

At a `#error` of the only configuration it stops and says nothing. What proves that a file was parsed is the summary
that it writes into its build folder once it has a syntax tree: a file without one is skipped. An empty file, and one of
macros only, has none either; it is skipped too, as nothing of it was checked. `syntaxError` and its like are no
findings but a configuration that was not analysed. Headers of the system are not read; `limits.h` is given, for a
source that asks there how long a byte is stops at its `#error` otherwise. Suppressing comments are off unless asked
for.

Output comes by a template of ours, one line each, separated by a control character that no identifier holds.
"""

import re
from itertools import pairwise
from typing import Final

from glasshouse.domain.scans.tools import compilers, outputs
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    GIVEN_FOLDER,
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
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath

_PROGRAM: Final = "/usr/bin/cppcheck"
_MARK: Final = "\x1f"
_RESULT: Final = _MARK.join(
    ("R", "{id}", "{severity}", "{cwe}", "{inconclusive:inconclusive}", "{file}", "{line}", "{column}", "{message}")
)
_STEP: Final = _MARK.join(("L", "{file}", "{line}", "{column}", "{info}"))
_BUILD: Final = "/out"
_NOT_PARSED: Final = frozenset(
    {"syntaxError", "unknownMacro", "internalError", "internalAstError", "cppcheckError", "preprocessorErrorDirective"}
)
_SEVERITIES: Final = {
    "error": (sarif.Severity.HIGH, sarif.Level.ERROR),
    "warning": (sarif.Severity.MEDIUM, sarif.Level.WARNING),
    "portability": (sarif.Severity.LOW, sarif.Level.NOTE),
}
_EDITION: Final = re.compile(r"-std=(?:c|gnu)(89|99|11|\+\+(?:03|11|14|17|20))")
_LIMITS: Final = b"""
#define CHAR_BIT 8
#define MB_LEN_MAX 16
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define CHAR_MIN SCHAR_MIN
#define CHAR_MAX SCHAR_MAX
#define SHRT_MIN (-32767 - 1)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MIN (-2147483647 - 1)
#define INT_MAX 2147483647
#define UINT_MAX 4294967295U
#define LONG_MIN (-9223372036854775807L - 1L)
#define LONG_MAX 9223372036854775807L
#define ULONG_MAX 18446744073709551615UL
#define LLONG_MIN (-9223372036854775807LL - 1LL)
#define LLONG_MAX 9223372036854775807LL
#define ULLONG_MAX 18446744073709551615ULL
"""
"""ISO/IEC 9899:2024, 5.3.5.3.2, for the machines that a lab runs on."""
_UNKNOWN: Final = (sarif.Severity.LOW, sarif.Level.NOTE)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for errors, warnings and portability of up to twelve configurations a file."""
    taken = ["", *compilers.flags(unit, names)]
    flags = [flag for before, word in pairwise(taken) if (flag := _flag(before, word))]
    return Invocation(
        argv=(
            *(_PROGRAM, "--quiet", "--enable=warning,portability", "--max-configs=12"),
            *(f"--cppcheck-build-dir={_BUILD}", f"--template={_RESULT}", f"--template-location={_STEP}"),
            *(*flags, f"-I{GIVEN_FOLDER}", *names.arguments(unit)),
        ),
        given={"limits.h": _LIMITS},
        limits=sandbox.Limits(
            wall=3600,
            cpu=600 + 120 * (unit.size // MIB),  # twelve configurations of a file full of conditions take minutes
            address_space=4 * 2**30,
            memory=2 * 2**30,
            stream=32 * MIB,
            scratch=128 * MIB,
            output_bytes=128 * MIB,
        ),
        collect=True,
    )


def _flag(before: str, word: str) -> str:
    """Return a compiler's flag as cppcheck takes it, in one word and in its short form; "" where it knows none."""
    if before in {"-I", "-isystem", "-iquote"}:
        return f"-I{word}"
    if before == "-include":
        return f"--include={word}"
    if edition := _EDITION.fullmatch(word):
        return f"--std=c{edition[1]}"
    return word if word.startswith(("-D", "-U")) else ""


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and whether the file has a summary."""
    is_parsed = _has_summary(result)
    results: list[sarif.Result] = []
    broken: set[TreePath | None] = set()
    for block in _blocks(result.stderr):
        if block[0][1] in _NOT_PARSED:
            broken.add(names.path(block[0][5]))
        elif block[0][2] != "information":
            results.append(_result(block, names))
    outcomes = []
    for file in unit.files:
        if file.path in broken:
            outcomes.append(Outcome(file.path, Coverage.SKIPPED, "cppcheck could not parse a configuration of it"))
        elif not is_parsed:
            reason = "cppcheck parsed nothing of it: it stops at #error, or holds no code"
            outcomes.append(Outcome(file.path, Coverage.SKIPPED, reason))
        else:
            reason = f"read without {compilers.LACKING}" if compilers.lacks_headers(unit, file) else ""
            outcomes.append(Outcome(file.path, Coverage.ANALYSED, reason))
    return Reading(tuple(results), tuple(outcomes))


def _has_summary(result: sandbox.Result) -> bool:
    """Say whether any configuration of the unit's one file was parsed.

    Its build folder holds a list, a file `NAME.a1`, and a summary for each configuration that got that far. How
    summaries are called depends on the configuration, and two files of one name share them: hence one file a start.
    """
    left = {output.path.raw for output in result.outputs}
    if b"files.txt" not in left:
        raise UnreadableOutputError("no list of files")
    return any(not re.fullmatch(rb"files\.txt|.*\.a\d+", name, re.DOTALL) for name in left)


def _blocks(printed: bytes) -> list[list[list[str]]]:
    """Split the output into results, each with its steps."""
    blocks: list[list[list[str]]] = []
    for line in printed.decode("utf-8", "replace").split("\n"):
        fields = line.split(_MARK)
        if fields[0] == "R" and len(fields) == 9:  # noqa: PLR2004 - as in the template
            blocks.append([fields])
        elif fields[0] == "L" and len(fields) == 5 and blocks:  # noqa: PLR2004 - as in the template
            blocks[-1].append(fields)
        elif line:
            raise UnreadableOutputError("a line that the template does not write")
    return blocks


def _result(block: list[list[str]], names: Names) -> sarif.Result:
    (_, rule, raw, cwe, inconclusive, file, line, column, message), *steps = block
    severity, level = _SEVERITIES.get(raw, _UNKNOWN)
    flow = tuple(
        sarif.FlowStep(names.location(at, _region(row, col), info[: outputs.MAX_MESSAGE]))
        for _, at, row, col, info in steps
    )
    return sarif.Result(
        rule_id=rule or "unnamed",
        message=message[: outputs.MAX_MESSAGE],
        severity=severity,
        severity_raw=raw,
        level=level,
        locations=(names.location(file, _region(line, column)),),
        flows=(sarif.Flow(flow),) if flow else (),
        cwes=(int(cwe),) if cwe.isdecimal() and int(cwe) else (),
        properties=(("inconclusive", True),) if inconclusive else (),
    )


def _region(line: str, column: str) -> sarif.Region | None:
    return outputs.region(int(line) if line.isdecimal() else 0, int(column) if column.isdecimal() else 0)


TOOL: Final = Tool(
    name="cppcheck",
    about="undefined behaviour in C and C++",
    licence="GPL-3.0-or-later",
    source=Debian("cppcheck", (_PROGRAM,)),
    selection=Selection(compilers.C | compilers.CPP),
    version=(_PROGRAM, "--version"),
    version_pattern=r"Cppcheck (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    follows_includes=True,
    comments=Comments(here=rb"cppcheck-suppress\b", above=rb"cppcheck-suppress\b"),
    caveat="headers of the system are not read; " + compilers.CAVEAT,
)
