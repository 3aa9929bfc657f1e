# SPDX-License-Identifier: Apache-2.0
"""What a sandbox adds to the time of a command: `python -m benchmarks.sandbox [--json] [--quick]`.

The peer is the same command started without a sandbox, in the same run, interleaved. A row is "not measured" (`met` is
null) when processes outside the benchmark took more than a tenth of the processors meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from glasshouse.engines.sandbox import Command, Limits, Outcome, probe, run

TOOL = "/usr/bin/true"
LIMIT = 12.0
BUSY_ELSEWHERE = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One bar, as every benchmark prints it."""

    bar: str
    value: float
    limit: float
    unit: str
    met: bool | None
    peer: str


def main() -> None:
    """Measure and print a table, or the rows as JSON."""
    options = argparse.ArgumentParser(description="The start of a sandbox, over the tool's own.")
    options.add_argument("--json", action="store_true", help="print the rows as JSON")
    options.add_argument("--quick", action="store_true", help="fewer starts")
    chosen = options.parse_args()
    capability = probe()
    rounds = 40 if chosen.quick else 200
    rows = [
        measure("sandbox start over the tool's own", Command(argv=(TOOL,)), rounds),
        measure("the same, its files collected", Command(argv=(TOOL,), collect=True), rounds),
    ]
    if chosen.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    addition = "with a cgroup" if capability.cgroup else f"no cgroup: {capability.cgroup_reason}"
    print(f"{capability.tier}, bubblewrap {capability.version}, {addition}")
    for row in rows:
        met = "not measured" if row.met is None else "met" if row.met else "NOT met"
        print(f"{row.bar:40} {row.value:6.2f} {row.unit} (limit {row.limit}) {met}; {row.peer}")


def measure(bar: str, command: Command, rounds: int) -> Row:
    """Time starts with and without the sandbox in turn, and compare the medians."""
    bare: list[float] = []
    walled: list[float] = []
    watch = Others()
    for _ in range(rounds):
        bare.append(timed(start_bare))
        walled.append(timed(lambda: start_walled(command)))
    elsewhere = watch.share()
    own, with_walls = statistics.median(bare), statistics.median(walled)
    value = round(with_walls - own, 2)
    return Row(
        bar=bar,
        value=value,
        limit=LIMIT,
        unit="ms",
        met=None if elsewhere > BUSY_ELSEWHERE else value <= LIMIT,
        peer=f"without a sandbox {own:.2f} ms; others took {elsewhere:.0%} of the processors",
    )


def start_bare() -> None:
    """Run the tool as any program would."""
    subprocess.run([TOOL], check=True, capture_output=True, env={})


def start_walled(command: Command) -> None:
    """Run the tool behind the walls; a run that failed is no measurement."""
    outcome = run(command, Limits()).outcome
    if outcome is not Outcome.OK:
        raise SystemExit(f"the tool did not run: {outcome}")


def timed(work: Callable[[], None]) -> float:
    """Return how long the work took, in milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


class Others:
    """The share of all processors that processes outside this benchmark take from now on."""

    def __init__(self) -> None:
        self._busy, self._all, self._own = self._read()

    def share(self) -> float:
        """Return it, from 0 to 1."""
        busy, whole, own = self._read()
        return max(0.0, (busy - self._busy) - (own - self._own)) / max(1.0, whole - self._all)

    @staticmethod
    def _read() -> tuple[float, float, float]:
        """Return busy, all and our own processor seconds."""
        tick = os.sysconf("SC_CLK_TCK")
        fields = [int(field) / tick for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        idle = fields[3] + fields[4]
        times = os.times()
        return sum(fields) - idle, sum(fields), sum(times[:4])


if __name__ == "__main__":
    main()
