# SPDX-License-Identifier: Apache-2.0
"""What every benchmark shares: peers in the same run, medians, how quiet the machine was, and one form of answer.

A bar that compares two medians of the same run stands on its own. An absolute bar is "not measured", neither met nor
failed, when processes outside the benchmark's group took more than a tenth of the processors meanwhile, or when the
disk is slower than the bar says.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

BUSY_ELSEWHERE: Final = 0.10
REPEATS: Final = 3
_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One bar. `met` is None when the machine was too busy, or too slow, to tell."""

    bar: str
    value: float
    limit: float
    unit: str
    met: bool | None
    peer: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed piece of work, and the share of all processors that others took meanwhile (0 to 1)."""

    seconds: float
    others: float


@dataclass(frozen=True, slots=True)
class Median:
    """The median of some samples."""

    seconds: float
    others: float
    samples: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Median":
        """Take the medians of time and of others' share."""
        return cls(
            statistics.median(sample.seconds for sample in samples),
            statistics.median(sample.others for sample in samples),
            len(samples),
        )


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the machine was like: the median time of an fsync, and others' share of the processors."""

    fsync_ms: float
    others: float

    def __str__(self) -> str:
        """Say it as every row does."""
        return f"fsync p50 {self.fsync_ms:.2f} ms, others {self.others:.0%} of the processors"


def ratio(bar: str, value: float, limit: float, *, peer: str, conditions: Conditions) -> Row:
    """Judge a ratio of two medians of one run: at most the limit."""
    return Row(bar, round(value, 3), limit, "x", value <= limit, f"{peer}; {conditions}")


def at_least_ratio(bar: str, value: float, limit: float, *, conditions: Conditions) -> Row:
    """Judge a ratio of two medians of one run: at least the limit."""
    return Row(bar, round(value, 3), limit, "x", value >= limit, str(conditions))


def at_most(bar: str, value: float, limit: float, unit: str, *, peer: str, conditions: Conditions) -> Row:
    """Judge an absolute time against its upper limit, if the machine was quiet."""
    met = None if conditions.others > BUSY_ELSEWHERE else value <= limit
    return Row(bar, round(value, 3), limit, unit, met, f"{peer}; {conditions}")


def at_least(bar: str, value: float, limit: float, unit: str, *, peer: str, conditions: Conditions) -> Row:
    """Judge an absolute rate against its lower limit, if the machine was quiet."""
    met = None if conditions.others > BUSY_ELSEWHERE else value >= limit
    return Row(bar, round(value, 3), limit, unit, met, f"{peer}; {conditions}")


def quantity(bar: str, value: float, limit: float, unit: str, *, peer: str, conditions: Conditions) -> Row:
    """Judge bytes or counts, which do not depend on how busy the machine was: at most the limit."""
    return Row(bar, round(value, 3), limit, unit, value <= limit, f"{peer}; {conditions}")


def interleaved(works: Mapping[str, Callable[[], Sample]], *, repeats: int = REPEATS) -> dict[str, Median]:
    """Run all works in turn, several times over, so that whatever else the machine does meets all of them alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            samples[name].append(work())
    return {name: Median.of(taken) for name, taken in samples.items()}


def timed(work: Callable[[], object]) -> Sample:
    """Time a piece of work, and what others did meanwhile."""
    others = Others()
    begun = time.perf_counter()
    work()
    return Sample(time.perf_counter() - begun, others.share())


class Others:
    """Watches, from now on, the processor time of processes that are not of this benchmark: its group, its descendants.

    The time of kernel threads is nobody's: it is mostly the writing back of what the benchmark itself wrote.
    """

    def __init__(self) -> None:
        self._start = self._read()

    def share(self) -> float:
        """Return others' share of all processors, from 0 to 1."""
        now, then = self._read(), self._start
        # A thread of the kernel that ended takes its ticks with it; what it did meanwhile is then others'.
        kernel = sum(ticks - then.kernel.get(pid, 0) for pid, ticks in now.kernel.items())
        others = now.busy - then.busy - (now.ours - then.ours) - kernel
        return max(0, others) / max(1, now.whole - then.whole)

    @staticmethod
    def _read() -> "_Ticks":
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
        fields = [int(field) for field in first.split()[1:9]]
        ours, kernel = _excused()
        return _Ticks(sum(fields) - fields[3] - fields[4], sum(fields), ours, kernel)


@dataclass(frozen=True, slots=True)
class _Ticks:
    """Processor time since the start: all busy, all passed, ours, and of each thread of the kernel."""

    busy: int
    whole: int
    ours: int
    kernel: Mapping[int, int]


def _excused() -> tuple[int, dict[int, int]]:
    """Return the ticks of our process group and of our descendants, whose groups may be their own; and the kernel's."""
    group, ticks = os.getpgrp(), 0
    kernel: dict[int, int] = {}
    parents: dict[int, int] = {}
    rest: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        pid, used = int(place.parent.name), sum(int(field) for field in fields[11:15])
        if fields[1] == "2" or int(fields[20]) == 0:
            kernel[pid] = used
        elif int(fields[2]) == group:
            ticks += used
        else:
            rest[pid] = used
        parents[pid] = int(fields[1])
    return ticks + sum(used for pid, used in rest.items() if _descends(pid, parents)), kernel


def _descends(pid: int, parents: Mapping[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def fsync_p50(folder: Path, *, times: int = 101) -> float:
    """Return the median time, in milliseconds, to make four written kilobytes durable in a folder."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def family_memory(process: int) -> int:
    """Return the resident bytes of a process and of all below it; one that has ended has none."""
    place = Path(f"/proc/{process}")
    try:
        pages = int((place / "statm").read_text(encoding="ascii").split()[1])
        children = {int(one) for task in place.glob("task/*/children") for one in task.read_text("ascii").split()}
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(family_memory(child) for child in children)


def shares_of_memory(process: int) -> dict[int, int]:
    """Return the proportional share (PSS) in bytes of a process and of each below it, by its number."""
    place = Path(f"/proc/{process}")
    try:
        told = (place / "smaps_rollup").read_text(encoding="ascii")
        children = {int(one) for task in place.glob("task/*/children") for one in task.read_text("ascii").split()}
    except OSError:  # it has ended
        return {}
    own = sum(int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("Pss:"))
    return {process: own} | {pid: share for child in children for pid, share in shares_of_memory(child).items()}


def options(about: str) -> argparse.ArgumentParser:
    """Return the options every benchmark has."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--quick", action="store_true", help="use a small corpus and end within 50 seconds")
    return parser


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the rows, as a table or as JSON."""
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    width = max(len(row.bar) for row in rows)
    for row in rows:
        verdict = "not measured" if row.met is None else "met" if row.met else "NOT MET"
        print(f"{row.bar:{width}}  {row.value:>10g} {row.unit:3} limit {row.limit:<6g} {verdict:12}  {row.peer}")
