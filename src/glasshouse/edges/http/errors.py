# SPDX-License-Identifier: Apache-2.0
"""The ways the HTTP edge itself says no, and what each family of refusals is in HTTP."""

from http import HTTPStatus
from typing import Final

from glasshouse.kernel.errors import (
    ConflictError,
    GlasshouseError,
    InvalidError,
    NotFoundError,
    RefusedError,
)


class NotSignedInError(RefusedError):
    """Somebody who is not signed in asks for what only people who are may see."""

    code = "http.not-signed-in"

    def __init__(self) -> None:
        """Say the same to everybody."""
        super().__init__("Nobody is signed in here.", hint="Sign in, then ask again.")


class NotAllowedError(RefusedError):
    """A library refused what a person asked."""

    code = "http.not-allowed"


class FormExpiredError(RefusedError):
    """The token that ties a form to its page is missing or of another session."""

    code = "http.form-expired"


class CannotRecordError(ConflictError):
    """The journal cannot be written, or the store not read: a disk is full, a database away."""

    code = "http.cannot-record"

    def __init__(self) -> None:
        """Say what is so and what is kept; the operator's log has the cause."""
        super().__init__(
            "nothing is shown, because the lab cannot record it.",
            hint="The operator was told. What you were shown before stays recorded; ask again in a while.",
        )


STATUS: Final[tuple[tuple[type[GlasshouseError], HTTPStatus], ...]] = (
    (NotSignedInError, HTTPStatus.UNAUTHORIZED),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (RefusedError, HTTPStatus.FORBIDDEN),
    (InvalidError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConflictError, HTTPStatus.CONFLICT),
)


def status_of(error: GlasshouseError) -> HTTPStatus:
    """Return the HTTP status of a refusal, by its family."""
    for family, status in STATUS:
        if isinstance(error, family):
            return status
    return HTTPStatus.BAD_REQUEST


def as_json(error: GlasshouseError) -> dict[str, str]:
    """Return a refusal as the API writes it."""
    return {"code": error.code, "message": error.message, "hint": error.hint}
