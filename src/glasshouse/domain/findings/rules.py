# SPDX-License-Identifier: Apache-2.0
"""Decisions of findings as pure functions: which step follows, whose it is, how long an answer may take."""

from collections.abc import Mapping
from typing import Final

from glasshouse.domain.findings.errors import FixNotNamedError, StepNotPossibleError, StepNotYoursError
from glasshouse.domain.findings.values import Severity, State, Step
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.threads.values import Clock

MAX_TITLE: Final = 160
READING: Final = (Role.PRODUCT_OWNER, Role.LAB_MANAGER, Role.ASSESSOR)
"""Who of the vendor reads findings."""
SAID_BY_VENDOR: Final = frozenset({Step.CONFIRM, Step.DISPUTE, Step.FIX})
"""Steps of the product's own line; the others are of those who found it, or of an assessor where that is said."""
_BY_ASSESSOR: Final = frozenset({Step.VERIFY, Step.REOPEN})
_NEXT: Final[Mapping[tuple[State, Step], State]] = {
    (State.RAISED, Step.CONFIRM): State.CONFIRMED,
    (State.RAISED, Step.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Step.CONFIRM): State.CONFIRMED,
    (State.DISPUTED, Step.REOPEN): State.RAISED,
    (State.CONFIRMED, Step.FIX): State.FIXED,
    (State.FIXED, Step.VERIFY): State.VERIFIED,
    (State.FIXED, Step.REOPEN): State.CONFIRMED,
    (State.VERIFIED, Step.REOPEN): State.CONFIRMED,
    (State.RAISED, Step.WITHDRAW): State.WITHDRAWN,
    (State.DISPUTED, Step.WITHDRAW): State.WITHDRAWN,
    (State.CONFIRMED, Step.WITHDRAW): State.WITHDRAWN,
    (State.FIXED, Step.WITHDRAW): State.WITHDRAWN,
}
_TURN: Final[Mapping[State, Step]] = {
    State.RAISED: Step.CONFIRM,
    State.DISPUTED: Step.REOPEN,
    State.FIXED: Step.VERIFY,
}
"""The step that stands for whose turn it is; a confirmed finding waits for nothing but its fix."""
_HOURS: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 24,
    Severity.HIGH: 48,
    Severity.MEDIUM: 72,
    Severity.LOW: 120,
    Severity.NOTE: 240,
}


def next_state(state: State, step: Step) -> State:
    """Return where a finding stands after a step; raise where the step does not follow."""
    try:
        return _NEXT[state, step]
    except KeyError:
        raise StepNotPossibleError(
            f"This finding is {state.label}; the step “{step.label}” does not follow.", hint="Load the page again."
        ) from None


def steps_from(state: State) -> frozenset[Step]:
    """Return the steps that may follow."""
    return frozenset(step for before, step in _NEXT if before == state)


def may_take(viewer: Viewer, step: Step) -> bool:
    """Say whether a step is the viewer's: no role of the first line judges its own fix."""
    if not viewer.is_vendor:
        return step not in SAID_BY_VENDOR
    if step in SAID_BY_VENDOR:
        return viewer.may_act_as(Role.PRODUCT_OWNER)
    return step in _BY_ASSESSOR and viewer.may_act_as(Role.ASSESSOR) and not viewer.may_act_as(Role.PRODUCT_OWNER)


def awaited(viewer: Viewer) -> frozenset[State]:
    """Return where a finding stands when the next word is the viewer's."""
    return frozenset(state for state, step in _TURN.items() if may_take(viewer, step))


def check_may_take(viewer: Viewer, step: Step) -> None:
    """Raise unless a step is the viewer's."""
    if not may_take(viewer, step):
        raise StepNotYoursError(
            f"The step “{step.label}” is not yours.",
            hint="The product's owner answers; who found it, or an independent assessor, judges the answer.",
        )


def check_fix(step: Step, release: str) -> None:
    """Raise unless a claimed fix names the release that holds it, and nothing else names one."""
    if (step == Step.FIX) != bool(release):
        raise FixNotNamedError("A fix is claimed in a release of this product.", hint="Name the release that holds it.")


def clock_of(severity: Severity) -> Clock:
    """Return how long the vendor has for an answer to a finding."""
    return Clock(_HOURS[severity])
