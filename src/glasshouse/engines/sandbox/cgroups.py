# SPDX-License-Identifier: Apache-2.0
"""Limits over all processes of a command together, where the operator lets us make control groups.

Both layouts are known: version 1 with one tree a controller, and version 2 with one tree. A group is made below the
group of this very process, so that whatever the operator allotted to us bounds our commands too.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from glasshouse.engines.sandbox.values import Limits
from glasshouse.kernel.ids import Uid

_PREFIX = "glasshouse-"
_PERIOD = 100_000  # microseconds; the kernel's own default
_CONTROLLERS = ("memory", "pids", "cpu")
_SHARES = 1024  # the kernel's own default in version 1
_A_STEP = 1.25  # what a step of niceness weighs, as near as sched(7) says it
_LEAVE_SECONDS = 2.0
# A group is without members for milliseconds at most: one that is older and empty belongs to a caller that was killed.
_STALE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Support:
    """Where groups can be made: a folder for each controller (in version 2 all the same), or a reason why not."""

    folders: Mapping[str, Path]
    version: int
    reason: str = ""

    def __bool__(self) -> bool:
        """Say whether groups can be made."""
        return not self.reason

    @classmethod
    def find(cls, mounts: Path = Path("/proc/self/mounts"), own: Path = Path("/proc/self/cgroup")) -> Self:
        """Look where this process stands and try to make a group there; the attempt leaves nothing behind."""
        try:
            places = _places(mounts.read_text(), own.read_text())
        except OSError:
            return cls({}, 0, "control groups are not mounted")
        version = 1 if all(name in places for name in _CONTROLLERS) else 2
        if version == 1:
            found = cls({name: places[name] for name in _CONTROLLERS}, 1)
        elif "" in places:
            found = cls(dict.fromkeys(_CONTROLLERS, places[""]), 2)
        else:
            return cls({}, 0, "the controllers memory, pids and cpu are not mounted")
        try:
            if version == 2:  # noqa: PLR2004 - the version's name
                found.delegate()
            found.sweep()
            with found.group(Limits()):
                return found
        except OSError as error:
            return cls({}, version, f"no group can be made: {error.strerror}")

    def delegate(self) -> None:
        """Hand the controllers of version 2 down; refused by the kernel where our own group holds processes."""
        base = self.folders["memory"]
        down = base / "cgroup.subtree_control"
        missing = set(_CONTROLLERS) - set(down.read_text().split())
        if missing:
            down.write_text(" ".join(f"+{name}" for name in sorted(missing)))

    def sweep(self) -> None:
        """Remove what callers that were killed left behind; the kernel refuses to remove a group with members."""
        for folder in set(self.folders.values()):
            for left in folder.glob(f"{_PREFIX}*"):
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                        left.rmdir()

    @contextlib.contextmanager
    def group(self, limits: Limits) -> Iterator["Group"]:
        """Make a group with these limits; it is removed at the end, when its processes are gone."""
        name = f"{_PREFIX}{Uid.new()}"
        group = Group({key: folder / name for key, folder in self.folders.items()}, self.version)
        try:
            for folder in group.distinct:
                folder.mkdir()
            group.limit(limits)
            yield group
        finally:
            group.remove()


@dataclass(frozen=True, slots=True)
class Group:
    """One group of one command."""

    folders: Mapping[str, Path]
    version: int

    @property
    def distinct(self) -> tuple[Path, ...]:
        """Return the folders, each once."""
        return tuple(dict.fromkeys(self.folders.values()))

    def limit(self, limits: Limits) -> None:
        """Write the limits; swap is counted in where the kernel has an account for it.

        Groups share the processors as equals, whatever niceness their members have. A command that somebody nice
        runs would take as much as all of the web, so its group weighs what its caller does.
        """
        nice = max(0, os.getpriority(os.PRIO_PROCESS, 0))
        memory, pids, cpu = (self.folders[name] for name in _CONTROLLERS)
        quota = max(1000, int(limits.cores * _PERIOD))
        processes = str(limits.processes + 1)  # the shell that starts the command is a member as well
        if self.version == 1:
            (memory / "memory.limit_in_bytes").write_text(str(limits.memory))
            with contextlib.suppress(OSError):
                (memory / "memory.memsw.limit_in_bytes").write_text(str(limits.memory))
            (cpu / "cpu.cfs_quota_us").write_text(str(quota))
            (cpu / "cpu.shares").write_text(str(int(_SHARES / _A_STEP**nice)))
        else:
            (memory / "memory.max").write_text(str(limits.memory))
            with contextlib.suppress(OSError):
                (memory / "memory.swap.max").write_text("0")
            (cpu / "cpu.max").write_text(f"{quota} {_PERIOD}")
            (cpu / "cpu.weight.nice").write_text(str(nice))
        (pids / "pids.max").write_text(processes)

    def admit(self, pid: int) -> None:
        """Put a process in; what it starts later is in from the beginning."""
        for folder in self.distinct:
            (folder / "cgroup.procs").write_text(str(pid))

    def was_out_of_memory(self) -> bool:
        """Say whether the kernel killed a member for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        with contextlib.suppress(OSError):
            for line in (self.folders["memory"] / name).read_text().splitlines():
                key, _, count = line.partition(" ")
                if key == "oom_kill":
                    return int(count) > 0
        return False

    def peak_memory(self) -> int | None:
        """Return the most memory that the members held together, in bytes; None where the kernel keeps no record."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        with contextlib.suppress(OSError):
            return int((self.folders["memory"] / name).read_text())
        return None

    def remove(self) -> None:
        """Remove the folders; a dying process may hold one for a moment."""
        deadline = time.monotonic() + _LEAVE_SECONDS
        for folder in self.distinct:
            while folder.is_dir():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.001)


def _places(mounts: str, own: str) -> dict[str, Path]:
    """Map each controller, and "" for the tree of version 2, to the folder of this process in it."""
    roots: dict[str, Path] = {}
    for line in mounts.splitlines():
        _, point, kind, options, *_ = line.split(" ")
        if kind == "cgroup":
            roots.update(dict.fromkeys(set(options.split(",")) & set(_CONTROLLERS), Path(point)))
        elif kind == "cgroup2":
            roots[""] = Path(point)
    places: dict[str, Path] = {}
    for line in own.splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            if name in roots:
                place = roots[name] / path.lstrip("/")
                places[name] = place if os.access(place, os.F_OK) else roots[name]
    return places
