# SPDX-License-Identifier: Apache-2.0
"""Runs as the tests ask for them."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import psutil

from glasshouse.engines.fanout import Compute, Content, Outcome, Unit, run
from glasshouse.kernel.digests import Digest

PACKAGES: Final = ("tests",)
UNITS: Final = "tests.engines.fanout.units"
_JOBS: Final = itertools.count(1)


def nothing(_: Digest) -> bytes:
    raise LookupError


def content_of(*contents: bytes) -> Content:
    held = {Digest.of(content): content for content in contents}
    return Content(f"job-{next(_JOBS)}", 1, held.__getitem__)


def units_of(count: int, settings: str = "") -> list[Unit]:
    return [Unit(str(number), (), settings) for number in range(count)]


def never() -> bool:
    return False


def quietly(_done: int, _of: int) -> None:
    pass


def ask(
    compute: Compute,
    function: str,
    units: Sequence[Unit],
    *,
    content: Content | None = None,
    report: Callable[[int, int], None] = quietly,
    is_out: Callable[[], bool] = never,
) -> Iterator[Outcome]:
    lent = content or content_of()
    return run(compute, units, f"{UNITS}:{function}", content=lent, report=report, is_out=is_out)


def processes(compute: Compute, name: str = "fanout-") -> list[psutil.Process]:
    """The processes of a cluster, by the beginning of their names."""
    return [one for one in psutil.Process(compute.process.pid).children() if one.name().startswith(name)]


def eventually(holds: Callable[[], bool], *, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
