# SPDX-License-Identifier: Apache-2.0
"""YARA-X has no command of its own on the package index; our program drives its library, and says a line for each file.

A file without a line has crashed. Rules that somebody brought take the place of ours; what a rule tells of itself
(`description`, `severity`, `cwe`) is the word of whoever wrote it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from importlib import resources
from itertools import accumulate
from typing import Final

from glasshouse.domain.scans.tools import outputs
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    GIVEN_FOLDER,
    MIB,
    TOOL_FOLDER,
    Coverage,
    Invocation,
    Names,
    Outcome,
    Reading,
    Selection,
    SourceFile,
    Tool,
    Unit,
    Wheels,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif

_ARGV: Final = ("/usr/bin/python3", "-I", "-B", f"{TOOL_FOLDER}/program.py")


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every rule on every file."""
    given = {f"{number}.yar": rule.content for number, rule in enumerate(unit.rules)} or ours()
    return Invocation(
        argv=(*_ARGV, *(f"{GIVEN_FOLDER}/{name}" for name in given), "--", *names.arguments(unit)),
        limits=sandbox.Limits(
            wall=600, cpu=30 + 10 * (unit.size // MIB), address_space=8 * 2**30, memory=2 * 2**30, stream=64 * MIB
        ),
        given=given,
    )


def ours() -> dict[str, bytes]:
    """Return our own rules by the names of their files."""
    places = sorted((resources.files(__package__) / "rules").iterdir(), key=lambda each: each.name)
    return {place.name: place.read_bytes() for place in places}


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read a line for each file."""
    files = {file.path: file for file in unit.files}
    results: list[sarif.Result] = []
    outcomes = []
    for line in result.stdout.splitlines():
        said = outputs.objects(outputs.parsed(line))
        path = names.path(outputs.text(said, "file"))
        if path is None or path not in files:
            raise UnreadableOutputError("a file that it was not given")
        if said.get("timed_out") is not False:
            outcomes.append(Outcome(path, Coverage.TIMED_OUT, "its rules took longer than their time"))
            continue
        results += _results(outputs.items(said, "rules"), files[path])
        outcomes.append(Outcome(path, Coverage.ANALYSED))
    return Reading(tuple(results), tuple(outcomes))


def _results(rules: list[Mapping[str, outputs.Json]], file: SourceFile) -> Iterator[sarif.Result]:
    """Yield a result for each rule and line; what is no text has one a rule, and no lines."""
    starts = None if b"\0" in file.content else list(accumulate(map(len, file.content.splitlines(keepends=True))))
    for rule in rules:
        places = rule.get("places")
        offsets = [_offset(place) for place in places] if isinstance(places, list) else []
        lines = sorted({bisect_right(starts, offset) + 1 for offset in offsets}) if starts is not None else []
        for line in lines or [0]:
            yield _result(rule, file, line, min(offsets, default=0))


def _offset(place: outputs.Json) -> int:
    match place:
        case [int() as offset, int()] if offset >= 0:
            return offset
    raise UnreadableOutputError("no place")


def _result(rule: Mapping[str, outputs.Json], file: SourceFile, line: int, offset: int) -> sarif.Result:
    meta = outputs.objects(rule.get("meta"))
    name = outputs.text(rule, "rule")
    if not re.fullmatch(r"[A-Za-z_]\w{0,127}", name, re.ASCII):
        raise UnreadableOutputError("no name of a rule")
    raw = outputs.text(meta, "severity").lower()
    cwe = outputs.number(meta, "cwe")
    return sarif.Result(
        rule_id=name,
        message=outputs.text(meta, "description") or f"The rule {name} matches.",
        severity=sarif.Severity(raw) if raw in set(sarif.Severity) else sarif.Severity.MEDIUM,
        severity_raw=raw,
        locations=(sarif.Location(path=file.path, region=outputs.region(line)),),
        cwes=(cwe,) if cwe else (),
        properties=() if line else (("offset", offset),),
    )


TOOL: Final = Tool(
    name="yara-x",
    about="signs in bytes of any kind: packed programs, keys, shells, archives in pictures",
    licence="BSD-3-Clause",
    source=Wheels(),
    selection=Selection(frozenset(), all_files=True),
    version=(*_ARGV, "--version"),
    version_pattern=r"yara-x (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=2000,
    unit_bytes=32 * MIB,
    max_file=64 * MIB,
    takes_rules=True,
    caveat="a sign is no proof: it says where to look",
)
