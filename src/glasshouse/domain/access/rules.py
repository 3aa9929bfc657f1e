# SPDX-License-Identifier: Apache-2.0
"""Who may look at what, as pure functions."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from glasshouse.domain.access.errors import (
    GrantEndedError,
    GrantNotYetError,
    GrantRevokedError,
    OutsideGrantError,
)
from glasshouse.domain.access.values import Terms
from glasshouse.kernel.paths import TreePath

SEEN_LINES = 8192
BYTES_A_LINE = 400


class Standing(StrEnum):
    """Where a grant stands in time."""

    NOT_YET = "not-yet"
    OPEN = "open"
    ENDED = "ended"
    REVOKED = "revoked"


def standing(begins: datetime, ends: datetime, revoked_at: datetime | None, now: datetime) -> Standing:
    """Say where a grant of these times stands; `check_is_open` passes for OPEN and for nothing else."""
    if revoked_at is not None and revoked_at <= now:
        return Standing.REVOKED
    if now < begins:
        return Standing.NOT_YET
    return Standing.ENDED if now >= ends else Standing.OPEN


def check_is_open(terms: Terms, now: datetime) -> None:
    """Raise unless these terms hold at this time."""
    if terms.revoked_at is not None and terms.revoked_at <= now:
        raise GrantRevokedError(
            f"Your grant was revoked on {terms.revoked_at:%d %b %Y, %H:%M} UTC.",
            hint="What you were shown and your receipts remain yours. Ask the lab manager for the reason.",
        )
    if now < terms.begins:
        raise GrantNotYetError(f"Your grant begins on {terms.begins:%d %b %Y, %H:%M} UTC.")
    if now >= terms.ends:
        raise GrantEndedError(
            f"Your grant ended on {terms.ends:%d %b %Y, %H:%M} UTC.",
            hint="What you were shown and your receipts remain yours. The lab manager can propose another grant.",
        )


def check_may_read(terms: Terms, path: TreePath, now: datetime) -> None:
    """Raise unless these terms cover this path at this time. Time comes first: an ended grant says so."""
    check_is_open(terms, now)
    if not terms.patterns.covers(path):
        raise OutsideGrantError


def cost_of(length: int) -> int:
    """Return what a line of so many bytes costs: one, and one more for every further 400 bytes begun.

    Without this, a release packed into one line would be one line.
    """
    return max(1, -(-length // BYTES_A_LINE))


def still_counts(stored: int | str, current: int | str) -> bool:
    """Say whether a counter kept under `stored` counts for the window `current`.

    An hour or day that is one ahead does: whoever asks set out before it struck, or has a clock that is behind.
    """
    return stored == current or (isinstance(current, int) and stored == current + 1)


def new_cost(costs: Sequence[int], always: frozenset[int], seen: int) -> int:
    """Return what a window costs; bit i of `seen` says that line i was shown before."""
    return sum(cost for offset, cost in enumerate(costs) if offset in always or not seen >> offset & 1)
