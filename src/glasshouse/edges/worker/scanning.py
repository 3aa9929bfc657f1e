# SPDX-License-Identifier: Apache-2.0
"""Running scans, in a process of its own: hours of tools hold up no letter, no deadline and no index.

A scan that this process leaves, because it is told to end or is killed, is gone on with by the next one.
"""

import gc
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections

from glasshouse.domain.admissions import scanning as admissions
from glasshouse.domain.jobs import beating
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.scans import asking, performing, results, surveying
from glasshouse.domain.scans.errors import ScanBusyError
from glasshouse.domain.scans.performing import Watch
from glasshouse.domain.scans.surveying import Traces
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel import clock
from glasshouse.kernel.errors import GlasshouseError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.memory import give_free_back
from glasshouse.kernel.stopping import Stop

log = logging.getLogger("glasshouse.worker")
ACTOR: Final = "operator:worker"
IDLE: Final = 1.0
LOOK_SECONDS: Final = 10.0
SETTLING_SECONDS: Final = 20.0
"""A lab that starts has readers who wait; half a gigabyte of tools is looked at when it runs."""
_AGAIN: Final = timedelta(seconds=10)


class LeavingError(Exception):
    """This process was told to end; the scan is another's to go on with."""


def scan_for_ever(stop: Stop) -> None:
    """Run whatever scan is asked for until told to stop; know meanwhile which tools are here."""
    survey = Survey()
    while not stop.is_set:
        try:
            is_idle = not scan_one(stop) and not survey.step()
        except DatabaseFault as error:
            log.warning("the queue of scans cannot be read: %s", error)
            close_old_connections()
            is_idle = True
        if is_idle:
            stop.wait(IDLE)


class Survey:
    """Looks at the tools where one was installed or removed, one at a time: whoever waits for a scan goes first."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._traces: Traces | None = None
        self._names: deque[str] = deque()
        self._looked = time.monotonic() + SETTLING_SECONDS - LOOK_SECONDS

    def step(self) -> bool:
        """Look at the next tool, or whether there is one to look at; return whether another step is due at once."""
        folder = installing.standard_folder()
        if self._names:
            surveying.look(folder, [self._names.popleft()], now=clock.now())
        elif time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            asking.settle(now=clock.now())
            traces = surveying.traces(folder)
            if traces != self._traces:
                self._traces = traces
                self._names.extend(tool.name for tool in registry.tools())
        return bool(self._names)


def scan_one(stop: Stop) -> bool:
    """Run one scan that is asked for, or go on with one that was left; return whether there was one."""
    held = jobs.claim(now=clock.now(), among=asking.KINDS)
    if held is None:
        return False
    try:
        with beating.kept(held) as beat:
            message = _scan(Uid(str(held.arguments["scan"])), beat, stop)
    except StaleTokenError:
        log.warning("scan %s went to another worker", held.uid)
    except LeavingError:
        jobs.give_back(held, now=clock.now())
    except ScanBusyError:
        jobs.give_back(held, now=clock.now(), not_before=clock.now() + _AGAIN)
    except fanout.ComputeEndedError as error:  # its scheduler died: whatever was worked out rests
        log.warning("scan %s lost its cluster: %s", held.uid, error)
        jobs.let_go(held, until=clock.now() + _AGAIN)  # an attempt: one that never starts is not asked for for ever
    except GlasshouseError as error:
        jobs.fail(held, f"{error.code}: {error.message}", now=clock.now())
        asking.settle(now=clock.now())
    except DatabaseFault:
        raise
    except Exception as error:  # one scan must not end the loop; its report says what it was
        log.exception("scan %s failed", held.uid)
        jobs.fail(held, f"{type(error).__name__}; the operator's log has the rest", now=clock.now())
        asking.settle(now=clock.now())
    else:
        jobs.finish(held, message, now=clock.now())
    releases.forget()
    gc.collect()
    give_free_back()
    return True


def _scan(uid: Uid, beat: beating.Beat, stop: Stop) -> str:
    def check() -> None:
        if stop.is_set:
            raise LeavingError
        beat.check()

    def report(_tool: str, done: int, of: int) -> None:
        beat.done, beat.of = done, of

    product = asking.product_of(uid)
    with results.sole_writer(product), compute() as cluster:
        ways = Ways(installing.standard_folder(), cluster)
        given = admissions.given_for(uid, now=clock.now)
        done = performing.perform(uid, ACTOR, ways, Watch(report, check, clock.now), given)
    return f"{len(done)} tools"


@contextmanager
def compute() -> Iterator[fanout.Compute]:
    """Lend the cluster that the lab's settings name, or one on this machine."""
    lab = settings.GLASSHOUSE
    with ExitStack() as stack:
        if lab.cluster is None:
            yield stack.enter_context(fanout.local(workers=lab.compute_workers))
            return
        credential = fanout.Credential.of(lab.cluster.credentials, fanout.Role.LAB)
        yield stack.enter_context(fanout.remote(lab.cluster.scheduler, credential, host=lab.cluster.host))
