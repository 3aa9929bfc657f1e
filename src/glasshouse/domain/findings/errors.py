# SPDX-License-Identifier: Apache-2.0
"""How findings says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class NoFindingError(NotFoundError):
    """No such finding, or one that the viewer has no part in."""

    code = "findings.no-finding"


class StepNotPossibleError(ConflictError):
    """The finding stands elsewhere: somebody was faster, or the step does not follow."""

    code = "findings.step-not-possible"


class StepNotYoursError(RefusedError):
    """The step is another party's or another line's."""

    code = "findings.step-not-yours"


class FixNotNamedError(InvalidError):
    """A fix is claimed in a release of the product, and names it."""

    code = "findings.fix-not-named"
