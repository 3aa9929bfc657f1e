# SPDX-License-Identifier: Apache-2.0
"""Our own rules, as they stand in `rules/*.toml`: each with its weaknesses, its severity and an example.

A rule is told to ast-grep once for each language of its file, under its name and the language's: `NAME@Language`.
"""

import functools
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

from glasshouse.engines.formats import sarif

UNPARSED: Final = "unparsed"
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
_OUTERMOST: Final = "rule: {kind: ERROR, not: {inside: {kind: ERROR, stopBy: end}}}"


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
    """Return all rules as the tool reads them, and one a language that finds what could not be parsed."""
    return "\n---\n".join(_documents()).encode()


def _documents() -> Iterator[str]:
    for rule in rules().values():
        for language in rule.languages:
            yield _head(f"{rule.id}@{language}", language, _LEVELS[rule.severity.value], rule.message) + rule.match
    for language in LANGUAGES:
        yield _head(f"{UNPARSED}@{language}", language, "hint", UNPARSED) + _OUTERMOST + "\n"


def _head(name: str, language: str, level: str, message: str) -> str:
    told = {"id": name, "language": language, "severity": level, "message": message}
    # JSON is YAML, so that no text of ours can be taken for its signs.
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in told.items())
