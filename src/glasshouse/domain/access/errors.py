# SPDX-License-Identifier: Apache-2.0
"""How access says no."""

from glasshouse.kernel.errors import ConflictError, NotFoundError, RefusedError


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


class GrantPausedError(RefusedError):
    """The holder's own grant, waiting for a custodian's word."""

    code = "access.grant-paused"


class GrantNotPausedError(ConflictError):
    """A grant that does not wait is not resumed."""

    code = "access.grant-not-paused"


class PurposeMissingError(RefusedError):
    """The holder's own grant, for another purpose than this."""

    code = "access.purpose-missing"


class OutsidePlaceError(RefusedError):
    """The holder's own grant, asked from elsewhere than where it may be used."""

    code = "access.outside-place"


class NotAccompaniedError(RefusedError):
    """The holder's own grant, used alone where a second person is to be present."""

    code = "access.not-accompanied"


class BudgetExhaustedError(RefusedError):
    """A view that would exceed a budget; the message names rule, value and limit.

    `window` is hour, day, visit or total, empty where another page was quicker.
    """

    code = "access.budget-exhausted"

    def __init__(self, message: str, *, hint: str = "", window: str = "") -> None:
        """Keep which window of time is used up."""
        super().__init__(message, hint=hint)
        self.window = window


class MoreAskedError(ConflictError):
    """More was asked for, and two people have not decided yet."""

    code = "access.more-asked"
