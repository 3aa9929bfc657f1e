# SPDX-License-Identifier: Apache-2.0
"""The ledger's facts as the footer and the front door state them."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.values import Audience

KEPT_SECONDS: Final = 2
_SIGNATURE: Final = "— "


@dataclass(frozen=True, slots=True)
class Facts:
    """The newest checkpoint that the parties were given: its size and time, and who cosigned it."""

    size: int
    at: datetime
    cosigned: int
    witnesses: int


class _Kept:
    """The last answer, good for two seconds: the footer stands on every page, a checkpoint comes in minutes."""

    facts: Facts | None = None
    until: float = 0.0


def facts() -> Facts | None:
    """Return the facts, None before the first checkpoint."""
    now = time.monotonic()
    if now >= _Kept.until:
        _Kept.facts, _Kept.until = _newest(), now + KEPT_SECONDS
    return _Kept.facts


def _newest() -> Facts | None:
    kept = journal.newest_checkpoint(Audience.PARTIES)
    if kept is None:
        return None
    lab = settings.GLASSHOUSE
    signers = {line.split(" ")[1] for line in kept.note.splitlines() if line.startswith(_SIGNATURE)}
    return Facts(kept.size, kept.at, len(signers - {lab.origin}), len(lab.witnesses))
