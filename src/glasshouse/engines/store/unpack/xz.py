# SPDX-License-Identifier: Apache-2.0
"""xz through the system's own program: it decodes blocks on two cores, and beside the reader."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator

from glasshouse.engines.store.unpack.errors import CorruptSourceError, OverLimitError

MEMORY = 160 * 2**20
"""Decoding takes at most so much memory, in bytes; `xz -9` needs 65 MiB, on one thread."""

NEEDS_MEMORY = "Memory usage limit"
"""With these words liblzma and the program refuse a stream that needs more."""

_BLOCK = 2**20
_THREADS = 2
_SAID = 4096


def too_large() -> OverLimitError:
    """Return the refusal of a stream that needs more memory."""
    return OverLimitError(f"decoding the source needs more than {MEMORY:,} bytes of memory")


def program() -> str | None:
    """Return where the program is, None where there is none."""
    return shutil.which("xz")


def blocks(path: str, descriptor: int) -> Generator[bytes, None, None]:
    """Decode an open file with the program at `path`.

    The program reads the descriptor itself and shares its offset. It ends with its reader: once the only read end
    of its pipe is gone, even by `kill -9`, its next write fails.
    """
    command = [path, "--decompress", "--stdout", f"--threads={_THREADS}", f"--memlimit-decompress={MEMORY}"]
    # An empty environment: XZ_OPT and XZ_DEFAULTS would change what it does.
    with subprocess.Popen(
        command, stdin=descriptor, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"LC_ALL": "C"}
    ) as process:
        try:
            yield from _read(process)
        finally:
            process.kill()


def _read(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    if process.stdout is None or process.stderr is None:
        return
    output = process.stdout.fileno()
    with contextlib.suppress(PermissionError):  # a user's pipes together have a quota
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, _BLOCK)
    while block := os.read(output, _BLOCK):
        yield block
    if process.wait():
        said = os.read(process.stderr.fileno(), _SAID)
        if NEEDS_MEMORY.encode() in said:
            raise too_large()
        raise CorruptSourceError("the compressed stream is damaged or cut short")
