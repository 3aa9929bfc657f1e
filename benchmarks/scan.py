# SPDX-License-Identifier: Apache-2.0
"""What a scan costs, and whether it is exact: `python -m benchmarks.scan [--folder PLACE] [--part NAME] [--quick]`.

full         The standard tools over a C code base of Debian's sources, by the lab and by hand on plain files, tool by
             tool: processor seconds of all processes, and every finding of the one held against the other's.
rescan       The same base with a line more in one of a hundred files, from what is known and then from nothing.
releases     Releases of one product in a row, each from what is known of the one before; then each from nothing.
codechecker  CodeChecker's analyze with the same compilers' analysers over the same files, where it can be installed.

Parts take long; what each came to is kept in the folder tool by tool and release by release, and a part that was broken
off goes on. Without --part all are run and told together; without --folder nothing is kept. Processor seconds are
compared, which other work on the machine changes little. With --quick a library of 7 kLOC is taken, and the first two
parts, in which a cluster's start for each tool weighs more than the tools.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Conditions, Others, Row, fsync_p50, options, quantity, ratio, show
from benchmarks.scanning import ground, peer, releases

_FULL: Final = 1.10
_RESCAN: Final = 0.10
_PARTS: Final = ("full", "rescan", "releases", "codechecker")


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it is measured, how much at a time, and what earlier runs came to."""

    folder: Path
    tools: tuple[str, ...]
    workers: int
    is_quick: bool

    @property
    def base(self) -> str:
        """Return the product's name of the code base."""
        return "quick" if self.is_quick else "base"

    def kept(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what a piece of work came to, done now unless it was before."""
        path = self.folder / "came" / f"{self.base}-{name}.json"
        if path.exists():
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return told
        path.parent.mkdir(exist_ok=True)
        others = Others()
        told = work()
        told["others"] = others.share()
        path.with_suffix(".new").write_text(json.dumps(told, indent=1), "utf-8")
        path.with_suffix(".new").replace(path)
        return told


def main() -> None:
    """Measure and print."""
    chosen = _options().parse_args()
    with tempfile.TemporaryDirectory(prefix="glasshouse-scan-") as scratch:
        folder = (chosen.folder or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        ground.found_lab(folder)
        bench = Bench(folder, tuple(_ready(chosen.tool)), chosen.workers, chosen.quick)
        usual = _PARTS[:2] if chosen.quick else _PARTS
        works = {"full": full, "rescan": rescan, "releases": in_a_row, "codechecker": beside}
        rows = [row for name in ([chosen.part] if chosen.part else usual) for row in works[name](bench)]
        show(rows, as_json=chosen.json)


def _ready(named: Sequence[str] | None) -> Iterator[str]:
    """Yield the standard tools that are ready here, or those of them that are named."""
    from glasshouse.domain.scans.tools import installing, registry
    from glasshouse.domain.scans.tools.values import State

    for tool in registry.standard():
        is_wanted = not named or tool.name in named
        if is_wanted and installing.find(tool, installing.standard_folder()).state is State.READY:
            yield tool.name


def _options() -> argparse.ArgumentParser:
    parser = options("What scans cost beside the same tools by hand, and whether they are exact.")
    parser.add_argument(
        "--folder", type=Path, required=True, help="where code, the lab and what parts came to are kept"
    )
    parser.add_argument("--part", choices=_PARTS)
    parser.add_argument("--tool", action="append", help="measure this one alone; again for more")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser


def full(bench: Bench) -> Iterator[Row]:
    """Yield what the whole set costs beside the same by hand, and what is lost."""
    tree = ground.base(bench.folder, is_quick=bench.is_quick)
    ground.take(bench.base, "1", tree)
    size = ground.kloc(tree)
    ours = hand = 0.0
    lost = more = 0
    others = 0.0
    for tool in bench.tools:
        came = bench.kept(f"full-{tool}", lambda tool=tool: _beside_hand(bench, tool, tree))  # type: ignore[misc]
        ours, hand = ours + came["ours"], hand + came["hand"]
        lost, more, others = lost + came["lost"], more + came["unexplained"], max(others, came["others"])
        said = (
            f"{came['ours']:.0f} s against {came['hand']:.0f} s by hand; {came['findings']:,} findings, "
            f"{came['silenced']:,} of them silenced by comments by hand; files {came['counts']}"
        )
        yield Row(f"  {tool}", round(came["ours"] / max(came["hand"], 0.01), 3), 0, "x", None, said)
    conditions = Conditions(fsync_p50(bench.folder), others)
    told = f"{ours:.0f} s of the processor against {hand:.0f} s by hand, {len(bench.tools)} tools, {size:.0f} kLOC of C"
    yield ratio("full scan, processor", ours / hand, _FULL, peer=told, conditions=conditions)
    yield quantity("findings lost", lost, 0, "", peer="against the tools by hand", conditions=conditions)
    yield quantity("findings that nothing explains", more, 0, "", peer="only by the lab", conditions=conditions)


def _beside_hand(bench: Bench, tool: str, tree: Path) -> dict[str, Any]:
    """Run one tool both ways."""
    from benchmarks.scanning import comparing

    scan = ground.scan(bench.folder, bench.base, "1", [tool], workers=bench.workers)
    if scan.tools[tool]["cached"]:  # of a part that was broken off
        scan = ground.scan(bench.folder, bench.base, "1", [tool], workers=bench.workers, forget=True)
    return {"ours": scan.cpu, **comparing.by_hand(scan.tools[tool], tree, workers=bench.workers)}


def rescan(bench: Bench) -> Iterator[Row]:
    """Yield what a rescan costs of a whole scan, and whether it is the same as one from nothing."""
    tree, count = ground.changed(ground.base(bench.folder, is_quick=bench.is_quick))
    ground.take(bench.base, "1", tree.with_name("1"))
    ground.take(bench.base, "2", tree)
    came = bench.kept("rescan", lambda: _rescanned(bench))
    conditions = Conditions(fsync_p50(bench.folder), came["others"])
    told = f"{came['again']:.0f} s of {came['clean']:.0f} s; {count} files have a line more; {came['cached']:,} known"
    yield ratio("rescan after 1 %", came["again"] / came["clean"], _RESCAN, peer=told, conditions=conditions)
    yield quantity("tools that differ from clean", came["differ"], 0, "", peer="to the last", conditions=conditions)


def _rescanned(bench: Bench) -> dict[str, Any]:
    ground.scan(bench.folder, bench.base, "1", bench.tools, workers=bench.workers)  # what is known already is known
    again = ground.scan(bench.folder, bench.base, "2", bench.tools, workers=bench.workers)
    clean = ground.scan(bench.folder, bench.base, "2", bench.tools, workers=bench.workers, forget=True)
    return {
        "again": again.cpu,
        "clean": clean.cpu,
        "cached": sum(one["cached"] for one in again.tools.values()),
        "differ": sum(not releases.is_same(again.tools[tool], clean.tools[tool]) for tool in bench.tools),
    }


def in_a_row(bench: Bench) -> Iterator[Row]:
    """Yield what releases in a row cost, and whether each is the same as one from nothing."""
    taken = releases.take(bench.folder, is_quick=bench.is_quick)
    came = {
        version: bench.kept(f"release-{version}", lambda version=version: releases.step(bench, version))  # type: ignore[misc]
        for version in taken
    }
    clean = {
        version: bench.kept(f"clean-{version}", lambda version=version: releases.clean(bench, version))  # type: ignore[misc]
        for version in taken
    }
    differ = [version for version in taken if not releases.are_same(came[version]["tools"], clean[version]["tools"])]
    later = list(taken)[1:]
    steps, whole = (sum(one[version]["cpu"] for version in later) for one in (came, clean))
    others = max(one["others"] for one in (*came.values(), *clean.values()))
    conditions = Conditions(fsync_p50(bench.folder), others)
    about = f"{releases.PRODUCT} {next(iter(taken))} to {later[-1]}"
    told = f"{steps:.0f} s against {whole:.0f} s from nothing; {about}"
    yield Row(f"{len(later)} releases after the first", round(steps / whole, 3), 0, "x", None, f"{told}; {conditions}")
    yield quantity(
        f"of {len(taken)} releases, other than clean",
        len(differ),
        0,
        "",
        peer=f"{differ or about}",
        conditions=conditions,
    )


def beside(bench: Bench) -> Iterator[Row]:
    """Yield what CodeChecker costs over the same files."""
    tree = ground.base(bench.folder, is_quick=bench.is_quick)
    came = bench.kept("codechecker", lambda: peer.codechecker(bench.folder, bench.base, tree, workers=bench.workers))
    if "trouble" in came:
        yield Row("CodeChecker", 0, 0, "s", None, came["trouble"])
        return
    wanted = {tool: bench.folder / "came" / f"{bench.base}-full-{tool}.json" for tool in peer.TOOLS}
    ours = sum(json.loads(path.read_text("utf-8"))["ours"] for path in wanted.values() if path.exists())
    conditions = Conditions(fsync_p50(bench.folder), came["others"])
    told = (
        f"CodeChecker {came['cpu']:.0f} s, {came['reports']:,} files of reports; the lab {ours:.0f} s, the same tools"
    )
    yield Row("the lab beside CodeChecker", round(ours / came["cpu"], 3), 0, "x", None, f"{told}; {conditions}")


if __name__ == "__main__":
    main()
