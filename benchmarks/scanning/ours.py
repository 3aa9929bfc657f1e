# SPDX-License-Identifier: Apache-2.0
"""The lab's own scan, as one process whose children's time is counted: arguments as `ground.scan` gives them."""

import json
import sys
from pathlib import Path

from benchmarks.searching import ground


def main() -> None:
    """Scan, and print what was said of each tool."""
    folder, product, version, tools, workers, kept = sys.argv[1:]
    ground.open_lab(Path(folder))
    from glasshouse.domain.scans import commands
    from glasshouse.domain.scans.models import ScanRun
    from glasshouse.domain.scans.tools import installing
    from glasshouse.domain.scans.working import Ways
    from glasshouse.engines import fanout
    from glasshouse.kernel import clock

    if kept == "forget":
        forget()
    with fanout.local(workers=int(workers)) as compute:
        ways = Ways(installing.standard_folder(), compute)
        done = commands.scan(
            ground.OPERATOR, product, version, ways, wanted=tools.split(",") if tools else (), now=clock.now()
        )
    told = {}
    for one in done:
        run = ScanRun.objects.get(uid=one.run.text)
        told[one.tool] = {
            "run": one.run.text,
            "counts": one.counts,
            "cached": one.cached,
            "seconds": one.seconds,
            "results": one.taken.results,
            "record": bytes(run.record).hex(),
            "outcomes": bytes(run.outcomes).hex(),
        }
    print(json.dumps(told))


def forget() -> None:
    """Leave nothing known of any file."""
    from django.conf import settings

    from glasshouse.domain.scans.models import FileResult

    FileResult.objects.all().delete()
    for path in (settings.GLASSHOUSE.home / "scans").glob("*/results-*"):
        path.unlink()


if __name__ == "__main__":
    main()
