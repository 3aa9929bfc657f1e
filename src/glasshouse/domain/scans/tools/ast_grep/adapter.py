# SPDX-License-Identifier: Apache-2.0
"""ast-grep parses by grammars that go on after an error, and never says that a file made no sense.

So rules of ours ask for what the parser could not place, and for statements that make sense in the midst of it. Where
more than a tenth of the lines is left without sense, the file is skipped, with what was found in the rest; where it is
less, the file is analysed and the reason says so. Which files it looked at stands in its own account (`--inspect
entity`); one that is not named there has crashed. It reads UTF-8 only: the copy that it is given has a letter in the
place of each byte that is none.

Rules that somebody brought take the place of ours.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from glasshouse.domain.scans.tools import sarifs
from glasshouse.domain.scans.tools.ast_grep import pack
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    GIVEN_FOLDER,
    MIB,
    TOOL_FOLDER,
    Comments,
    Coverage,
    Invocation,
    Names,
    Outcome,
    Reading,
    Selection,
    SourceFile,
    Tool,
    Unit,
    Wheels,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath

_PROGRAM: Final = f"{TOOL_FOLDER}/bin/ast-grep"
_SEEN: Final = re.compile(rb"sg: entity\|file\|(.+): (language=\w+,appliedRuleCount=\d+|skipped=(\w+))")
_UNREADABLE: Final = 0.1
PARTLY: Final = "parts of it could not be parsed"
MOSTLY: Final = "more than a tenth of it could not be parsed"
SKIPPED: Final = "ast-grep did not read it"
ENDING: Final = "ast-grep does not know the ending of its name"
_SUFFIXES: Final = frozenset(suffix for suffixes in pack.LANGUAGES.values() for suffix in suffixes)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every rule on every file, as SARIF."""
    brought = b"\n---\n".join(rule.content.strip().removeprefix(b"---") for rule in unit.rules)
    return Invocation(
        argv=(
            *(_PROGRAM, "scan", "--rule", f"{GIVEN_FOLDER}/rules.yml", "--format", "sarif", "--inspect", "entity"),
            *("--color", "never", "--threads", "1", "--no-ignore", "hidden", "--no-ignore", "dot"),
            *("--no-ignore", "vcs", "--no-ignore", "exclude", "--no-ignore", "parent", "--no-ignore", "global"),
            *names.arguments(unit),
        ),
        limits=sandbox.Limits(
            wall=600, cpu=30 + 20 * (unit.size // MIB), address_space=4 * 2**30, memory=2 * 2**30, stream=64 * MIB
        ),
        # 1 where a rule of severity "error" found something.
        ran=frozenset({0, 1}),
        given={"rules.yml": (brought or pack.document()) + b"\n---\n" + pack.checks()},
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, which files it looked at, and how much of each it could not parse."""
    found = sarifs.results(result.stdout, names)
    seen, left_out = _account(result.stderr, names)
    if b"sg: summary|file: " not in result.stderr:
        raise UnreadableOutputError("no account of the files")
    torn: dict[TreePath, list[tuple[sarif.Region, bool]]] = {}
    results = []
    for each in found:
        name = each.rule_id.rpartition("@")[0] or each.rule_id
        if name not in {pack.UNPARSED, pack.PLACED}:
            results.append(_told(each, name) if not unit.rules else each)
        elif each.place and each.place.path and each.place.region:
            torn.setdefault(each.place.path, []).append((each.place.region, name == pack.UNPARSED))
    outcomes = [_outcome(file, torn.get(file.path, ())) for file in unit.files if file.path in seen]
    outcomes += [Outcome(path, Coverage.SKIPPED, SKIPPED) for path in left_out]
    # It tells capital letters from small ones.
    outcomes += [
        Outcome(file.path, Coverage.SKIPPED, ENDING)
        for file in unit.files
        if file.path not in seen and PurePosixPath(names.inside[file.path]).suffix not in _SUFFIXES
    ]
    # It does not look into an empty file, and there is nothing to find in one.
    outcomes += [Outcome(file.path, Coverage.ANALYSED) for file in unit.files if not file.content.strip()]
    return Reading(tuple(results), tuple(outcomes))


def _account(printed: bytes, names: Names) -> tuple[set[TreePath], set[TreePath]]:
    """Return the files that it says it looked at, and those that it says it left out for another reason than size 0."""
    seen: set[TreePath] = set()
    left_out: set[TreePath] = set()
    for match in map(_SEEN.fullmatch, printed.split(b"\n")):
        path = names.path(match[1].decode("utf-8", "replace")) if match else None
        if match and path is not None:
            (left_out if match[3] and match[3] != b"emptyFile" else seen).add(path)
    return seen, left_out


def _outcome(file: SourceFile, torn: Sequence[tuple[sarif.Region, bool]]) -> Outcome:
    lines: set[int] = set()
    # What lies inside another says more of its lines.
    for region, is_error in sorted(torn, key=lambda each: each[0].start_line - each[0].end_line):
        inside = range(region.start_line, region.end_line + 1)
        lines = lines.union(inside) if is_error else lines.difference(inside)
    if len(lines) > _UNREADABLE * len(file.content.split(b"\n")):
        return Outcome(file.path, Coverage.SKIPPED, MOSTLY)
    return Outcome(file.path, Coverage.ANALYSED, PARTLY if torn else "")


def _told(result: sarif.Result, name: str) -> sarif.Result:
    """Say of a result what our own rule says; a name that is none of ours is no result of ours."""
    rule = pack.rules().get(name)
    if rule is None:
        raise UnreadableOutputError("a rule that it was not given")
    return replace(result, rule_id=name, message=rule.message, severity=rule.severity, cwes=rule.cwes)


TOOL: Final = Tool(
    name="ast-grep",
    about="our own rules: SEI CERT C where a pattern shows it, and signs of back doors in seven languages",
    licence="MIT",
    source=Wheels(),
    selection=Selection(_SUFFIXES),
    version=(_PROGRAM, "--version"),
    version_pattern=r"ast-grep (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=500,
    unit_bytes=4 * MIB,
    takes_rules=True,
    comments=Comments(
        here=rb"ast-grep-ignore", above=rb"ast-grep-ignore", rewritten=((b"ast-grep-ignore", b"ast_grep_ignore"),)
    ),
    utf8=True,
    caveat="patterns of syntax: what a macro or a variable stands for is not followed",
)
