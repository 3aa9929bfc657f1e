# SPDX-License-Identifier: Apache-2.0
"""Take files of results in, killed by SIGKILL at each step in turn: `python -m ... PRODUCT VERSION FOLDER`.

A step is a file opened, renamed or removed among the reports, or a row written. Each file tells one result more than
the one before. After each kill it is printed, as a line of JSON, what is seen of it, and what came of the same file
when it was taken in again.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

STEPS = frozenset({"open", "os.rename", "os.remove"})
AT_FIRST = 3


def main(product: str, version: str, folder: Path) -> None:
    """Kill at the first step, the second, until one comes to its end."""
    django.setup()
    from django.db import connections  # noqa: PLC0415 -- as below

    from glasshouse.domain.detections import commands, rows, shelf  # noqa: PLC0415 -- models load after setup
    from glasshouse.domain.detections.models import Detection, Report, Standing  # noqa: PLC0415
    from glasshouse.domain.journal.models import Event  # noqa: PLC0415
    from glasshouse.domain.releases import queries as releases  # noqa: PLC0415
    from tests.lab import NOW  # noqa: PLC0415

    vars(rows).update(PART=2)
    found = releases.ref(releases.named(product, version))

    def take(step: int) -> dict[str, int]:
        source = folder / f"{step}.sarif"
        source.write_text(json.dumps(_told(AT_FIRST + step)))
        (taken,) = commands.take_reports("operator:tests", product, version, source, now=NOW)
        return {state.value: count for state, count in taken.states.items()}

    def seen() -> dict[str, int]:
        return {
            "events": Event.objects.filter(kind="detections.report-taken").count(),
            "reports": Report.objects.exclude(taken_at=None).count(),
        }

    step, steps = 0, 1
    while steps:
        step += 1
        connections.close_all()
        child = os.fork()
        if not child:
            _kill_at(step, str(shelf.folder(found.product)))
            take(step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        steps = int(os.WIFSIGNALED(status))
        told: dict[str, Any] = {"step": step, "was_killed": bool(steps), "seen": seen(), "states": take(step)}
        told["rows"] = [Report.objects.count(), Standing.objects.count(), Detection.objects.count()]
        told["packs"] = len(list(shelf.folder(found.product).glob("report-*")))
        sys.stdout.write(json.dumps(told) + "\n")


def _told(results: int) -> dict[str, Any]:
    at = [{"artifactLocation": {"uri": "one.c"}, "region": {"startLine": line}} for line in range(1, results + 1)]
    return {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "cutter"}},
                "results": [
                    {"ruleId": "r", "message": {"text": "m"}, "locations": [{"physicalLocation": one}]} for one in at
                ],
            }
        ],
    }


def _kill_at(step: int, folder: str) -> None:
    from django.db import connection  # noqa: PLC0415 -- after setup

    left = [step]

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS and folder in str(arguments[0]):
            count()

    def written(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            count()
        return answer

    sys.addaudithook(watch)
    connection.execute_wrappers.append(written)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
