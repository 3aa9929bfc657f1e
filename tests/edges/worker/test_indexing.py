# SPDX-License-Identifier: Apache-2.0
"""The index job in its real processes: two build, and a kill of all of them is gone on from."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.edges.forge import ROOT
from tests.edges.running import RunningLab

FILES: Final = 90
KILLS: Final = 2  # a third attempt is the last that a job has
SECONDS: Final = 60
# The job as the worker does it, with batches so small that a kill falls between them.
WORK: Final = """
import django
django.setup()
from glasshouse.domain.releases import indexing
from glasshouse.edges.worker import segmenting, working
indexing.BATCH_BYTES, segmenting.ALONE_BYTES, indexing.MERGE_FROM = 20_000, 0, 10_000
while working.run_one():
    pass
"""
CHECK: Final = """
import django
django.setup()
from glasshouse.domain.releases import indexing, queries
for row in queries.all_releases():
    ref = queries.ref(row)
    heads = [indexing.head(ref.product, name) for name in indexing.names(ref.product)]
    every = [digest for kept in heads for digest in indexing.digests(ref.product, kept)]
    assert len(every) == len(set(every)), "indexed twice"
    for kept in heads:
        indexing.load(ref.product, kept)
    print(len(every), indexing.is_complete(ref.product, [ref]))
"""
# Nobody waits half a minute for the lease here.
END_THE_LEASE: Final = """
import django
django.setup()
from glasshouse.domain.jobs.models import Job
from glasshouse.kernel import clock
Job.objects.update(leased_until=clock.now())
"""


def segments(lab: RunningLab) -> list[Path]:
    return sorted((lab.home / "index").rglob("segment-*"))


def start(lab: RunningLab) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORK], env=lab.environment, cwd=ROOT, start_new_session=True)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_index_job_that_is_killed_again_and_again_ends_whole(tmp_path: Path) -> None:
    lab = RunningLab.found(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}")
    source = tmp_path / "source"
    source.mkdir()
    for number in range(FILES):
        (source / f"f{number}.c").write_bytes(b"int f_%d_%%d;\n" % number * 600)
    lab.command("release", "import", "tool", "1", str(source))
    for _ in range(KILLS):
        before = len(segments(lab))
        working = start(lab)
        until = time.monotonic() + SECONDS
        while len(segments(lab)) < before + 3:
            assert working.poll() is None
            assert time.monotonic() < until
            time.sleep(0.005)
        # The worker alone is killed: those that build for it end with it.
        os.kill(working.pid, signal.SIGKILL)
        working.wait()
        while alive(working.pid):
            assert time.monotonic() < until, "a process that builds outlived its worker"
            time.sleep(0.01)
        lab.python(END_THE_LEASE)
    assert 3 * KILLS <= len(segments(lab)) < FILES / 3
    assert start(lab).wait(SECONDS) == 0
    assert lab.python(CHECK).strip() == f"{FILES} True"
    assert not list((lab.home / "index").rglob("building-*"))
