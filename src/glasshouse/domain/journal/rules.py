# SPDX-License-Identifier: Apache-2.0
"""Decisions of the journal as pure functions."""

from datetime import datetime, timedelta

from glasshouse.domain.journal.errors import JournalStalledError

MAX_UNSEQUENCED = timedelta(seconds=10)


def check_sequenced(oldest: datetime | None, now: datetime) -> None:
    """Raise when the oldest event that no tree holds is ten seconds old: nothing is shown past that."""
    if oldest is not None and now - oldest > MAX_UNSEQUENCED:
        seconds = int((now - oldest).total_seconds())
        raise JournalStalledError(
            f"Nothing is shown: an entry of the journal has waited {seconds} s for the ledger.",
            hint="The operator starts the worker with `glasshouse work`; your place is kept.",
        )
