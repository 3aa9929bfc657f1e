# SPDX-License-Identifier: Apache-2.0
"""clang-tidy's groups cert and bugprone read one file as the compiler would.

It goes on after errors on whatever syntax tree is left: such a file is skipped, with the reason whether a header was
missing, and its results are kept. An empty configuration keeps the vendor's `.clang-tidy` out; comments cannot be
switched off, so that the word in them is written differently in what the tool reads.

Its output is text: a line that begins with the name of a file is its own, since lines of the source are indented.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from glasshouse.domain.scans.tools import compilers, outputs
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
from glasshouse.engines.formats import sarif

_PROGRAM: Final = "/usr/bin/clang-tidy-19"
_PARTS: Final = (
    _PROGRAM,
    *compilers.LLVM,
)
_LINE: Final = re.compile(r"(/[^\n:]*|<[^\n:>]*>):(\d+):(\d+): (warning|error|note): (.*?)(?: \[([\w.,+-]+)\])?")
_INDENTED: Final = re.compile(r"\s*\d*\s*\|.*|\s*")
_ERROR: Final = "clang-diagnostic-error"


def invocation(unit: Unit, names: Names) -> Invocation:
    """Run both groups over the file and the headers of the unit."""
    return Invocation(
        argv=(
            *(_PROGRAM, "--config={}", "--checks=-*,cert-*,bugprone-*", "--header-filter=^/src/", "--quiet"),
            *("--use-color=false", *names.arguments(unit), "--", "-w", *compilers.flags(unit, names)),
        ),
        limits=sandbox.Limits(
            wall=900, cpu=240, address_space=6 * 2**30, memory=3 * 2**30, stream=64 * MIB, scratch=16 * MIB
        ),
        ran=frozenset({0, 1}),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and whether the file compiled."""
    said = list(_said(result.stdout, names))
    errors = [each for each in said if each.rule_id == _ERROR]
    kept = tuple(each for each in said if not each.rule_id.startswith("clang-diagnostic-"))
    if errors or result.exit_status != 0:
        is_missing = any("file not found" in each.message for each in errors)
        return Reading(kept, tuple(compilers.cannot_compile(file, is_missing=is_missing) for file in unit.files))
    return Reading(kept, tuple(Outcome(file.path, Coverage.ANALYSED) for file in unit.files))


def _said(printed: bytes, names: Names) -> Iterator[sarif.Result]:
    """Yield each warning with the notes that follow it."""
    current: sarif.Result | None = None
    for line in printed.decode("utf-8", "replace").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            if not _INDENTED.fullmatch(line):
                raise UnreadableOutputError("a line that is not its own")
            continue
        file, row, column, raw, message, rule = found.groups()
        place = names.location(file, outputs.region(int(row), int(column)))
        text = message[: outputs.MAX_MESSAGE]
        if raw == "note":
            if current is not None and len(current.related) < outputs.MAX_RELATED:
                current = replace(current, related=(*current.related, replace(place, message=text)))
            continue
        if current is not None:
            yield current
        current = sarif.Result(rule_id=rule or "unnamed", message=text, severity_raw=raw, locations=(place,))
    if current is not None:
        yield current


TOOL: Final = Tool(
    name="clang-tidy",
    about="C and C++ that is likely a mistake, by SEI CERT among others",
    licence="Apache-2.0 WITH LLVM-exception",
    source=Debian("clang-tidy-19 clang-19 libc6-dev", _PARTS),
    selection=Selection(compilers.C | compilers.CPP),
    version=(_PROGRAM, "--version"),
    version_pattern=r"LLVM version (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    follows_includes=True,
    comments=Comments(
        here=rb"\bNOLINT\b",
        above=rb"\bNOLINTNEXTLINE\b",
        rewritten=((b"NOLINT", b"NoLint"), (b"system_header", b"System_header")),
    ),
    caveat=compilers.CAVEAT,
)
