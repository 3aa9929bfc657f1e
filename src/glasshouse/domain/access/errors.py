# SPDX-License-Identifier: Apache-2.0
"""How access says no."""

from glasshouse.kernel.errors import NotFoundError, RefusedError


class GrantUnknownError(NotFoundError):
    """No such grant, or somebody else's."""

    code = "access.grant-unknown"


class OutsideGrantError(NotFoundError):
    """A path that the grant does not cover does not exist for its holder."""

    code = "access.outside-grant"


class GrantEndedError(RefusedError):
    """The holder's own grant, past its end."""

    code = "access.grant-ended"


class GrantNotYetError(RefusedError):
    """The holder's own grant, before its beginning."""

    code = "access.grant-not-yet"


class GrantRevokedError(RefusedError):
    """The holder's own grant, ended early."""

    code = "access.grant-revoked"


class BudgetExhaustedError(RefusedError):
    """A view that would exceed a budget; the message names rule, value and limit."""

    code = "access.budget-exhausted"
