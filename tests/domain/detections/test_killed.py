# SPDX-License-Identifier: Apache-2.0
"""Nothing of an intake that was killed is seen, and the next one ends as if it had never been."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connections

from tests.databases import Switch
from tests.domain.detections.killing import AT_FIRST
from tests.lab import House


def test_an_intake_that_is_killed_at_any_step_shows_nothing_and_the_next_ends_equal(
    open_house: House, database_switch: Switch, tmp_path: Path
) -> None:
    open_house.take("1", {"p/one.c": b"".join(b"int line%d;\n" % number for number in range(99))})
    connections.close_all()
    database = database_switch.current
    assert database is not None
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
        "GLASSHOUSE_DATABASE": database.url,
        "GLASSHOUSE_HOME": str(settings.GLASSHOUSE.home),
        "GLASSHOUSE_KEYS": str(settings.GLASSHOUSE.keys),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "tests.domain.detections.killing", "server", "1", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) > 15
    rows = 0
    for number, one in enumerate(told, 1):
        detections = AT_FIRST + number
        rows += detections
        ended = number - int(one["was_killed"])  # the last one came to its end and was here already
        assert one["seen"] == {"events": ended, "reports": ended}, one
        assert one["states"] == ({"new": detections} if number == 1 else {"new": 1, "unchanged": detections - 1}), one
        assert one["rows"] == [number, rows, detections], one
        assert one["packs"] == number, one
    assert [one["was_killed"] for one in told].count(False) == 1
