# SPDX-License-Identifier: Apache-2.0
"""Semgrep runs only with rules that somebody brought, for the public packs are not free, and their licence is theirs.

It lists the files that it scanned, and complains of those that it could not parse to the end; a file of which it
complains is skipped or timed out, with what was found in the rest. A file that no rule is for is not in its list. What
it calls a fingerprint is "requires login" for every result without an account: it is not taken.
"""

import re
from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
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
    Tool,
    Unit,
    Wheels,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath

# It waits for a network that is not there unless told not to, and ends where it finds no certificates to trust.
_QUIET: Final = {
    "SEMGREP_ENABLE_VERSION_CHECK": "0",
    "SEMGREP_SEND_METRICS": "off",
    "SSL_CERT_FILE": f"{TOOL_FOLDER}/certifi/cacert.pem",
}
_START: Final = (
    f"import os, sys; os.environ.update({_QUIET}); sys.path.insert(0, {TOOL_FOLDER!r}); sys.argv[0] = 'semgrep'; "
    "from semgrep.console_scripts.pysemgrep import main; sys.exit(main())"
)
_ARGV: Final = ("/usr/bin/python3", "-I", "-B", "-c", _START)
_PREFIX: Final = f"{GIVEN_FOLDER.removeprefix('/')}."
_SEVERITIES: Final = {
    "CRITICAL": (sarif.Severity.CRITICAL, sarif.Level.ERROR),
    "HIGH": (sarif.Severity.HIGH, sarif.Level.ERROR),
    "ERROR": (sarif.Severity.HIGH, sarif.Level.ERROR),
    "MEDIUM": (sarif.Severity.MEDIUM, sarif.Level.WARNING),
    "WARNING": (sarif.Severity.MEDIUM, sarif.Level.WARNING),
    "LOW": (sarif.Severity.LOW, sarif.Level.NOTE),
}
_UNKNOWN: Final = (sarif.Severity.NOTE, sarif.Level.NOTE)
NO_RULE: Final = "no rule of the pack is for files of its kind"
_SUFFIXES: Final = (
    ".bash .c .cc .cjs .cpp .cs .cxx .dart .ex .exs .go .h .hh .hpp .java .jl .js .json .jsx .kt .kts .lua .mjs .ml"
    " .php .py .pyi .r .rb .rs .scala .sh .sol .swift .tf .ts .tsx .vue .xml .yaml .yml"
)


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every rule of the pack on every file, as JSON."""
    given = {f"{number}.yml": rule.content for number, rule in enumerate(unit.rules)}
    configs = [word for name in given for word in ("--config", f"{GIVEN_FOLDER}/{name}")]
    return Invocation(
        argv=(
            *(*_ARGV, "scan", "--metrics", "off", "--disable-version-check", "--disable-nosem", "--no-git-ignore"),
            *("--x-ignore-semgrepignore-files", "--max-target-bytes", "0", "--jobs", "1", "--json", "--quiet"),
            *("--no-rewrite-rule-ids", *configs, *names.arguments(unit)),
        ),
        limits=sandbox.Limits(
            wall=1200, cpu=120 + 240 * (unit.size // MIB), address_space=32 * 2**30, memory=3 * 2**30, stream=64 * MIB
        ),
        given=given,
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, the files that it scanned, and those of which it complains."""
    said = outputs.objects(outputs.parsed(result.stdout))
    listed = outputs.objects(said.get("paths")).get("scanned")
    if not isinstance(listed, list):
        raise UnreadableOutputError("no list of files")
    scanned = {names.path(name) for name in listed if isinstance(name, str)}
    complaints: dict[TreePath | None, Outcome] = {}
    for error in outputs.items(said, "errors"):
        path = names.path(outputs.text(error, "path"))
        if path is None:
            raise UnreadableOutputError("a complaint about no file: of the rules, or of itself")
        complaints[path] = _complaint(path, error)
    outcomes = [
        complaints.get(file.path)
        or (
            Outcome(file.path, Coverage.ANALYSED)
            if file.path in scanned
            else Outcome(file.path, Coverage.NOT_APPLICABLE, NO_RULE)
        )
        for file in unit.files
    ]
    return Reading(tuple(_result(each, names) for each in outputs.items(said, "results")), tuple(outcomes))


def _complaint(path: TreePath, error: Mapping[str, outputs.Json]) -> Outcome:
    if "imeout" in str(error.get("type")):
        return Outcome(path, Coverage.TIMED_OUT, "a rule took longer than its time")
    return Outcome(path, Coverage.SKIPPED, "semgrep could not read all of it")


def _result(each: Mapping[str, outputs.Json], names: Names) -> sarif.Result:
    extra = outputs.objects(each.get("extra"))
    start, end = outputs.objects(each.get("start")), outputs.objects(each.get("end"))
    raw = outputs.text(extra, "severity")
    severity, level = _SEVERITIES.get(raw.upper(), _UNKNOWN)
    region = outputs.region(
        outputs.number(start, "line"),
        outputs.number(start, "col"),
        outputs.number(end, "line"),
        outputs.number(end, "col"),
    )
    return sarif.Result(
        rule_id=outputs.text(each, "check_id").removeprefix(_PREFIX)[:200] or "unnamed",
        message=outputs.text(extra, "message"),
        severity=severity,
        severity_raw=raw,
        level=level,
        locations=(names.location(outputs.text(each, "path"), region),),
        cwes=_cwes(extra.get("metadata")),
    )


def _cwes(metadata: outputs.Json) -> tuple[int, ...]:
    told = metadata.get("cwe") if isinstance(metadata, Mapping) else None
    words = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    found = (re.match(r"CWE-(\d{1,5})\b", word) for word in words if isinstance(word, str))
    return tuple(dict.fromkeys(int(match[1]) for match in found if match))


TOOL: Final = Tool(
    name="semgrep",
    about="rules that somebody brought, in many languages; none comes with it",
    licence="LGPL-2.1-or-later",
    source=Wheels(),
    selection=Selection(frozenset(_SUFFIXES.split()), names=frozenset({"Dockerfile"})),
    version=(*_ARGV, "--version"),
    version_pattern=r"^(\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=300,
    unit_bytes=2 * MIB,
    takes_rules=True,
    needs_rules=True,
    comments=Comments(here=rb"nosem(?:grep)?\b", above=rb"^\s*(?:#|//|/\*).*nosem(?:grep)?\b"),
    caveat="a file that its parser recovers from counts as read; what a rule means is the word of whoever wrote it",
)
