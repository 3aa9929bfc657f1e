# SPDX-License-Identifier: Apache-2.0
"""Kingfisher reads any file for credentials, and keeps an account of each that it was given: completed, or not.

It validates nothing, since there is no network, and shows no secret: `--redact` leaves a hash. It is told not to heed
comments, ignore files and repositories. Its rules are compiled at each start, which takes seconds, so that groups are
large.
"""

from collections.abc import Mapping
from typing import Final

from glasshouse.domain.scans.tools import outputs
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

_PROGRAM: Final = f"{TOOL_FOLDER}/kingfisher/bin/kingfisher"
_FOUND: Final = 200
_SEVERITIES: Final = {"high": sarif.Severity.HIGH, "medium": sarif.Severity.MEDIUM, "low": sarif.Severity.LOW}


def invocation(unit: Unit, names: Names) -> Invocation:
    """Ask for every rule on every file, each secret wherever it stands, as JSON."""
    return Invocation(
        argv=(
            *(_PROGRAM, "scan", "--no-validate", "--no-update-check", "--git-history", "none", "--no-dedup"),
            *("--no-ignore", "--no-rule-cache", "--redact", "--jobs", "1", "--format", "json", "--quiet"),
            *names.arguments(unit),
        ),
        limits=sandbox.Limits(
            wall=900, cpu=60 + 10 * (unit.size // MIB), address_space=16 * 2**30, memory=2 * 2**30, stream=64 * MIB
        ),
        ran=frozenset({0, _FOUND}),
    )


def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
    """Read results, and which files its account of the run lists as completed."""
    said = outputs.objects(outputs.parsed(result.stdout.partition(b"\n")[0]))
    completed = set()
    for entry in outputs.items(said.get("audit"), "repositories"):
        scan, counts = outputs.objects(entry.get("scan")), outputs.objects(entry.get("stats"))
        if outputs.text(scan, "status") == "completed" and outputs.number(counts, "blobs_scanned") == 1:
            completed.add(names.path(outputs.text(entry, "repository")))
    return Reading(
        tuple(_result(each, names) for each in outputs.items(said, "findings")),
        tuple(Outcome(file.path, Coverage.ANALYSED) for file in unit.files if file.path in completed),
    )


def _result(each: Mapping[str, outputs.Json], names: Names) -> sarif.Result:
    rule, found = outputs.objects(each.get("rule")), outputs.objects(each.get("finding"))
    raw = outputs.text(found, "confidence")
    first, last = outputs.number(found, "column_start"), outputs.number(found, "column_end")
    region = outputs.region(outputs.number(found, "line"), first, 0, last + 1 if last else 0)
    fingerprint = outputs.text(found, "fingerprint")
    return sarif.Result(
        rule_id=outputs.text(rule, "id", "unnamed"),
        message=outputs.text(rule, "description"),
        severity=_SEVERITIES.get(raw, sarif.Severity.MEDIUM),
        severity_raw=raw,
        locations=(names.location(outputs.text(found, "path"), region),),
        cwes=(798,),
        partial_fingerprints=(("kingfisher", fingerprint),) if fingerprint else (),
        properties=(("name", outputs.text(rule, "name")),),
    )


TOOL: Final = Tool(
    name="kingfisher",
    about="credentials that were left in files",
    licence="Apache-2.0",
    source=Wheels(),
    selection=Selection(frozenset(), all_files=True),
    version=(_PROGRAM, "--version"),
    version_pattern=r"kingfisher (\d+(?:\.\d+)+)",
    invocation=invocation,
    reading=reading,
    unit_files=2000,
    unit_bytes=32 * MIB,
    max_file=16 * MIB,
    comments=Comments(here=rb"kingfisher:ignore\b"),
    caveat="nothing is validated: the lab has no network",
)
