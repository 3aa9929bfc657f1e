# SPDX-License-Identifier: Apache-2.0
"""What every process of a lab loads when it starts: an operator's command is over in less time than numpy takes."""

import os
import subprocess
import sys
from pathlib import Path

SETTLE = "import sys, django; django.setup(); print(*sorted({name.partition('.')[0] for name in sys.modules}))"
LATER = {"PIL", "dask", "distributed", "numpy"}


def test_a_process_starts_without_what_only_some_of_them_count_with(tmp_path: Path) -> None:
    lab = {"GLASSHOUSE_HOME": str(tmp_path / "lab"), "GLASSHOUSE_KEYS": str(tmp_path / "keys")}
    environment = {**os.environ, **lab, "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings"}
    done = subprocess.run([sys.executable, "-c", SETTLE], env=environment, capture_output=True, text=True, check=True)
    assert LATER.isdisjoint(done.stdout.split())
