# SPDX-License-Identifier: Apache-2.0
"""The lab's hold on a cluster: one on this machine that it starts itself, or one elsewhere by its scheduler's address.

The lab's process speaks to a dispatcher over a socket, in frames; it never loads Dask, never unpickles, and lends
content to workers by its own listener.
"""

import contextlib
import itertools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from glasshouse.engines.fanout import frames
from glasshouse.engines.fanout.credentials import Credential, InMemory, Role
from glasshouse.engines.fanout.errors import ComputeEndedError, InvalidFrameError
from glasshouse.engines.fanout.fetching import Lender

MEMORY: Final = 2 * 2**30
OWN: Final = ("glasshouse",)
READY_SECONDS: Final = 45.0
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- memory, and a folder of our own in it
LOOPBACK: Final = "127.0.0.1"
_GRACE: Final = 5.0


class Compute:
    """A cluster that takes orders; `workers` is how many units it works on at a time, as far as is known."""

    def __init__(self, talk: socket.socket, process: subprocess.Popen[bytes], lender: Lender, workers: int) -> None:
        """Wait until the cluster is ready."""
        self.lender = lender
        self.process = process
        self.workers = workers
        self.is_running = False
        self._talk = talk
        self._numbers = itertools.count(1)
        ready = self.receive(READY_SECONDS)
        if ready is None or ready[0].get("ready") is not True:
            raise ComputeEndedError("it did not get ready")

    def send(self, order: bytes, *, first: bool) -> int:
        """Hand over an order; return the number by which its answer is known."""
        number = next(self._numbers)
        self._say(frames.pack({"order": number, "first": first}, order))
        return number

    def cancel(self) -> None:
        """Call off every order; a cluster that has ended has none."""
        with contextlib.suppress(ComputeEndedError):
            self._say(frames.pack({"cancel": True}))

    def receive(self, seconds: float) -> tuple[frames.Header, bytes] | None:
        """Return the next message, or None when there is none for so long."""
        ready, _, _ = select.select([self._talk], [], [], seconds)
        if not ready:
            return None
        try:
            message = frames.receive(self._exactly)
        except InvalidFrameError as error:
            raise ComputeEndedError("what speaks for it said something that is no message") from error
        match message[0]:
            case {"ended": str(reason)}:
                raise ComputeEndedError(f"the scheduler was lost or not reached ({reason})")
            case {"workers": int(workers)}:
                self.workers = max(1, workers)
        return message

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self._talk.recv(min(size - len(parts), 2**20))
            except OSError as error:
                raise ComputeEndedError("its processes are gone") from error
            if not part:
                raise ComputeEndedError("its processes are gone")
            parts += part
        return bytes(parts)

    def _say(self, message: bytes) -> None:
        try:
            self._talk.sendall(message)
        except OSError as error:
            raise ComputeEndedError("its processes are gone") from error


@contextlib.contextmanager
def local(*, workers: int = 0, memory: int = MEMORY, packages: Sequence[str] = OWN) -> Iterator[Compute]:
    """Start a cluster on this machine, reachable by nobody else, and end it with the block.

    One worker for each processor unless told otherwise, each with at most `memory` bytes. To be kept from one job to
    the next: its processes end with this one, however it ends.
    """
    count = workers or os.cpu_count() or 1
    with ExitStack() as stack:
        held = InMemory()
        stack.callback(held.close)
        lender = Lender(held.of(Role.LAB), host=LOOPBACK)
        stack.callback(lender.close)
        folder = Path(tempfile.mkdtemp(prefix="glasshouse-compute-", dir=_memory()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        ours, theirs = _ends(stack)
        life, held_open = os.pipe()
        stack.callback(os.close, life)
        plan = {
            "authority": held.of(Role.LAB).authority,
            **{role.value: held.of(role).own for role in Role},
            "folder": str(folder),
            "talk": theirs.fileno(),
            "life": life,
            "workers": count,
            "memory": memory,
            "packages": list(packages),
        }
        inherited = (theirs.fileno(), life, *held.inherited)
        process = _started(["local", json.dumps(plan)], inherited, folder)
        stack.callback(_ended, process)
        stack.callback(os.close, held_open)
        theirs.close()
        yield Compute(ours, process, lender, count)


@contextlib.contextmanager
def remote(scheduler: str, credential: Credential, *, host: str) -> Iterator[Compute]:
    """Use a cluster elsewhere with the block; its workers fetch content from this machine at `host`."""
    with ExitStack() as stack:
        lender = Lender(credential, host=host)
        stack.callback(lender.close)
        folder = Path(tempfile.mkdtemp(prefix="glasshouse-compute-", dir=_memory()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        ours, theirs = _ends(stack)
        words = ["dispatch", credential.authority, credential.own, scheduler, str(theirs.fileno())]
        process = _started(words, (theirs.fileno(),), folder)
        stack.callback(_ended, process)
        stack.callback(ours.close)
        theirs.close()
        yield Compute(ours, process, lender, 1)


def _ends(stack: ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    stack.callback(ours.close)
    stack.callback(theirs.close)
    return ours, theirs


def _memory() -> Path | None:
    return SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None


def _started(words: Sequence[str], inherited: tuple[int, ...], folder: Path) -> subprocess.Popen[bytes]:
    """Start a process of the cluster with nothing of our environment: it may name the lab's secrets."""
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(folder),  # Dask reads settings of its user there, and the host's are none of ours
        "TMPDIR": str(folder),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute()),
        "OPENBLAS_NUM_THREADS": "1",  # its threads would not survive the fork
    }
    compiled = ["-B"] if sys.dont_write_bytecode else []
    if sys.pycache_prefix is not None:
        compiled += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return subprocess.Popen(
        [sys.executable, "-P", *compiled, "-m", "glasshouse.engines.fanout", *words],
        env=environment,
        pass_fds=inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
