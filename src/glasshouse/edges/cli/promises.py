# SPDX-License-Identifier: Apache-2.0
"""Keeping the lab's promises: one line a showing in `~/.local/share/glasshouse/promises.jsonl`, mode 0600.

A promise is the lab's signature over a showing's place in its journal. Whoever has kept it can prove later that the
lab left the showing out. It names no path and no source.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasshouse.kernel import clock


def promises_file() -> Path:
    """Return where this person's promises lie."""
    return Path.home() / ".local" / "share" / "glasshouse" / "promises.jsonl"


def keep(showing: Mapping[str, Any]) -> None:
    """Append the promise of one showing, durably: it is worth something only when the lab denies it."""
    line = {"at": clock.to_text(clock.now()), "event": showing["event"], **showing["promise"]}
    path = promises_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
