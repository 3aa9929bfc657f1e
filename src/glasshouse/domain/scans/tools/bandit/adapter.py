# SPDX-License-Identifier: Apache-2.0
"""Bandit 1.9 reads each file on its own, and lists what it could not parse in `errors` while it ends with status 0.

Its settings are never taken from the source: it looks for `.bandit` only in folders that it walks, and is given files.
`# nosec` is ignored by its own option. A file that it read has an entry in `metrics`, broken ones too.
"""

from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
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

# Debian's own interpreter, isolated: the tool's folder is the only one beside the standard library.
_START: Final = f"import sys; sys.path.insert(0, {TOOL_FOLDER!r}); from bandit.cli.main import main; main()"
_ARGV: Final = ("/usr/bin/python3", "-I", "-B", "-c", _START)
_SEVERITIES: Final = {
    "HIGH": (sarif.Severity.HIGH, sarif.Level.ERROR),
    "MEDIUM": (sarif.Severity.MEDIUM, sarif.Level.WARNING),
    "LOW": (sarif.Severity.LOW, sarif.Level.NOTE),
}
_UNKNOWN: Final = (sarif.Severity.MEDIUM, sarif.Level.WARNING)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every check on every file, as JSON."""
    return Invocation(
        argv=(*_ARGV, "--quiet", "--format", "json", "--ignore-nosec", "--exit-zero", *names.arguments(unit)),
        limits=sandbox.Limits(
            wall=600, cpu=60 + 30 * (unit.size // MIB), address_space=3 * 2**30, memory=2**30, stream=64 * MIB
        ),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and which files were parsed."""
    said = outputs.objects(outputs.parsed(result.stdout))
    read = outputs.objects(said.get("metrics"))
    parsed = {names.path(name) for name in read}
    outcomes = [Outcome(file.path, Coverage.ANALYSED) for file in unit.files if file.path in parsed]
    # The reason that it prints may repeat the source.
    outcomes += [
        Outcome(path, Coverage.SKIPPED, "bandit could not parse it as Python 3")
        for error in outputs.items(said, "errors")
        if (path := names.path(outputs.text(error, "filename"))) is not None
    ]
    return Reading(tuple(_result(each, names) for each in outputs.items(said, "results")), tuple(outcomes))


def _result(each: Mapping[str, outputs.Json], names: Names) -> sarif.Result:
    severity, level = _SEVERITIES.get(raw := outputs.text(each, "issue_severity"), _UNKNOWN)
    line = outputs.number(each, "line_number")
    # Its columns count from zero, and bytes of UTF-8; the end is that of the last line of the expression.
    region = outputs.region(line, 0, max(_lines(each), default=line), 0)
    cwe = outputs.number(outputs.objects(each.get("issue_cwe") or {}), "id")
    return sarif.Result(
        rule_id=outputs.text(each, "test_id", "unnamed"),
        message=outputs.text(each, "issue_text"),
        severity=severity,
        severity_raw=raw,
        level=level,
        locations=(names.location(outputs.text(each, "filename"), region),),
        cwes=(cwe,) if cwe else (),
        properties=(
            ("confidence", outputs.text(each, "issue_confidence")),
            ("help", outputs.text(each, "more_info")),
            ("name", outputs.text(each, "test_name")),
        ),
    )


def _lines(each: Mapping[str, outputs.Json]) -> list[int]:
    found = each.get("line_range")
    return [line for line in found if isinstance(line, int)] if isinstance(found, list) else []


TOOL: Final = Tool(
    name="bandit",
    about="security checks of Python",
    licence="Apache-2.0",
    source=Wheels(),
    selection=Selection(frozenset({".py", ".pyw"}), interpreters=frozenset({"python"})),
    version=(*_ARGV, "--version"),
    version_pattern=r"(\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=200,
    unit_bytes=2 * MIB,
    comments=Comments(here=rb"#\s*nosec\b"),
    caveat="Python 3 of the machine's own version; a file of another syntax is skipped",
)
