# SPDX-License-Identifier: Apache-2.0
"""Keeping the checkpoints that leave the lab."""

from datetime import datetime

from glasshouse.domain.journal.models import Checkpoint
from glasshouse.domain.journal.values import Audience


def keep_checkpoint(audience: Audience, *, size: int, root: bytes, note: str, at: datetime) -> None:
    """Keep a signed tree head as it was given to an audience.

    Nothing is journalled: an entry per checkpoint would make each one stale at once and tell the public how the
    lab's day went.
    """
    Checkpoint.objects.create(audience=audience, size=size, root=root, note=note, at=at)
