# SPDX-License-Identifier: Apache-2.0
"""ShellCheck reads one script; where its parser stops it says so in a result of its own (1072, 1073, 1088 and others).

What stands before that place is checked and what stands behind it is not, so such a file is skipped and its results
are kept. A shell that it does not know (1071: zsh, fish, csh) is not applicable. `--norc` keeps the vendor's
`.shellcheckrc` out; comments cannot be switched off, so that the word they begin with is written differently in what
the tool reads.
"""

from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
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

_PROGRAM: Final = "/usr/bin/shellcheck"
_OTHER_SHELL: Final = 1071
# The parser gave up here; what it names as the reason comes beside these.
_STOPPED: Final = frozenset({1072, 1088, 1089})
_SEVERITIES: Final = {
    "error": (sarif.Severity.HIGH, sarif.Level.ERROR),
    "warning": (sarif.Severity.MEDIUM, sarif.Level.WARNING),
    "info": (sarif.Severity.LOW, sarif.Level.NOTE),
    "style": (sarif.Severity.NOTE, sarif.Level.NOTE),
}
_UNKNOWN: Final = (sarif.Severity.MEDIUM, sarif.Level.WARNING)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for everything but matters of style, as JSON; a script whose shell is not told is taken for bash."""
    return Invocation(
        argv=(_PROGRAM, "--norc", "--format", "json1", "--severity", "info", *names.arguments(unit)),
        # A thousand lines can take gigabytes: whoever does not fit has crashed, and the neighbours live.
        limits=sandbox.Limits(
            wall=600, cpu=60 + 120 * (unit.size // MIB), address_space=4 * 2**30, memory=2 * 2**30, stream=32 * MIB
        ),
        ran=frozenset({0, 1}),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and where the parser stopped."""
    results, stopped = [], {}
    for each in outputs.items(outputs.parsed(result.stdout), "comments"):
        code, path = outputs.number(each, "code"), names.path(outputs.text(each, "file"))
        if code == _OTHER_SHELL:
            stopped[path] = (Coverage.NOT_APPLICABLE, "a shell that shellcheck does not know")
        elif code in _STOPPED and outputs.text(each, "level") == "error":
            stopped.setdefault(path, (Coverage.SKIPPED, "shellcheck could not parse it to its end"))
        results.append(_result(each, names))
    outcomes = tuple(Outcome(file.path, *stopped.get(file.path, (Coverage.ANALYSED, ""))) for file in unit.files)
    return Reading(tuple(results), outcomes)


def _result(each: Mapping[str, outputs.Json], names: Names) -> sarif.Result:
    severity, level = _SEVERITIES.get(raw := outputs.text(each, "level"), _UNKNOWN)
    region = outputs.region(
        outputs.number(each, "line"),
        outputs.number(each, "column"),
        outputs.number(each, "endLine"),
        outputs.number(each, "endColumn"),
    )
    return sarif.Result(
        rule_id=f"SC{outputs.number(each, 'code')}",
        message=outputs.text(each, "message"),
        severity=severity,
        severity_raw=raw,
        level=level,
        locations=(names.location(outputs.text(each, "file"), region),),
    )


TOOL: Final = Tool(
    name="shellcheck",
    about="bugs and quoting in shell scripts",
    licence="GPL-3.0-or-later",
    source=Debian("shellcheck", (_PROGRAM,)),
    selection=Selection(
        frozenset({".sh", ".bash", ".ksh"}), interpreters=frozenset({"sh", "bash", "dash", "ksh", "ash", "busybox"})
    ),
    version=(_PROGRAM, "--version"),
    version_pattern=r"version: (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=20,
    unit_bytes=MIB // 4,
    max_file=MIB,
    comments=Comments(
        above=rb"^\s*#\s*shellcheck\s[^\n]*\bdisable=", rewritten=((b"shellcheck disable=", b"SHELLCHECK disable="),)
    ),
    caveat="what a script sources is not followed",
)
