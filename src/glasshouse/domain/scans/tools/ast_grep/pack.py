# SPDX-License-Identifier: Apache-2.0
"""Our own rules, as they stand in `rules/*.toml`: each with its weaknesses, its severity and an example.

A rule is told to ast-grep once for each language of its file, under its name and the language's: `NAME@Language`.
"""

import functools
import json
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from glasshouse.engines.formats import sarif

UNPARSED: Final = "unparsed"
PLACED: Final = "placed"
LANGUAGES: Final = {
    "C": (".c", ".h"),
    "Cpp": (".cc", ".hpp", ".cpp", ".c++", ".hh", ".cxx", ".hxx"),
    "Python": (".py", ".pyi", ".pyw"),
    "JavaScript": (".js", ".mjs", ".cjs", ".jsx"),
    "TypeScript": (".ts", ".cts", ".mts"),
    "Tsx": (".tsx",),
    "Bash": (".sh", ".bash", ".ksh"),
    "Go": (".go",),
    "Java": (".java",),
}
"""The suffixes that make the tool take a file for a language; those that we have rules for."""
_LEVELS: Final = {"high": "error", "medium": "warning", "low": "warning", "note": "info"}
_ERROR: Final = "rule: {kind: ERROR}"
_STATEMENTS: Final = (
    *("expression_statement", "declaration", "function_definition", "compound_statement", "if_statement", "comment"),
    *("for_statement", "while_statement", "do_statement", "switch_statement", "case_statement", "return_statement"),
    *("goto_statement", "labeled_statement", "break_statement", "type_definition", "preproc_include", "preproc_def"),
    *("preproc_function_def", "preproc_call", "preproc_if", "preproc_ifdef", "field_declaration"),
)
"""What makes sense in C though an error stands round it: a brace too many in one branch of `#if` is an error of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. In `example` it finds exactly the lines that say BAD."""

    id: str
    languages: tuple[str, ...]
    severity: sarif.Severity
    cwes: tuple[int, ...]
    message: str
    match: str
    example: str


@functools.cache
def rules() -> dict[str, Rule]:
    """Return every rule by its name."""
    found: dict[str, Rule] = {}
    for place in sorted((resources.files(__package__) / "rules").iterdir(), key=lambda each: each.name):
        told = tomllib.loads(place.read_text("utf-8"))
        for each in told["rule"]:
            if each["id"] in found:
                raise RuntimeError(f"two rules are called {each['id']}")
            found[each["id"]] = Rule(
                id=each["id"],
                languages=tuple(told["languages"]),
                severity=sarif.Severity(each["severity"]),
                cwes=tuple(each["cwe"]),
                message=each["message"],
                match=each["match"],
                example=each["example"],
            )
    return found


@functools.cache
def document() -> bytes:
    """Return our rules as the tool reads them."""
    return "\n---\n".join(
        _head(f"{rule.id}@{language}", language, _LEVELS[rule.severity.value], rule.message) + rule.match
        for rule in rules().values()
        for language in rule.languages
    ).encode()


@functools.cache
def checks() -> bytes:
    """Return the rules that find what could not be parsed, and what makes sense in the midst of it."""
    kinds = ", ".join(f"{{kind: {kind}}}" for kind in _STATEMENTS)
    placed = f"rule: {{any: [{kinds}], inside: {{kind: ERROR}}}}"
    told = [_head(f"{UNPARSED}@{language}", language, "hint", UNPARSED) + _ERROR for language in LANGUAGES]
    told += [_head(f"{PLACED}@{language}", language, "hint", PLACED) + placed for language in ("C", "Cpp")]
    return "\n---\n".join(told).encode()


def _head(name: str, language: str, level: str, message: str) -> str:
    told = {"id": name, "language": language, "severity": level, "message": message}
    # JSON is YAML, so that no text of ours can be taken for its signs.
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in told.items())
