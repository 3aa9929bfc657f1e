# SPDX-License-Identifier: Apache-2.0
"""The parent of a cluster's processes on one machine: loads Dask once, and forks every role from itself.

It has one thread and no secrets of the lab. A worker that dies is followed by another; when the scheduler or the
dispatcher dies, or the lab closes its end of the pipe by dying or on purpose, everything ends. The kernel ends the
children should this process be killed itself.
"""

import asyncio
import ctypes
import logging
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from glasshouse.engines.fanout import roles
from glasshouse.engines.fanout.credentials import Credential

LOOPBACK: Final = "127.0.0.1"
PAUSE_SECONDS: Final = 0.1  # between a worker's death and the next, should each die at its start
START_SECONDS: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15

RunningRole = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a local cluster consists of. `talk` and `life` are descriptors that the lab holds the other ends of."""

    authority: str
    lab: str
    scheduler: str
    worker: str
    folder: str
    talk: int
    life: int
    workers: int
    memory: int
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours; one that is `replaced` is followed by another when it ends."""

    pid: int
    name: str
    role: RunningRole
    is_replaced: bool


class Family:
    """Processes that are forked here and end together."""

    def __init__(self, own: set[int]) -> None:
        """Begin without any; `own` are descriptors that no child keeps unless it is told to."""
        self._own = own
        self._children: dict[int, Child] = {}

    def start(self, name: str, role: RunningRole, *, keeps: int | None = None, is_replaced: bool = False) -> None:
        """Fork a process for a role, under a name of at most 15 letters."""
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._children[os.pidfd_open(pid)] = Child(pid, name, role, is_replaced)
            return
        _become(name, parent, (self._own | self._children.keys()) - {keeps}, role)

    def forget(self, descriptor: int) -> None:
        """Close a descriptor that a child was started for."""
        self._own.remove(descriptor)
        os.close(descriptor)

    def follow(self, life: int | None = None) -> None:
        """Replace those that are replaced, until any other ends, or the other end of `life` is closed."""
        while True:
            ended, _, _ = select.select([*self._children, *([] if life is None else [life])], [], [])
            if life in ended or not all(self._children[descriptor].is_replaced for descriptor in ended):
                return
            gone = [self._buried(descriptor) for descriptor in ended]
            time.sleep(PAUSE_SECONDS)
            for child in gone:
                self.start(child.name, child.role, is_replaced=True)

    def end(self) -> None:
        """End all of them, and return when they have ended."""
        for child in self._children.values():
            os.kill(child.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
        for descriptor in list(self._children):
            self._buried(descriptor)

    def _buried(self, descriptor: int) -> Child:
        child = self._children.pop(descriptor)
        os.waitpid(child.pid, 0)
        os.close(descriptor)
        return child


def keep_cluster(plan: Plan) -> None:
    """Run a local cluster until it ends, and leave nothing of it."""
    roles.configure()
    hears, says = os.pipe()
    family = Family({plan.talk, plan.life, hears, says})
    try:
        family.start("fanout-schedule", lambda: _schedule(plan, says), keeps=says)
        family.forget(says)
        address = _line(hears)
        if address:
            family.start("fanout-dispatch", lambda: _dispatch(plan, address), keeps=plan.talk)
            family.forget(plan.talk)
            for _ in range(plan.workers):
                family.start("fanout-worker", lambda: _work(plan, address), is_replaced=True)
            family.follow(plan.life)
    finally:
        family.end()
        shutil.rmtree(plan.folder, ignore_errors=True)


def keep_workers(count: int, role: RunningRole) -> None:
    """Run workers for a scheduler elsewhere, for ever."""
    roles.configure()
    family = Family(set())
    try:
        for _ in range(count):
            family.start("fanout-worker", role, is_replaced=True)
        family.follow()
    finally:
        family.end()


def _line(hears: int) -> str:
    """Read what a child tells; nothing where it died first."""
    ready, _, _ = select.select([hears], [], [], START_SECONDS)
    return os.read(hears, 1024).decode().strip() if ready else ""


def _become(name: str, parent: int, foreign: set[int], role: RunningRole) -> NoReturn:
    status = 1
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)
        if os.getppid() == parent:  # it may have died before it could be followed
            for descriptor in foreign:
                os.close(descriptor)
            asyncio.run(role())
            status = 0
    except BaseException as error:  # noqa: BLE001 -- a forked process never returns into its parent's code
        kind = type(error).__name__  # no trace: it may quote
        logging.getLogger("glasshouse.fanout").error("a process of a cluster ended: %s", kind)  # noqa: TRY400
    finally:
        sys.stderr.flush()
        os._exit(status)


async def _schedule(plan: Plan, says: int) -> None:
    def told(address: str) -> None:
        os.write(says, f"{address}\n".encode())
        os.close(says)

    await roles.schedule(Credential(plan.authority, plan.scheduler), host=LOOPBACK, port=0, told=told)


async def _work(plan: Plan, scheduler: str) -> None:
    credential = Credential(plan.authority, plan.worker)
    folder = Path(plan.folder)
    await roles.work(credential, scheduler, host=LOOPBACK, folder=folder, memory=plan.memory, packages=plan.packages)


async def _dispatch(plan: Plan, scheduler: str) -> None:
    await roles.dispatch(Credential(plan.authority, plan.lab), scheduler, socket.socket(fileno=plan.talk))
