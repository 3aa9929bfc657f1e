# SPDX-License-Identifier: Apache-2.0
"""The rule that the tool is given: a pattern as data in JSON, never on a command line."""

import json
import re
from typing import Final

from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.structure.errors import StructureError, StructureToolError
from glasshouse.engines.codeindex.structure.values import FORMS, Ended, Printed, Run, Structure

ID: Final = "m"
# Alone, `free($P)` is in these languages a type, a declaration or a conversion to the parser, and the calls that a
# person means would be missed without a word. So a call is parsed where calls stand.
_CALLS: Final = {
    Language.C: "void f(void) { %s; }",
    Language.CPP: "void f(void) { %s; }",
    Language.GO: "func f() { %s }",
}
_CALL: Final = re.compile(r"([\w$]+(?:(?:\.|->|::)[\w$]+)*)\s*\((?s:.*)\)", re.ASCII)
_NO_CALLS: Final = frozenset(
    ("alignof", "catch", "defined", "for", "func", "if", "return", "sizeof", "switch", "typeof", "while")
)
_REASONS: Final = (
    (b"Multiple AST nodes", "The pattern is more than one piece of code.", "Join the pieces in a block: { $$$ }."),
    (b"No AST root", "The pattern is no code.", ""),
    (b"Standalone multi meta variable", "A hole alone matches everything.", "Write some code round it."),
)


def rule(structure: Structure) -> bytes:
    """Return the rule for a pattern."""
    language = Language(structure.language)
    pattern: object = structure.pattern
    call = _CALL.fullmatch(structure.pattern.strip())
    if call and call[1] not in _NO_CALLS and language in _CALLS:
        pattern = {"context": _CALLS[language] % structure.pattern.strip(), "selector": "call_expression"}
    content = {
        "id": ID,
        "language": FORMS[language].tool,
        "severity": "info",
        "message": ID,
        "rule": {"pattern": pattern},
    }
    return json.dumps(content, ensure_ascii=False).encode()


def check(structure: Structure, run: Run) -> None:
    """Raise StructureError unless the tool takes the pattern for one piece of code."""
    printed = run(rule(structure), [(f"0.{FORMS[Language(structure.language)].extension}", b"\n")])
    if printed.ended is not Ended.WELL:
        raise refusal(structure, printed)


def refusal(structure: Structure, printed: Printed) -> StructureError:
    """Return why a pattern is not taken."""
    for sign, message, hint in _REASONS:
        if printed.ended is Ended.REFUSED and sign in printed.stderr:
            return StructureError(message, hint=hint)
    return StructureError(
        f"The pattern is no whole piece of {structure.language}.",
        hint="Write code that could stand in a file, with $NAME for what may be anything.",
    )


def prove(run: Run) -> None:
    """Raise StructureToolError unless the tool finds what a known sample holds: one that finds nothing is unfit."""
    known = Structure("known($A, 2)", Language.C.value)
    sample = b"int f(void)\n{\n\tknown(1, 3);\n\treturn known(1,\n\t\t2);\n}\n"
    printed = run(rule(known), [("0.c", sample)])
    if (
        printed.ended is not Ended.WELL
        or b"line=4,endLine=5," not in printed.stdout
        or printed.stdout.count(b"\n") != 1
    ):
        raise StructureToolError(
            "The tool for structural search does not find what a known sample holds.",
            hint="Install ast-grep-cli as requirements/base.txt has it, where the searcher can run it.",
        )
