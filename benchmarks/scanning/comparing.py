# SPDX-License-Identifier: Apache-2.0
"""What the lab's scan said, held against what the tool says by hand, finding by finding."""

from pathlib import Path
from typing import Any

from benchmarks.scanning import hand
from benchmarks.scanning.hand import Finding
from glasshouse.domain.scans import record, results
from glasshouse.domain.scans.models import ScanRun
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.kernel.ids import Uid


def by_hand(told: dict[str, Any], tree: Path, *, workers: int) -> dict[str, Any]:
    """Run a tool by hand on what the lab's run was given, and compare."""
    run = ScanRun.objects.get(uid=told["run"])
    installed = installing.find(registry.tool(run.tool), installing.standard_folder())
    wanted = record.read(run).inputs.wanted
    done = hand.run(installed, wanted, tree, workers=workers)
    keys = [results.key_of(Uid(run.product), installed, one) for one in wanted]
    said = results.known(Uid(run.product), keys)
    ours: set[Finding] = set()
    silenced: set[Finding] = set()
    for one in said.values():
        for result in one.results:
            ours.add(hand.finding(result))
            if result.suppressions:
                silenced.add(hand.finding(result))
    lost, more = done.findings - ours, ours - done.findings
    return {
        "hand": done.cpu,
        "findings": len(ours),
        "by_hand": len(done.findings),
        "lost": len(lost),
        "silenced": len(more & silenced),
        "unexplained": len(more - silenced),
        "counts": told["counts"],
        "analysed_by_hand": len(done.analysed),
        "some_lost": sorted(lost)[:20],
        "some_unexplained": sorted(more - silenced)[:20],
    }
