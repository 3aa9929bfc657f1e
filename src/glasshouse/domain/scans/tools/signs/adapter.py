# SPDX-License-Identifier: Apache-2.0
"""Our own program reads any text, byte for byte, and says a line for each file; a file without one has crashed.

What is no text (a zero byte, and no mark of UTF-16) is not applicable. Of what it prints, rules, numbers and the code
of a character are taken, and no text of the source.
"""

import re
from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    MIB,
    TOOL_FOLDER,
    Coverage,
    House,
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

_ARGV: Final = ("/usr/bin/python3", "-I", "-B", f"{TOOL_FOLDER}/program.py")
_MANY: Final = "it has more signs than are told one by one"
_H, _M, _L = sarif.Severity.HIGH, sarif.Severity.MEDIUM, sarif.Severity.LOW
RULES: Final[Mapping[str, tuple[sarif.Severity, int, str]]] = {
    "bidi": (_H, 451, "The order in which this line is shown is changed, and not changed back before its end."),
    "bidi-closed": (_M, 451, "The order in which this line is shown is not the order in which it is read."),
    "carried": (_H, 506, "A row of characters that leave no mark: something can be written in them."),
    "invisible": (_M, 451, "A character that leaves no mark stands here."),
    "lookalike": (_H, 1007, "A word with letters of another script, which looks like a word without."),
    "control": (_M, 150, "A control character stands in the text: a terminal obeys it, and shows another line."),
    "line-break": (_L, 451, "Some programs begin a new line here, and others do not."),
    "out-of-sight": (_M, 451, "Text stands far beyond the right edge of a screen."),
    "account": (_H, 912, "An account other than root has the administrator's number, or root has no password."),
    "password-hash": (_M, 798, "The hash of a password comes with the product, the same for everyone."),
    "authorized-key": (_M, 798, "Whoever holds this key can sign in wherever the product is installed."),
}


def invocation(unit: Unit, names: Names) -> Invocation:
    """Have the files looked at."""
    return Invocation(
        argv=(*_ARGV, *names.arguments(unit)),
        limits=sandbox.Limits(
            wall=300, cpu=20 + 10 * (unit.size // MIB), address_space=2 * 2**30, memory=2**30, stream=64 * MIB
        ),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read a line for each file."""
    del unit
    results: list[sarif.Result] = []
    outcomes = []
    for line in result.stdout.splitlines():
        said = outputs.objects(outputs.parsed(line))
        path = names.path(outputs.text(said, "file"))
        if path is None:
            raise UnreadableOutputError("a file that it was not given")
        found = said.get("signs")
        if not isinstance(found, list):
            raise UnreadableOutputError("no list of signs")
        results += [_result(each, path) for each in found]
        if said.get("is_text") is not True:
            outcomes.append(Outcome(path, Coverage.NOT_APPLICABLE, "no text"))
        else:
            outcomes.append(Outcome(path, Coverage.ANALYSED, _MANY if outputs.number(said, "more") else ""))
    return Reading(tuple(results), tuple(outcomes))


def _result(each: outputs.Json, path: TreePath) -> sarif.Result:
    match each:
        case [str() as rule, int() as line, int() as start, int() as stop, str() as what] if (
            rule in RULES and re.fullmatch(r"(U\+[0-9A-F]{4,6})?", what)
        ):
            severity, cwe, message = RULES[rule]
        case _:
            raise UnreadableOutputError("no sign")
    return sarif.Result(
        rule_id=f"signs.{rule}",
        message=f"{message} ({what})" if what else message,
        severity=severity,
        locations=(sarif.Location(path=path, region=outputs.region(line, start, line, stop)),),
        cwes=(cwe,),
    )


TOOL: Final = Tool(
    name="signs",
    about="text that is not what it looks like, and accounts that come with it",
    licence="Apache-2.0",
    source=House(),
    selection=Selection(frozenset(), all_files=True),
    version=(*_ARGV, "--version"),
    version_pattern=r"signs (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=2000,
    unit_bytes=16 * MIB,
    max_file=8 * MIB,
    caveat="a sign is no proof: it says where to look",
)
