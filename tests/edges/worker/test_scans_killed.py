# SPDX-License-Identifier: Apache-2.0
"""A scan in its real processes: killed at any moment it goes on, and ends equal to one that nobody disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.edges.forge import ROOT
from tests.edges.running import RunningLab

FILES: Final = 24
SECONDS: Final = 90
FLAWED: Final = """#include <stdlib.h>
int leak_{number}(int n) {{ char *p = malloc(n); if (n > {number}) return n; free(p); free(p); return 0; }}
"""
# The scan worker's own loop, where every unit's result rests at once so that a kill falls between two.
WORK: Final = """
import django
django.setup()
from glasshouse.domain.scans import toolruns
from glasshouse.edges.worker import scanning
from glasshouse.kernel.stopping import Stop
toolruns._KEPT_SECONDS = toolruns._TOLD_SECONDS = 0.0
stop = Stop()
while scanning.scan_one(stop):
    pass
"""
ASK: Final = """
import json, sys
import django
django.setup()
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.releases import queries
from glasshouse.domain.scans import asking, surveying
from glasshouse.domain.scans.asking import Asker
from glasshouse.domain.scans.tools import installing
from glasshouse.kernel import clock
product, version = json.load(sys.stdin)
surveying.look(installing.standard_folder(), ["gcc-analyzer"], now=clock.now())
found = queries.ref(queries.named(product, version))
with journal.transaction():
    print(asking.ask(found, Asker("operator:tests"), ["gcc-analyzer"], now=clock.now()).scan.uid)
"""
# What came of a scan, down to the last finding; what differs between two products by their keys is left out.
CAME: Final = """
import json, sys
import django
django.setup()
from glasshouse.domain.detections import queries
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.scans.models import Scan
from glasshouse.domain.scans.progress import Progress
from glasshouse.kernel.ids import Uid
scan = Scan.objects.get(uid=json.load(sys.stdin))
(run,) = scan.runs.all()
report = queries.report(Uid(run.report))
tally = queries.tally(report)
progress = Progress.opened(bytes(run.progress), Uid(run.product), Uid(run.uid))
standings = Standing.objects.filter(report=report).order_by("number")
print(json.dumps({
    "end": scan.end, "counts": run.counts, "cached": run.cached, "files": run.files, "phase": run.phase,
    "marks": progress.marks.tolist(), "rules": [[one.id, count] for one, count in tally.rules],
    "standings": [list(row) for row in standings.values_list("state", "severity", "first_line", "last_line")],
    "reports": Report.objects.filter(release=scan.release).count(),
}, sort_keys=True))
"""
KEPT: Final = """
import django
django.setup()
from glasshouse.domain.scans.models import FileResult
print(FileResult.objects.count())
"""
END_THE_LEASE: Final = """
import django
django.setup()
from glasshouse.domain.jobs.models import Job
from glasshouse.kernel import clock
Job.objects.update(leased_until=clock.now())
"""


def lab_with(tmp_path: Path) -> RunningLab:
    lab = RunningLab.found(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}")
    source = tmp_path / "source"
    source.mkdir()
    for number in range(FILES):
        (source / f"f{number}.c").write_text(FLAWED.format(number=number), "utf-8")
    (source / "broken.c").write_text('#include "not-there.h"\n', "utf-8")
    for product in ("killed", "quiet"):
        lab.command("release", "import", product, "1", str(source))
    return lab


def ask(lab: RunningLab, product: str) -> str:
    return lab.python(ASK, json.dumps([product, "1"])).strip()


def came(lab: RunningLab, scan: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(lab.python(CAME, json.dumps(scan)))
    return found


@contextmanager
def worker(lab: RunningLab) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", WORK], env=lab.environment, cwd=ROOT, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def packs(lab: RunningLab) -> int:
    return len(list((lab.home / "scans").glob("*/results-*.pack")))


def wait_for_packs(lab: RunningLab, process: "subprocess.Popen[bytes]", more: int) -> None:
    until = time.monotonic() + SECONDS
    while packs(lab) < more:
        assert process.poll() is None, "the scan ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.005)


def family(group: int, name: str) -> list[int]:
    """The processes of a group that go by a name."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = (place / "stat").read_text("utf-8")
        except OSError:
            continue
        comm, _, rest = told.partition("(")[2].rpartition(")")
        if comm == name and int(rest.split()[2]) == group:
            found.append(int(place.name))
    return found


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_scan_whose_worker_and_scheduler_are_killed_ends_equal_to_one_undisturbed(tmp_path: Path) -> None:
    lab = lab_with(tmp_path)
    scan = ask(lab, "killed")
    with worker(lab) as process:
        wait_for_packs(lab, process, 3)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until = time.monotonic() + SECONDS
        while alive(process.pid):
            assert time.monotonic() < until, "a process of the cluster outlived its worker"
            time.sleep(0.01)
    lab.python(END_THE_LEASE)
    before = packs(lab)
    with worker(lab) as process:
        wait_for_packs(lab, process, before + 3)
        (scheduler,) = family(process.pid, "fanout-schedule")
        os.kill(scheduler, signal.SIGKILL)
        assert process.wait(SECONDS) == 0
    lab.python(END_THE_LEASE)
    before = packs(lab)
    with worker(lab) as process:
        wait_for_packs(lab, process, before + 2)
        os.kill(family(process.pid, "fanout-worker")[0], signal.SIGKILL)  # is replaced, and its unit tried again
        assert process.wait(SECONDS) == 0
    quiet = ask(lab, "quiet")
    with worker(lab) as process:
        assert process.wait(SECONDS) == 0
    disturbed = came(lab, scan)
    assert disturbed == came(lab, quiet)
    assert disturbed["counts"] == {"analysed": FILES, "skipped": 1}
    assert (disturbed["cached"], disturbed["end"], disturbed["reports"]) == (0, "partial", 1)
    assert disturbed["standings"]
    assert int(lab.python(KEPT)) == 2 * (FILES + 1), "something was worked out twice, or is not known"
