# SPDX-License-Identifier: Apache-2.0
"""How approvals says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, RefusedError


class NotIndependentError(RefusedError):
    """The person would decide on their own matter."""

    code = "approvals.not-independent"


class AlreadyDecidedError(ConflictError):
    """The proposal is closed, or this person has spoken."""

    code = "approvals.already-decided"


class BasisMissingError(InvalidError):
    """An agreement that must name its basis names none."""

    code = "approvals.basis-missing"


class StatementChangedError(ConflictError):
    """The decision names other bytes than the proposal's."""

    code = "approvals.statement-changed"
