# SPDX-License-Identifier: Apache-2.0
"""A release with what a tool found in it, and everybody who has a word on that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.detections import commands as detections
from glasshouse.domain.detections import queries as reports
from glasshouse.domain.detections.models import Standing
from glasshouse.domain.detections.values import Said
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.releases.models import Release
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, House, add

MAIN = ("use-after-free", "src/main.c", 20)
HTTP = ("use-after-free", "src/net/http.c", 7)
KEYS = ("hard-coded", "secret/keys.c", 3)
FOUND = (MAIN, HTTP, KEYS)
TOOLS = USUAL | {Purpose.TOOLS}
Where3 = tuple[str, str, int]


@dataclass(slots=True)
class Bench:
    """A lab with a release that a tool has looked at, its owner and its assessor."""

    house: House
    folder: Path
    owner: Viewer
    assessor: Viewer
    taken: list[Release] = field(default_factory=list)

    def scan(
        self, release: Release, found: Sequence[Where3], *, suppressed: Sequence[Where3] = (), party: str = ""
    ) -> None:
        """Hand a tool's results in, by somebody who answers for it that it looked everywhere."""
        results = [
            {
                "ruleId": rule,
                "message": {"text": f"{rule} of a quokka"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}],
                "suppressions": [{"kind": "inSource"}] if (rule, path, line) in suppressed else [],
            }
            for rule, path, line in found
        ]
        tool = {"driver": {"name": "cutter", "rules": [{"id": rule} for rule in {one[0] for one in found}]}}
        source = self.folder / "results.sarif"
        source.write_text(json.dumps({"version": "2.1.0", "runs": [{"tool": tool, "results": results}]}), "utf-8")
        said = Said(is_complete=True, party=party)
        version = release.version
        detections.take_reports("operator:tests", "server", version, source, now=NOW, said=said)

    def uids(self, release: Release, *, party: str = "") -> dict[tuple[str, int], Uid]:
        """Return the detections of a release by state and line: lines tell those of the tests apart."""
        rows = Standing.objects.filter(report__in=reports.newest_reports(Uid(release.uid), party=party))
        return {(row.state, row.first_line): Uid(row.detection.uid) for row in rows.select_related("detection")}

    def at(self, line: int, release: Release | None = None) -> Uid:
        """Return the detection at a line."""
        return next(uid for (_, number), uid in self.uids(release or self.taken[0]).items() if number == line)

    def where(self, grant: Uid | None = None, release: Release | None = None) -> Where:
        """Return a release as somebody comes to it."""
        return Where(Uid((release or self.taken[0]).uid), grant)

    def grant(self, viewer: Viewer, *patterns: str, taken: Sequence[Release] = ()) -> Uid:
        """Let somebody look at what tools found, under some paths."""
        return self.house.grant(
            *(taken or self.taken), patterns=patterns or ("**",), holder=viewer, purposes=frozenset(TOOLS)
        )


@pytest.fixture
def bench(house: House, tmp_path: Path) -> Bench:
    """A release in which a tool found three things."""
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    assessor = add("assessor@vendor.example", "Vendor", Role.ASSESSOR, is_vendor=True)
    made = Bench(house, tmp_path, owner, assessor, [house.take()])
    made.scan(made.taken[0], FOUND)
    return made
