# SPDX-License-Identifier: Apache-2.0
"""Trying what was brought: rules are parsed in the sandbox by the tool that they are for, on no file at all.

None of it is parsed in a process of ours: aliases, depth and expressions are the tool's to bear, behind walls and under
limits. What comes back are counts and names from a closed list; the tool's own words go to the visitor alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from glasshouse.domain.admissions import images
from glasshouse.domain.admissions.errors import UnfitError
from glasshouse.domain.admissions.values import MIB, Kind, Trial, Tried
from glasshouse.domain.scans.tools import installing, registry, running
from glasshouse.domain.scans.tools.ast_grep import pack
from glasshouse.domain.scans.tools.errors import ToolUnknownError
from glasshouse.domain.scans.tools.values import Installed, Names, SourceFile, State, Unit
from glasshouse.engines import sandbox
from glasshouse.engines.sandbox.errors import SandboxUnavailableError
from glasshouse.kernel.paths import TreePath

TOOLS: Final[Mapping[Kind, str]] = {Kind.AST_GREP: "ast-grep", Kind.SEMGREP: "semgrep", Kind.YARA: "yara-x"}
"""The tool of the lab that reads the rules of a kind."""
MAX_SAID: Final = 4_000
_SAMPLE: Final = SourceFile(TreePath(b"sample.c"), b"int sample;\n")
_SUMMARY: Final = re.compile(rb"^sg: summary\|rule: effectiveRuleCount=(\d+),skippedRuleCount=(\d+)$", re.MULTILINE)
_ID: Final = re.compile(rb"^id:", re.MULTILINE)
_HEADS: Final[Mapping[Kind, re.Pattern[bytes]]] = {
    Kind.SEMGREP: re.compile(rb"^[ \t]*-?[ \t]*id:", re.MULTILINE),
    Kind.YARA: re.compile(rb"^[ \t]*(?:(?:private|global)[ \t]+)*rule[ \t]+\w+", re.MULTILINE),
}
"""Where a rule begins, for tools that do not count what they took."""
_LANGUAGE: Final = re.compile(rb"^language:[ \t]*[\"']?([A-Za-z]+)", re.MULTILINE)
_LANGUAGES: Final = {
    name.lower(): name
    for name in (
        *("Bash", "C", "Cpp", "CSharp", "Css", "Dart", "Elixir", "Go", "Haskell", "Hcl", "Html", "Java", "JavaScript"),
        *("Json", "Kotlin", "Lua", "Nix", "Php", "Python", "Ruby", "Rust", "Scala", "Solidity", "Swift", "Tsx"),
        *("TypeScript", "Yaml"),
    )
}
_SECONDS: Final = 10
# The processor may be shared by many: time on the wall is a last resort.
_WALL: Final = 10
_TOO_MUCH: Final = {
    sandbox.Outcome.TIMEOUT: "it took longer than its time",
    sandbox.Outcome.CPU_EXHAUSTED: "it used up its processor time",
    sandbox.Outcome.OUT_OF_MEMORY: "it used up its memory",
    sandbox.Outcome.OUTPUT_TOO_LARGE: "it printed more than may be read",
    sandbox.Outcome.OUTPUT_INCOMPLETE: "its output could not be read to the end",
    sandbox.Outcome.KILLED: "it was ended by a signal",
}


def attempt(kind: Kind, content: Iterable[bytes]) -> Tried:
    """Return what comes of a trial; it never raises for what the content is."""
    return _image(content) if kind == Kind.IMAGE else _rules(kind, b"".join(content))


def _rules(kind: Kind, rules: bytes) -> Tried:
    """Have the tool read them, on one file of ours."""
    found = _installed(TOOLS[kind])
    if found is None:
        return Tried(outcome=Trial.NOT_RUN, tool=TOOLS[kind], why=f"{TOOLS[kind]} is not installed in this lab")
    name, version = found.tool.name, found.version
    unit = Unit((_SAMPLE,), rules=(SourceFile(TreePath(b"rules"), rules),))
    names = Names.of(unit)
    usual = found.tool.invocation(unit, names)
    limits = replace(usual.limits, wall=_SECONDS * _WALL, cpu=_SECONDS, memory=1024 * MIB, stream=MIB)
    result = running.start(found, unit, names, replace(usual, limits=limits))
    if result.outcome in _TOO_MUCH or result.exit_status not in usual.ran:
        why = _TOO_MUCH.get(result.outcome, "it does not take them as its rules")
        return Tried(outcome=Trial.FAILED, tool=name, version=version, why=why, said=_readable(result.stderr))
    count = _count(kind, rules, result.stderr)
    if not count:
        return Tried(outcome=Trial.FAILED, tool=name, version=version, why="there is no rule in them")
    told = {one.decode().lower() for one in _LANGUAGE.findall(rules)} if kind == Kind.AST_GREP else set()
    languages = tuple(sorted(_LANGUAGES[one] for one in told & _LANGUAGES.keys()))
    return Tried(outcome=Trial.PASSED, tool=name, version=version, rules=count, languages=languages)


def _count(kind: Kind, rules: bytes, said: bytes) -> int:
    if kind != Kind.AST_GREP:
        return len(_HEADS[kind].findall(rules))
    told = _SUMMARY.search(said)
    # The lab gives checks of its own besides, by which it knows whether a file was parsed.
    return int(told[1]) + int(told[2]) - len(_ID.findall(pack.checks())) if told else 0


def _installed(name: str) -> Installed | None:
    try:
        found = installing.find(registry.tool(name), installing.standard_folder())
    except ToolUnknownError:
        return None
    return found if found.state is State.READY else None


def _image(content: Iterable[bytes]) -> Tried:
    with images.in_memory(content) as source:
        try:
            found = images.read(source)
        except UnfitError as error:
            return Tried(outcome=Trial.FAILED, tool="", why=error.message)
    return Tried(outcome=Trial.PASSED, image=found, tier=tier())


def tier() -> str:
    """Say why a visitor's own program does not run on this machine."""
    try:
        return sandbox.probe().visitors_refused
    except SandboxUnavailableError as error:
        return error.message


def _readable(said: bytes) -> str:
    text = said[-MAX_SAID:].decode("utf-8", "replace")
    return "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in text)
