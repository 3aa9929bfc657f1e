# SPDX-License-Identifier: Apache-2.0
"""Who may look at what, for what, from where, and how much of it, as pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from glasshouse.domain.access.errors import (
    GrantEndedError,
    GrantNotYetError,
    GrantPausedError,
    GrantRevokedError,
    NotAccompaniedError,
    OutsideGrantError,
    OutsidePlaceError,
    PurposeMissingError,
)
from glasshouse.domain.access.values import Conditions, Limits, Pause, Purpose, Terms
from glasshouse.domain.sites.values import Presence
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

SEEN_LINES = 8192
BYTES_A_LINE = 400
WINDOWS: Final = ("hour", "day", "visit", "total")
"""The windows of time that lines are counted in, from the shortest on."""
DAY_HOURS: Final = 5
VISIT_DAYS: Final = 2
PRESETS: Final[Mapping[str, tuple[int, int]]] = {
    "overview": (3_000, 10),
    "targeted": (12_000, 30),
    "full": (40_000, 100),
}
"""Lines an hour and per cent of the product's lines, by depth of review; a day is five hours, a visit two days."""


class Standing(StrEnum):
    """Where a grant stands in time."""

    NOT_YET = "not-yet"
    OPEN = "open"
    PAUSED = "paused"
    ENDED = "ended"
    REVOKED = "revoked"


def standing(
    begins: datetime, ends: datetime, revoked_at: datetime | None, paused_at: datetime | None, now: datetime
) -> Standing:
    """Say where a grant of these times stands; `check_is_open` passes for OPEN and for nothing else."""
    if revoked_at is not None and revoked_at <= now:
        return Standing.REVOKED
    if now < begins:
        return Standing.NOT_YET
    if now >= ends:
        return Standing.ENDED
    return Standing.OPEN if paused_at is None else Standing.PAUSED


def check_is_open(terms: Terms, now: datetime) -> None:
    """Raise unless these terms hold at this time."""
    where = standing(terms.begins, terms.ends, terms.revoked_at, terms.paused_at, now)
    if where is Standing.REVOKED:
        raise GrantRevokedError(
            f"Your grant was revoked on {terms.revoked_at:%d %b %Y, %H:%M} UTC.",
            hint="What you were shown and your receipts remain yours. Ask the lab manager for the reason.",
        )
    if where is Standing.NOT_YET:
        raise GrantNotYetError(f"Your grant begins on {terms.begins:%d %b %Y, %H:%M} UTC.")
    if where is Standing.ENDED:
        raise GrantEndedError(
            f"Your grant ended on {terms.ends:%d %b %Y, %H:%M} UTC.",
            hint="What you were shown and your receipts remain yours. The lab manager can propose another grant.",
        )
    if where is Standing.PAUSED:
        raise GrantPausedError(
            f"Your grant waits since {terms.paused_at:%d %b %Y, %H:%M} UTC: {Pause(terms.pause).label}.",
            hint="Nothing is lost and nothing is held against you. Talk to a custodian of the lab, who can resume it.",
        )


def check_may(terms: Terms, purpose: Purpose | None, here: Presence, now: datetime) -> None:
    """Raise unless these terms hold now, for this purpose, where the holder is.

    Time comes first: an ended grant says so. No purpose is wanted of what shows nothing, such as beginning a visit.
    """
    check_is_open(terms, now)
    if purpose is not None:
        check_is_for(terms, purpose)
    check_place(terms.conditions, here)


def check_is_for(terms: Terms, purpose: Purpose) -> None:
    """Raise unless these terms, which were judged, are for this purpose too."""
    if purpose not in terms.purposes:
        named = " and ".join(one.label for one in Purpose if one in terms.purposes)
        raise PurposeMissingError(
            f"Your grant lets you {named}; it is not for this: {purpose.label}.",
            hint="The lab manager can propose a grant for it; two people decide.",
        )


def check_place(conditions: Conditions, here: Presence) -> None:
    """Raise unless somebody who is proved to be here meets these conditions."""
    if conditions.ask_presence:
        _check_seat(conditions, here)  # a second person is with whoever sits at a machine, not with another session
    if conditions.accompanied and not here.second_person:
        raise NotAccompaniedError(
            "Your grant is used with a second person present, and none is entered as being with you.",
            hint="A custodian enters who accompanies you, on the page of your arrival; then load this page again.",
        )


def _check_seat(conditions: Conditions, here: Presence) -> None:
    where = "at a site of the lab" if conditions.sites else "at a workstation of the lab"
    if here.arrival is None:
        raise OutsidePlaceError(
            f"Your grant is used {where}, and no custodian has let you in today.",
            hint="Book a visit; the custodian receives you at the door.",
        )
    if here.workstation is None:
        raise OutsidePlaceError(
            f"Your grant is used {where}, and this session is not at the machine that you were let in to.",
            hint="Open this page in the browser of your workstation. If you are there, ask the custodian.",
        )
    if conditions.sites and here.site not in conditions.sites:
        raise OutsidePlaceError(
            "Your grant is used at another site than the one where you are.",
            hint="Its sites stand on your home page. The lab manager can propose a grant for this one.",
        )


def check_covers(terms: Terms, path: TreePath) -> None:
    """Raise unless these terms, which were judged, cover a path; what they do not cover does not exist."""
    if not terms.patterns.covers(path):
        raise OutsideGrantError


def limits_of(depth: str, lines: int) -> Limits:
    """Return the starting budget of a review of this depth, of a product of so many lines."""
    if depth not in PRESETS:
        raise InvalidError("A review of this depth reads nothing.")
    hour, share = PRESETS[depth]
    day = hour * DAY_HOURS
    return Limits(hour=hour, day=day, visit=day * VISIT_DAYS, total=max(1, -(-lines * share // 100)))


def share_of(limits: Limits, lines: int) -> int:
    """Return how many per cent of a product of so many lines a budget lets see in all, rounded up."""
    return min(100, -(-limits.total * 100 // lines)) if lines else 100


def more(limits: Limits, window: str) -> Limits:
    """Return what is asked for where a window of time is used up: twice as much in it, and in no other."""
    if window not in WINDOWS:
        raise InvalidError("Lines are counted by hour, by day, by visit and in all.")
    return replace(limits, **{window: 2 * getattr(limits, window)})


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
