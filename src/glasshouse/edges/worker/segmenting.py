# SPDX-License-Identifier: Apache-2.0
"""Building segments of the search index, in two processes where there is much to build.

A builder is told a batch a line (JSON) and answers each with the name of a segment that is durable. It ends with its
input, so it does not outlive who started it; what it had not finished is built by the next job.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from queue import SimpleQueue
from typing import IO, Final

from glasshouse.domain.releases import indexing
from glasshouse.domain.releases.indexing import Batch, Builder
from glasshouse.kernel.ids import Uid

PROCESSES: Final = 2
# A process takes half a second to start; less than this is built sooner here.
ALONE_BYTES: Final = 64 * 2**20
_GRACE: Final = 5.0
_DIGEST_CHARS: Final = 64


class BuilderEndedError(Exception):
    """A process that builds ended in the middle of a batch."""


@contextmanager
def builder() -> Iterator[Builder]:
    """Yield what builds segments; the processes that it starts end with the block."""
    started: list[subprocess.Popen[bytes]] = []

    def build(product: Uid, batches: Sequence[Batch]) -> Iterator[str]:
        if len(batches) < PROCESSES or sum(batch.bytes for batch in batches) < ALONE_BYTES:
            yield from indexing.build_here(product, batches)
            return
        free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for _ in range(PROCESSES):
            started.append(_start())
            free.put(started[-1])
        with ThreadPoolExecutor(PROCESSES) as threads:
            for done in as_completed([threads.submit(_build_by, free, product, batch) for batch in batches]):
                yield done.result()

    try:
        yield build
    finally:
        for process in started:
            _end(process)


def build_as_told(told: IO[bytes], answer: IO[bytes]) -> None:
    """Build each batch that comes, until the input ends."""
    for line in told:
        asked = json.loads(line)
        digests = asked["digests"]
        batch = Batch(
            sequence=asked["sequence"],
            digests=tuple(
                bytes.fromhex(digests[start : start + _DIGEST_CHARS]) for start in range(0, len(digests), _DIGEST_CHARS)
            ),
            bytes=asked["bytes"],
        )
        answer.write(indexing.build(Uid(asked["product"]), batch).encode() + b"\n")
        answer.flush()


def _start() -> subprocess.Popen[bytes]:
    setpriv = shutil.which("setpriv")
    bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    command = [*bound, sys.executable, "-m", "glasshouse.edges.worker", "--segments"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _build_by(free: "SimpleQueue[subprocess.Popen[bytes]]", product: Uid, batch: Batch) -> str:
    process = free.get()
    if process.stdin is None or process.stdout is None:
        raise BuilderEndedError("a process that builds has no ends to talk by")
    asked = {
        "bytes": batch.bytes,
        "digests": b"".join(batch.digests).hex(),
        "product": product.text,
        "sequence": batch.sequence,
    }
    try:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        name = process.stdout.readline().decode("ascii").strip()
    except BrokenPipeError as error:
        raise BuilderEndedError("a process that builds segments ended") from error
    finally:
        free.put(process)  # one that ended fails the next batch at once, where none would leave it waiting
    if not name:
        raise BuilderEndedError("a process that builds segments ended")
    return name


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
