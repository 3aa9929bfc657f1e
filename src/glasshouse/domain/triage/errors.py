# SPDX-License-Identifier: Apache-2.0
"""How triage says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class NoDetectionError(NotFoundError):
    """No such detection in this release, or none that the viewer may see."""

    code = "triage.no-detection"


class NotYoursToJudgeError(RefusedError):
    """The verdict is another side's or another line's."""

    code = "triage.not-yours"


class NotPossibleError(ConflictError):
    """The verdict does not follow from where the detection stands."""

    code = "triage.not-possible"


class UnusableVerdictError(InvalidError):
    """A verdict that contradicts itself."""

    code = "triage.unusable-verdict"
