# SPDX-License-Identifier: Apache-2.0
"""Memory of long jobs, given back when a job no longer needs it."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LARGE: Final = 2**20
_M_MMAP_THRESHOLD: Final = -3  # of mallopt(3)


def give_large_blocks_back() -> bool:
    """Have every block of a megabyte or more returned to the system once it is free; say whether the C library can.

    glibc raises that bound by itself to the largest block it saw freed, and what lies above it in its heaps then stays
    taken: a process that read one document of 24 MB held 120 MB more than it used.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_MMAP_THRESHOLD, LARGE))


def give_free_back() -> bool:
    """Return to the system what is free in the heaps of all threads; say whether the C library can.

    Work in several threads leaves holes in the heap of each, which glibc keeps: a searcher that had read 1.3 GB of
    text held 66 MB of them, a worker that had looked for its symbols 55.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))


@contextmanager
def without_cycles() -> Iterator[None]:
    """Look for no cycles of garbage meanwhile, in the whole process: for work that makes millions of objects and none.

    Every object that stays has the collector look at all of them again: a tenth of the time of an intake of results.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
