# SPDX-License-Identifier: Apache-2.0
"""Decisions of triage as pure functions: what an opinion comes to, whose a verdict is, what VEX would say of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.triage.errors import NotPossibleError, NotYoursToJudgeError, UnusableVerdictError
from glasshouse.domain.triage.values import Given, Justification, NewVerdict, Rating, Side, State, VexStatus
from glasshouse.engines.formats import cvss
from glasshouse.engines.identity import DetectionState

READING: Final = (Role.PRODUCT_OWNER, Role.LAB_MANAGER, Role.ASSESSOR)
"""Who of the vendor reads what tools found and what is said of it."""
JUDGING: Final = (Role.PRODUCT_OWNER, Role.ASSESSOR)
"""Who of the vendor gives verdicts."""
MAX_REASON: Final = 2_000
MAX_AT_ONCE: Final = 500
"""Detections of one verdict."""
WIDE_DAYS: Final = 366
"""A verdict on a rule covers what nobody has seen yet, so it is given again after a year."""
_FIX: Final = frozenset({State.FIX_CLAIMED, State.FIX_VERIFIED})
_MAY_BE_JUSTIFIED: Final = frozenset({State.FALSE_POSITIVE, State.WONT_FIX})


def standing(given: Iterable[Given], now: datetime) -> Given | None:
    """Return the verdict that a side's opinion comes to, None while it has none.

    A word on the detection itself goes before one on its rule; of each the last counts that has not expired. Which one
    was last their numbers tell: a clock that was set back brings no older word up again.
    """
    lasting = [one for one in given if one.expires_at is None or now < one.expires_at]
    return max(lasting, key=lambda one: (not one.is_wide, one.number), default=None)


def asks_again(found: Given, release: str, state: DetectionState, *, has_lapsed: bool) -> bool:
    """Say whether a verdict wants another look in a release: its lines changed since, or came back."""
    if found.release == release:
        return False
    return has_lapsed or state in {DetectionState.EDITED, DetectionState.REOPENED}


def side_of(viewer: Viewer) -> Side:
    """Return whom a viewer judges for: who owns a product is never its assessor, whatever else they are."""
    if not viewer.is_vendor:
        return Side.VISITOR
    if viewer.may_act_as(Role.PRODUCT_OWNER):
        return Side.OWNER
    if viewer.may_act_as(Role.ASSESSOR):
        return Side.ASSESSOR
    raise NotYoursToJudgeError(
        "A verdict is not yours to give.", hint="The product's owner, an assessor, or who visits gives one."
    )


@dataclass(frozen=True, slots=True)
class Fix:
    """What is said of a fix of one detection: whether the owner claims one now, and who ever claimed one."""

    is_claimed: bool
    claimed_by: Collection[int]


def check_may_say(viewer: Viewer, state: State, fix: Fix, seen: DetectionState) -> None:
    """Raise unless a viewer may say this of a detection that stands so in the release that they look at."""
    side = side_of(viewer)
    if state == State.FIX_CLAIMED and side != Side.OWNER:
        raise NotYoursToJudgeError("A fix is claimed by the product's owner.")
    if state == State.FIX_VERIFIED:
        if side == Side.OWNER or viewer.row in fix.claimed_by:
            raise NotYoursToJudgeError(
                "Nobody verifies a fix who answers for it.", hint="An assessor or a visitor verifies it."
            )
        if not fix.is_claimed:
            raise NotPossibleError("No fix is claimed that could be verified.")
        if seen in SEEN:
            raise NotPossibleError(
                "The tool still finds this in the release.", hint="Verify a fix in a release that holds it."
            )


def check_verdict(new: NewVerdict, now: datetime, *, is_wide: bool) -> None:
    """Raise unless a verdict agrees with itself."""
    if new.expires_at is not None and new.expires_at <= now:
        raise UnusableVerdictError("A verdict that has expired says nothing.")
    if new.justification and new.state not in _MAY_BE_JUSTIFIED:
        raise UnusableVerdictError(f"“{State(new.state).label}” has no justification of not being affected.")
    if is_wide and new.state in _FIX:
        raise UnusableVerdictError("A fix is of one detection, never of a rule.")
    if is_wide and (new.expires_at is None or new.expires_at > now + timedelta(days=WIDE_DAYS)):
        raise UnusableVerdictError(
            f"A verdict on a rule ends within {WIDE_DAYS} days: it covers what nobody has seen yet."
        )


def rating_of(new: NewVerdict) -> Rating:
    """Return how bad it is, from a CVSS vector where its base score follows from it, else as the author says."""
    if not new.vector.strip():
        return Rating("", new.severity)
    vector = cvss.Vector.parse(new.vector)
    computed = vector.severity
    if computed is None and new.severity is None:
        raise UnusableVerdictError(
            "A CVSS 4.0 vector comes with its severity.", hint="Say critical, high, medium, low or note."
        )
    if computed is not None and new.severity not in {None, computed}:
        raise UnusableVerdictError(f"This vector comes to {computed.value}, not to {new.severity}.")
    return Rating(str(vector), computed or new.severity)


def vex_status(state: State, justification: Justification | None) -> VexStatus:
    """Return what VEX calls a state: what will not be fixed affects, unless something justifies that it does not.

    A fix that is claimed and not verified is none yet.
    """
    if state == State.FALSE_POSITIVE or justification is not None:
        return VexStatus.NOT_AFFECTED
    if state == State.FIX_VERIFIED:
        return VexStatus.FIXED
    return VexStatus.UNDER_INVESTIGATION if state == State.OPEN else VexStatus.AFFECTED
