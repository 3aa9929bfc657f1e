# SPDX-License-Identifier: Apache-2.0
"""What the fan-out adds to work: `python -m benchmarks.fanout [--json] [--quick]`.

The peer is the same work by hand: one plain process for each worker, each with its share of the units in a loop, in the
same run, interleaved. Compared are processor seconds of all processes, our own included; a cluster that is kept warm
starts once and is told apart.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import measure
from benchmarks.fanning.units import POISON, steps
from glasshouse.engines.fanout import Compute, Content, Kind, Outcome, Unit, local, run
from glasshouse.kernel.digests import Digest

WORKERS: Final = 2
PACKAGES: Final = ("benchmarks",)
UNITS: Final = "benchmarks.fanning.units"
HAND: Final = (
    "import json, sys; from benchmarks.fanning.units import steps; [steps(count) for count in json.loads(sys.argv[1])]"
)
_TICK: Final = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print the rows."""
    chosen = measure.options("What the fan-out adds to work.").parse_args()
    others = measure.Others()
    rate = _steps_a_second()
    starts = [_start() for _ in range(3)]
    long_count, short_count, repeats = (10, 200, 1) if chosen.quick else (40, 1500, 3)
    rows = []
    with local(workers=WORKERS, packages=PACKAGES) as compute:
        _ask(compute, "compute", [Unit("warm", (), "1") for _ in range(50)])
        ratios = {
            "long": _ratios(compute, [int(0.3 * rate)] * long_count, repeats),
            "short": _ratios(compute, [int(0.01 * rate)] * short_count, repeats),
        }
        resident, shared = measure.family_memory(compute.process.pid), measure.shares_of_memory(compute.process.pid)
        fetched = _fetch(compute, 8 if chosen.quick else 64)
        poison = _poison(compute)
        conditions = measure.Conditions(measure.fsync_p50(Path("/tmp")), others.share())  # noqa: S108 -- any disk
        for name, about in (("long", "units of 0.3 s"), ("short", "units of 10 ms")):
            cpu, wall = ratios[name]
            peer = f"the same by hand in {WORKERS} processes; time {wall:.2f} x"
            rows.append(measure.ratio(f"processor time, {about}", cpu, 1.10, peer=peer, conditions=conditions))
        start = statistics.median(starts)
        rows += [
            measure.at_most("a unit that kills its worker, alone", poison, 10, "s", peer="-", conditions=conditions),
            measure.at_most("start of a local cluster", start, 1, "s", peer="-", conditions=conditions),
            measure.quantity(
                "memory of a cluster with two workers",
                sum(shared.values()) / 2**20,
                300,
                "MB",
                peer=f"proportional shares of {len(shared)} processes; resident {resident / 2**20:.0f} MB",
                conditions=conditions,
            ),
            measure.at_least(
                "content to workers", fetched, 50, "MB/s", peer="in files of 64 KB", conditions=conditions
            ),
        ]
    measure.show(rows, as_json=chosen.json)


def _steps_a_second() -> float:
    steps(2000)
    begun = time.process_time()
    steps(20_000)
    return 20_000 / (time.process_time() - begun)


def _start() -> float:
    begun = time.perf_counter()
    with local(workers=WORKERS, packages=PACKAGES):
        return time.perf_counter() - begun


def _ratios(compute: Compute, counts: Sequence[int], repeats: int) -> tuple[float, float]:
    """Return processor time and time of the fan-out as multiples of the same work by hand."""
    found: list[tuple[float, float]] = []
    for _ in range(repeats):
        hand_cpu, hand_wall = _by_hand(counts)
        begun, used = time.perf_counter(), _used(compute)
        _ask(compute, "compute", [Unit(str(number), (), str(count)) for number, count in enumerate(counts)])
        found.append(((_used(compute) - used) / hand_cpu, (time.perf_counter() - begun) / hand_wall))
    return statistics.median(cpu for cpu, _ in found), statistics.median(wall for _, wall in found)


def _by_hand(counts: Sequence[int]) -> tuple[float, float]:
    before, begun = os.times(), time.perf_counter()
    shares = [json.dumps(list(counts[start::WORKERS])) for start in range(WORKERS)]
    running = [subprocess.Popen([sys.executable, "-c", HAND, share]) for share in shares]
    for process in running:
        if process.wait():
            raise SystemExit("the work by hand failed")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, time.perf_counter() - begun


def _used(compute: Compute) -> float:
    """Return the processor seconds so far of this process and of all of the cluster's."""
    members = measure.shares_of_memory(compute.process.pid)
    ticks = 0
    for pid in members:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK + time.process_time()


def _ask(compute: Compute, function: str, units: Sequence[Unit], *, content: Content | None = None) -> list[Outcome]:
    outcomes = list(_asked(compute, function, units, content=content))
    if len(outcomes) != len(units):
        raise SystemExit("not every unit had an outcome")
    return outcomes


def _asked(
    compute: Compute, function: str, units: Sequence[Unit], *, content: Content | None = None
) -> Iterator[Outcome]:
    lent = content or Content("benchmark", 1, _nothing)
    name = f"{UNITS}:{function}"
    return run(compute, units, name, content=lent, report=lambda _done, _of: None, is_out=lambda: False)


def _nothing(_: Digest) -> bytes:
    raise LookupError


def _fetch(compute: Compute, mebibytes: int) -> float:
    """Return the megabytes a second that two workers fetch together."""
    held = {Digest.of(content): content for content in (os.urandom(2**16) for _ in range(mebibytes * 16))}
    digests = list(held)
    units = [Unit(str(start), tuple(digests[start : start + 16])) for start in range(0, len(digests), 16)]
    begun = time.perf_counter()
    outcomes = _ask(compute, "read", units, content=Content("fetching", 1, held.__getitem__))
    taken = time.perf_counter() - begun
    if any(outcome.kind is not Kind.DONE for outcome in outcomes):
        raise SystemExit("not every unit was fetched")
    return mebibytes * 2**20 / 1e6 / taken


def _poison(compute: Compute) -> float:
    """Return the seconds until a unit that kills its worker is told of; every other unit must be done."""
    units = [Unit(str(number), (), POISON if number == 20 else "") for number in range(100)]
    begun, found, lost = time.perf_counter(), 0.0, []
    for outcome in _asked(compute, "die", units):
        if outcome.kind is not Kind.DONE:
            found = time.perf_counter() - begun
            lost.append(outcome.unit.name)
    if lost != ["20"]:
        raise SystemExit(f"these were not done: {lost}")
    return found


if __name__ == "__main__":
    main()
