# SPDX-License-Identifier: Apache-2.0
"""Ruff reads each file on its own; a file that it cannot parse is a result named `invalid-syntax`.

`--isolated` keeps every `ruff.toml` and `pyproject.toml` out, `--ignore-noqa` every comment. What it parsed it does not
list, so that a file is analysed when the tool ended with 0 or 1, did not complain of its syntax, and did not warn on
standard error that it failed on a file: then nothing of the group is believed.
"""

from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    MIB,
    TOOL_FOLDER,
    Comments,
    Coverage,
    Invocation,
    Names,
    Outcome,
    Reading,
    Selection,
    Tool,
    Unit,
    Wheels,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif

_PROGRAM: Final = f"{TOOL_FOLDER}/bin/ruff"
_SYNTAX: Final = frozenset({"", "invalid-syntax", "E999", "E902"})


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for the group S on every file, as JSON."""
    return Invocation(
        argv=(
            *(_PROGRAM, "check", "--isolated", "--no-cache", "--ignore-noqa", "--select", "S", "--target-version"),
            *("py313", "--output-format", "json", "--", *names.arguments(unit)),
        ),
        limits=sandbox.Limits(
            wall=300, cpu=20 + 5 * (unit.size // MIB), address_space=8 * 2**30, memory=2**30, stream=64 * MIB
        ),
        ran=frozenset({0, 1}),
        environment={"RAYON_NUM_THREADS": "1"},
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results; a complaint about syntax is no finding but a file that was not analysed."""
    if b"error:" in result.stderr or b"Failed to" in result.stderr:
        raise UnreadableOutputError("it warned that a file failed")
    said = outputs.parsed(result.stdout)
    if not isinstance(said, list):
        raise UnreadableOutputError("no list of results")
    results, broken = [], set()
    for each in map(outputs.objects, said):
        if outputs.text(each, "code") in _SYNTAX:
            broken.add(names.path(outputs.text(each, "filename")))
        else:
            results.append(_result(each, names))
    outcomes = tuple(
        Outcome(file.path, Coverage.SKIPPED, "ruff could not parse it as Python 3")
        if file.path in broken
        else Outcome(file.path, Coverage.ANALYSED)
        for file in unit.files
    )
    return Reading(tuple(results), outcomes)


def _result(each: Mapping[str, outputs.Json], names: Names) -> sarif.Result:
    start = outputs.objects(each.get("location"))
    end = outputs.objects(each.get("end_location") or {})
    region = outputs.region(
        outputs.number(start, "row"),
        outputs.number(start, "column"),
        outputs.number(end, "row"),
        outputs.number(end, "column"),
    )
    return sarif.Result(
        rule_id=outputs.text(each, "code"),
        message=outputs.text(each, "message"),
        # It knows no degrees: all of its rules are warnings to it.
        severity=sarif.Severity.MEDIUM,
        locations=(names.location(outputs.text(each, "filename"), region),),
        properties=(("help", outputs.text(each, "url")),),
    )


TOOL: Final = Tool(
    name="ruff",
    about="security checks of Python, fast",
    licence="MIT",
    source=Wheels(),
    selection=Selection(frozenset({".py", ".pyw", ".pyi"}), interpreters=frozenset({"python"})),
    version=(_PROGRAM, "--version"),
    version_pattern=r"ruff (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=500,
    unit_bytes=8 * MIB,
    comments=Comments(here=rb"#\s*noqa\b"),
    caveat="Python 3; a file of another syntax is skipped",
)
