# SPDX-License-Identifier: Apache-2.0
"""The ways the API itself says no."""

from glasshouse.kernel.errors import ConflictError, RefusedError


class ForeignSenderError(RefusedError):
    """A call that a page of another origin could have made."""

    code = "api.foreign-sender"


class SessionWantedError(RefusedError):
    """A token where only the person's own session will do."""

    code = "api.session-wanted"


class ScopeMissingError(RefusedError):
    """A token without the scope of this route."""

    code = "api.scope-missing"


class TooManyError(ConflictError):
    """A caller who asks more often than a terminal would."""

    code = "api.too-many"


class NoCheckpointError(ConflictError):
    """No tree head was given out yet."""

    code = "api.no-checkpoint"
