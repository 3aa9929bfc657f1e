# SPDX-License-Identifier: Apache-2.0
"""GCC 12's -fanalyzer reads one C file as the compiler would, and prints JSON on one line of standard error.

It analyses only what it can compile: at an error the file is skipped, with the reason whether a header was missing.
Where it gave up on a function it says so if asked (-Wanalyzer-too-complex); the file then counts as analysed with that
reason. Pragmas that switch a warning off are written as ones that leave it on.
"""

from collections.abc import Mapping
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

_PROGRAM: Final = "/usr/bin/gcc-12"
_CC1: Final = "/usr/lib/gcc/x86_64-linux-gnu/12/cc1"
_OURS: Final = "-Wanalyzer-"
_GAVE_UP: Final = "-Wanalyzer-too-complex"


def invocation(unit: Unit, names: Names) -> Invocation:
    """Compile to nowhere, with the analyser on; other warnings are another tool's."""
    return Invocation(
        argv=(
            *(_PROGRAM, "-fanalyzer", _GAVE_UP, "-fdiagnostics-format=json", "-O0", "-S", "-o", "/dev/null"),
            *(*compilers.flags(unit, names), *names.arguments(unit)),
        ),
        limits=sandbox.Limits(
            wall=900, cpu=180, address_space=4 * 2**30, memory=3 * 2**30, stream=64 * MIB, scratch=64 * MIB
        ),
        ran=frozenset({0, 1}),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and whether the file compiled."""
    said = _said(result.stderr)
    errors = [each for each in said if "error" in outputs.text(each, "kind")]
    if errors or result.exit_status != 0:
        is_missing = any("No such file" in outputs.text(each, "message") for each in errors)
        return Reading((), tuple(compilers.cannot_compile(file, is_missing=is_missing) for file in unit.files))
    options = [outputs.text(each, "option") for each in said]
    reason = "gcc gave up on part of it, which was too complex" if _GAVE_UP in options else ""
    found = zip(said, options, strict=True)
    return Reading(
        tuple(_result(each, rule, names) for each, rule in found if rule.startswith(_OURS) and rule != _GAVE_UP),
        tuple(Outcome(file.path, Coverage.ANALYSED, reason) for file in unit.files),
    )


def _said(printed: bytes) -> list[Mapping[str, outputs.Json]]:
    """Return the diagnostics; they are one line, and words of the driver may follow."""
    line = printed.partition(b"\n")[0]
    found = outputs.parsed(line) if line else None
    if not isinstance(found, list):
        raise UnreadableOutputError("no list of diagnostics")
    return [outputs.objects(each) for each in found]


def _result(each: Mapping[str, outputs.Json], rule: str, names: Names) -> sarif.Result:
    places = [_location(place, names) for place in outputs.items(each, "locations")]
    steps = outputs.items(each, "path") if "path" in each else []
    flow = tuple(
        sarif.FlowStep(
            _place(outputs.objects(step.get("location")), {}, names, outputs.text(step, "description")),
            outputs.number(step, "depth"),
        )
        for step in steps
    )
    cwe = outputs.number(outputs.objects(each.get("metadata") or {}), "cwe")
    return sarif.Result(
        rule_id=rule,
        message=outputs.text(each, "message"),
        severity=sarif.Severity.HIGH,
        severity_raw=outputs.text(each, "kind"),
        locations=tuple(places[:1]),
        related=tuple(places[1:]),
        flows=(sarif.Flow(flow),) if flow else (),
        cwes=(cwe,) if cwe else (),
        properties=(("help", outputs.text(each, "option_url")),),
    )


def _location(place: Mapping[str, outputs.Json], names: Names) -> sarif.Location:
    start = outputs.objects(place.get("start") or place.get("caret"))
    return _place(start, outputs.objects(place.get("finish") or {}), names)


def _place(
    start: Mapping[str, outputs.Json], finish: Mapping[str, outputs.Json], names: Names, message: str = ""
) -> sarif.Location:
    column, last = outputs.number(start, "display-column"), outputs.number(finish, "display-column")
    # It names the last column of the place; SARIF the one behind it.
    region = outputs.region(
        outputs.number(start, "line"), column, outputs.number(finish, "line"), last + 1 if last else 0
    )
    return names.location(outputs.text(start, "file"), region, message)


TOOL: Final = Tool(
    name="gcc-analyzer",
    about="paths through C on which memory, files and signals go wrong",
    licence="GPL-3.0-or-later",
    source=Debian("gcc-12 libc6-dev", (_PROGRAM, _CC1)),
    selection=Selection(compilers.C),
    version=(_PROGRAM, "-dumpfullversion"),
    version_pattern=r"^(12(?:\.\d+)+)$",
    invocation=invocation,
    reading=reading,
    follows_includes=True,
    comments=Comments(
        above=rb"GCC\s+diagnostic\s+ignored\s+\\?\"-Wanalyzer",
        rewritten=((b"GCC diagnostic ignored", b"GCC diagnostic warning"), (b"system_header", b"System_header")),
    ),
    caveat="C only; " + compilers.CAVEAT,
)
