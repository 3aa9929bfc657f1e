# SPDX-License-Identifier: Apache-2.0
"""Trying what was brought: rules are parsed in the sandbox by the tool that they are for, on no file at all.

None of it is parsed in a process of ours: aliases, depth and expressions are the tool's to bear, behind walls and under
limits. What comes back are counts and names from a closed list; the tool's own words go to the visitor alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from glasshouse.domain.admissions import images
from glasshouse.domain.admissions.errors import UnfitError
from glasshouse.domain.admissions.values import MIB, Kind, Trial, Tried
from glasshouse.domain.releases import structuretool
from glasshouse.engines import sandbox
from glasshouse.engines.codeindex.structure.errors import StructureToolError
from glasshouse.engines.sandbox.errors import SandboxUnavailableError
from glasshouse.kernel.paths import TreePath

MAX_SAID: Final = 4_000
_LIMITS: Final = sandbox.Limits(
    wall=60.0, cpu=10, address_space=2048 * MIB, memory=1024 * MIB, open_files=64, processes=16, scratch=MIB, stream=MIB
)
_RULES: Final = "/rules/rules.yml"
_NOTHING: Final = "/src"
_COUNTED: Final = re.compile(rb"^sg: summary\|rule: effectiveRuleCount=(\d+),skippedRuleCount=(\d+)$", re.MULTILINE)
_LANGUAGE: Final = re.compile(rb"^language:[ \t]*[\"']?([A-Za-z]+)", re.MULTILINE)
_LANGUAGES: Final = {
    name.lower(): name
    for name in (
        *("Bash", "C", "Cpp", "CSharp", "Css", "Dart", "Elixir", "Go", "Haskell", "Hcl", "Html", "Java", "JavaScript"),
        *("Json", "Kotlin", "Lua", "Nix", "Php", "Python", "Ruby", "Rust", "Scala", "Solidity", "Swift", "Tsx"),
        *("TypeScript", "Yaml"),
    )
}
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
    return _TRIALS[kind](content)


def _ast_grep(content: Iterable[bytes]) -> Tried:
    rules = b"".join(content)
    try:
        structuretool.digest()
    except StructureToolError:
        return _not_run("ast-grep")
    with sandbox.staging() as staged:
        staged.put(TreePath(b"rules/rules.yml"), rules)
        staged.put(TreePath(b"src/none"), b"")
        command = sandbox.Command(
            argv=("/tool/ast-grep", "scan", "--rule", _RULES, "--inspect", "entity", "--color", "never", _NOTHING),
            inputs=(
                sandbox.Input(structuretool.tool(), "/tool/ast-grep"),
                staged.input(TreePath(b"rules"), "/rules"),
                staged.input(TreePath(b"src"), _NOTHING),
            ),
        )
        result = sandbox.run(command, _LIMITS)
    counted = _COUNTED.search(result.stderr)
    if result.outcome is not sandbox.Outcome.OK or counted is None:
        why = _TOO_MUCH.get(result.outcome, "it does not take them as its rules")
        return Tried(outcome=Trial.FAILED, tool="ast-grep", why=why, said=_readable(result.stderr))
    count = int(counted[1]) + int(counted[2])
    if not count:
        return Tried(outcome=Trial.FAILED, tool="ast-grep", why="there is no rule in them")
    languages = {
        _LANGUAGES[one.decode().lower()] for one in _LANGUAGE.findall(rules) if one.decode().lower() in _LANGUAGES
    }
    return Tried(outcome=Trial.PASSED, tool="ast-grep", rules=count, languages=tuple(sorted(languages)))


def _image(content: Iterable[bytes]) -> Tried:
    with images.in_memory(content) as source:
        try:
            found = images.read(source)
        except UnfitError as error:
            return Tried(outcome=Trial.FAILED, tool="", why=error.message)
    return Tried(outcome=Trial.PASSED, image=found, tier=tier())


def _untried(tool: str) -> Callable[[Iterable[bytes]], Tried]:
    return lambda _: _not_run(tool)


def _not_run(tool: str) -> Tried:
    return Tried(outcome=Trial.NOT_RUN, tool=tool, why=f"{tool} is not installed in this lab")


def tier() -> str:
    """Say why a visitor's own program does not run on this machine."""
    try:
        return sandbox.probe().visitors_refused
    except SandboxUnavailableError as error:
        return error.message


def _readable(said: bytes) -> str:
    text = said[-MAX_SAID:].decode("utf-8", "replace")
    return "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in text)


_TRIALS: Final[Mapping[Kind, Callable[[Iterable[bytes]], Tried]]] = {
    Kind.AST_GREP: _ast_grep,
    Kind.SEMGREP: _untried("semgrep"),
    Kind.YARA: _untried("yara-x"),
    Kind.IMAGE: _image,
}
