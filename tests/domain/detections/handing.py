# SPDX-License-Identifier: Apache-2.0
"""Results of tools that tests hand in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glasshouse.domain.detections import commands
from glasshouse.domain.detections.values import Said, Taken
from tests.lab import NOW, House


@dataclass(frozen=True, slots=True)
class Told:
    """One result: its rule, file and line, and what else SARIF has of it."""

    rule: str
    path: str
    line: int
    level: str = "error"
    message: str = ""
    more: dict[str, Any] | None = None

    def written(self) -> dict[str, Any]:
        """Write it as SARIF does."""
        return {
            "ruleId": self.rule,
            "level": self.level,
            "message": {"text": self.message or f"{self.rule} is dangerous"},
            "locations": [place(self.path, self.line)],
            **(self.more or {}),
        }


def place(path: str, line: int, message: str = "") -> dict[str, Any]:
    """Write a location as SARIF does."""
    where = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {"physicalLocation": where, **({"message": {"text": message}} if message else {})}


def log(
    results: Sequence[Told], tool: str = "cutter", cwes: dict[str, str] | None = None, also: Sequence[str] = ()
) -> bytes:
    """Write a file of results; `cwes` names the weakness of a rule, `also` are rules that found nothing."""
    rules = [
        {"id": rule, "properties": {"tags": [f"external/cwe/cwe-{cwes[rule]}"] if cwes and rule in cwes else []}}
        for rule in sorted({*also, *(one.rule for one in results)})
    ]
    run = {
        "tool": {"driver": {"name": tool, "version": "1.2", "rules": rules}},
        "results": [one.written() for one in results],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def hand_in(house: House, version: str, told: bytes, *, party: str = "", is_complete: bool = False) -> Taken:
    """Hand a file with one run in."""
    source = house.folder / "results.sarif"
    source.write_bytes(told)
    said = Said(is_complete=is_complete, party=party)
    (taken,) = commands.take_reports("operator:tests", "server", version, source, now=NOW, said=said)
    return taken
