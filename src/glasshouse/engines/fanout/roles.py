# SPDX-License-Identifier: Apache-2.0
"""The three roles of a cluster, as Dask plays them: scheduler, worker, and the dispatcher that asks for a lab.

Dask carries our bytes and decides who works on them; retries, and who is suspected when a worker dies, are its own.
What it offers besides is off: spilling, pages over HTTP, profiling, stealing. Dask's messages are pickled, so whoever
holds a credential of a cluster may run code in each of its processes. That is why the lab itself is none of them: a
dispatcher of its own asks for it, and passes on nothing but frames.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast

import dask
from dask.typing import Key
from distributed import Client, Future, KilledWorker, Scheduler, Security, Worker, WorkerPlugin, get_worker
from distributed.scheduler import TaskState

from glasshouse.engines.fanout import frames
from glasshouse.engines.fanout.credentials import Credential
from glasshouse.engines.fanout.fetching import Line
from glasshouse.engines.fanout.performing import perform

log = logging.getLogger("glasshouse.fanout")
WATCH_SECONDS: Final = 0.2
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
CONFIG: Final[Mapping[str, object]] = {
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.client.heartbeat": "5s",
    "distributed.comm.timeouts.connect": "10s",
    "distributed.diagnostics.nvml": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.no-workers-timeout": "60s",
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.profile.enabled": False,
}


def configure() -> None:
    """Set what all roles need, whatever the host's own settings of Dask say."""
    dask.config.set(CONFIG)
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # of lost workers and orders, which outcomes tell


def security(credential: Credential) -> Security:
    """Return mutual TLS as Dask is told of it; a process has one credential, whatever role it plays."""
    own = {f"tls_{role}_cert": credential.own for role in ("client", "scheduler", "worker")}
    return Security(require_encryption=True, tls_ca_file=credential.authority, tls_min_version=None, **own)


class OneByOneScheduler(Scheduler):
    """Hands each worker one order at a time, so that the order whose worker dies is the one that it worked on."""

    def is_rootish(self, ts: TaskState) -> bool:  # noqa: ARG002 -- Dask's own signature
        """Have every order wait at the scheduler until a worker is free."""
        return True

    def start_http_server(self, *_: object, **__: object) -> None:
        """Serve no pages: they would go without TLS."""


class BareWorker(Worker):
    """A worker without pages."""

    def start_http_server(self, *_: object, **__: object) -> None:
        """Serve no pages: they would go without TLS."""


class Performing(WorkerPlugin):
    """What a worker needs for its orders, and the events by which it learns that one was called off."""

    name = "glasshouse-performing"

    def __init__(self, credential: Credential, packages: tuple[str, ...]) -> None:
        """Keep one line to the lab."""
        self.line = Line(credential)
        self.packages = packages
        self._called_off: dict[str, threading.Event] = {}

    def cancel_of(self, key: str) -> threading.Event:
        """Return the event of an order."""
        return self._called_off.setdefault(key, threading.Event())

    def transition(self, key: Key, start: str, finish: str, **_: object) -> None:
        """Follow what Dask decides on an order. It cannot stop one that is worked on, so that one is told."""
        if finish == "released" and start == "executing":
            self.cancel_of(str(key)).set()
        elif finish == "forgotten":
            self._called_off.pop(str(key), None)


def work_on(told: bytes) -> bytes:
    """Do an order in a worker; the one function that Dask is asked to run."""
    worker = get_worker()
    performing = cast("Performing", worker.plugins[Performing.name])
    return perform(told, performing.line, performing.packages, performing.cancel_of(str(worker.get_current_task())))


async def schedule(credential: Credential, *, host: str, port: int, told: Callable[[str], object]) -> None:
    """Be a scheduler for ever; tell its address once it listens."""
    async with OneByOneScheduler(
        host=host, port=port, protocol="tls", security=security(credential), dashboard=False
    ) as scheduler:
        told(scheduler.address)
        await scheduler.finished()


async def work(
    credential: Credential, scheduler: str, *, host: str | None, folder: Path, memory: int, packages: tuple[str, ...]
) -> None:
    """Be a worker with one thread until the scheduler goes; the process ends itself above its share of memory."""
    async with BareWorker(
        scheduler,
        nthreads=1,
        host=host,
        protocol="tls",
        security=security(credential),
        local_directory=str(folder),
        memory_limit=0,
        dashboard=False,
        death_timeout=10,
        plugins=(Performing(credential, packages),),
    ) as worker:
        threading.Thread(target=_watch, args=(memory,), name="fanout-memory", daemon=True).start()
        await worker.finished()


def _watch(memory: int) -> None:
    """End this process when it holds more than its share: its order counts as one that ended its worker."""
    place = Path("/proc/self/statm")
    while int(place.read_text(encoding="ascii").split()[1]) * _PAGE < memory:
        time.sleep(WATCH_SECONDS)
    log.error("a worker held more than %d bytes and was ended", memory)
    os.kill(os.getpid(), signal.SIGKILL)


async def dispatch(credential: Credential, scheduler: str, talk: socket.socket) -> None:
    """Ask the scheduler for what a lab says on a socket, and answer there, until the lab closes it."""
    reader, writer = await asyncio.open_connection(sock=talk)
    try:
        async with Client(
            scheduler, security=security(credential), asynchronous=True, timeout=10, set_as_default=False
        ) as client:
            await client.wait_for_workers(1, timeout=30)
            dispatcher = Dispatcher(client, writer)
            dispatcher.answer({"ready": True})
            while (message := await _next(reader)) is not None:
                await dispatcher.do(*message)
    except Exception as error:  # noqa: BLE001 -- no scheduler, another authority, no worker: the lab is told which
        writer.write(frames.pack({"ended": type(error).__name__}))
        await writer.drain()


async def _next(reader: asyncio.StreamReader) -> tuple[frames.Header, bytes] | None:
    try:
        header, body = frames.lengths(await reader.readexactly(frames.LENGTHS.size))
        return frames.parse(await reader.readexactly(header)), await reader.readexactly(body)
    except asyncio.IncompleteReadError:
        return None


class Dispatcher:
    """Orders on their way for one lab."""

    def __init__(self, client: Client, writer: asyncio.StreamWriter) -> None:
        """Begin without any."""
        self._client = client
        self._writer = writer
        self._prefix = uuid.uuid4().hex
        self._flying: dict[int, Future[bytes]] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def do(self, header: frames.Header, body: bytes) -> None:
        """Do what the lab says: take an order, or call all of them off."""
        match header:
            case {"order": int(number), "first": bool(first)}:
                future = self._client.submit(
                    work_on, body, key=f"units-{self._prefix}-{number}", pure=False, priority=int(first)
                )
                self._flying[number] = future
                waiting = asyncio.create_task(self._settle(number, future))
                self._waiting.add(waiting)
                waiting.add_done_callback(self._waiting.discard)
            case {"cancel": True}:
                called_off, self._flying = list(self._flying.values()), {}
                await self._client.cancel(called_off, force=True)

    async def _settle(self, number: int, future: Future[bytes]) -> None:
        found: dict[str, object]
        try:
            body = await future
        except KilledWorker:
            found, body = {"lost": number}, b""
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- whatever ended it, the lab is told
            found, body = {"ended": type(error).__name__}, b""
        else:
            found = {"answered": number}
        if self._flying.pop(number, None) is not None:
            self.answer(found | {"workers": self._client.scheduler_info()["n_workers"]}, body)  # of two seconds ago

    def answer(self, header: Mapping[str, object], body: bytes = b"") -> None:
        """Say something to the lab."""
        self._writer.write(frames.pack(dict(header), body))
