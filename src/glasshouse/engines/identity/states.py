# SPDX-License-Identifier: Apache-2.0
"""What a run means for a finding. Silence closes nothing: absence is told only where somebody looked."""

from collections.abc import Container
from enum import StrEnum

from glasshouse.engines.identity.tiers import Tier
from glasshouse.kernel.paths import TreePath


class DetectionState(StrEnum):
    """What the last run says of a finding."""

    NEW = "new"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    EDITED = "edited"
    ABSENT = "absent"
    REOPENED = "reopened"
    UNKNOWN = "unknown"


class Coverage(StrEnum):
    """Whether a run could have seen a finding again.

    `GONE` is a unit that the release no longer holds, where every unit that its code may have gone to was analysed.
    """

    ANALYSED = "analysed"
    NOT_ANALYSED = "not-analysed"
    RULE_OFF = "rule-off"
    GONE = "gone"

    @property
    def proves_absence(self) -> bool:
        """Say whether not finding something means that it is not there."""
        return self in {Coverage.ANALYSED, Coverage.GONE}


def state_of(last: DetectionState | None, tier: Tier | None, coverage: Coverage) -> DetectionState:
    """Return the state of a finding after a run.

    `last` is what was last known of it, None for a sighting without a finding; `UNKNOWN` is not known, so a caller
    keeps the state before it too. `tier` is how the run saw it again, None where it did not.
    """
    if last is None:
        return DetectionState.NEW
    if tier is None:
        return DetectionState.ABSENT if coverage.proves_absence else DetectionState.UNKNOWN
    if tier.needs_human:
        return DetectionState.EDITED
    if last is DetectionState.ABSENT:
        return DetectionState.REOPENED
    return DetectionState.UNCHANGED if tier is Tier.LINE else DetectionState.MOVED


def coverage_of(
    path: TreePath | None,
    *,
    rule_is_on: bool,
    analysed: Container[TreePath],
    listed: Container[TreePath],
    is_complete: bool,
) -> Coverage:
    """Return what a run can say of a finding at a path.

    `analysed` are the units that the tool really read, now or in the cache; `listed` all of the release. `is_complete`
    says that every unit of the release that the tool applies to was analysed: where one was not, what is gone from
    its file may stand there. A finding without a path is covered by a complete run alone.
    """
    if not rule_is_on:
        return Coverage.RULE_OFF
    if path is None:
        return Coverage.ANALYSED if is_complete else Coverage.NOT_ANALYSED
    if path in analysed:
        return Coverage.ANALYSED
    if path in listed or not is_complete:
        return Coverage.NOT_ANALYSED
    return Coverage.GONE
