# SPDX-License-Identifier: Apache-2.0
"""Who calls: a session with the header that no foreign page can send, or a token within its scope."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import AuthBase

from glasshouse.domain.people import queries as people
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.viewer import Viewer
from glasshouse.edges.api.errors import ForeignSenderError, ScopeMissingError, SessionWantedError
from glasshouse.edges.http.errors import NotSignedInError
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock

HEADER: Final = "X-Glasshouse"
_SCHEME: Final = "bearer "


def check_sender(request: HttpRequest) -> None:
    """Raise unless the call was made by a program, or by a page of ours.

    A page of another origin may send our cookie along or have one set, but a header of its own naming needs our
    leave first (CORS), which is never given. GET is no exception: showing lines spends a budget.
    """
    is_ours = request.headers.get("Origin") in {None, settings.GLASSHOUSE.url}
    is_same_site = request.headers.get("Sec-Fetch-Site") in {None, "same-origin"}
    if HEADER not in request.headers or not is_ours or not is_same_site:
        raise ForeignSenderError(
            f"A call of a session bears the header {HEADER}.", hint=f"Send {HEADER}: with the name of your program."
        )


class Sender(AuthBase):
    """Anybody, as long as no page of another origin made the call: signing in must not be done to a person."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = HEADER

    def __call__(self, request: HttpRequest) -> bool:
        """Let pass, or raise."""
        check_sender(request)
        return True


class Session(AuthBase):
    """The person's own session, and nothing else."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def __init__(self, why: str) -> None:
        """Take the reason that a token is told."""
        super().__init__()
        self._why = why

    def __call__(self, request: HttpRequest) -> Viewer:
        """Return who calls, or raise."""
        if "Authorization" in request.headers:
            _token_of(request)  # a token that is none is told so first
            raise SessionWantedError(self._why, hint="Sign in with `glasshouse login` and use that session.")
        viewer = viewer_of(request)
        check_sender(request)
        return viewer


class Confirmed(Session):
    """The person's own session, in which they lately showed a second factor, or had it shown for it in a browser."""

    def __call__(self, request: HttpRequest) -> Viewer:
        """Return who calls, or raise."""
        viewer = super().__call__(request)
        check_confirmed(request)
        return viewer


class Token(AuthBase):
    """A token with this scope. A call without one is left to the session."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: Scope) -> None:
        """Take the scope that the route needs."""
        super().__init__()
        self._scope = scope

    def __call__(self, request: HttpRequest) -> Viewer | None:
        """Return who calls; None without a token, so that the session is asked."""
        if "Authorization" not in request.headers:
            return None
        if self._scope not in _token_of(request):
            raise ScopeMissingError(
                f"This token has no scope {self._scope.value}.", hint="Make one that has, with `glasshouse token make`."
            )
        return viewer_of(request)


def _token_of(request: HttpRequest) -> frozenset[Scope]:
    """Make the token's person the one who asks, whatever cookie came along, and return what the token may read."""
    given = request.headers["Authorization"]
    holder = None
    if given.lower().startswith(_SCHEME):
        holder = people.token_holder(given[len(_SCHEME) :].strip(), now=clock.now())
    if holder is None:
        raise NotSignedInError
    request.user = holder.person
    return holder.scopes


SOURCE: Final = Session("Tokens never carry source.")
ACTING: Final = Session("Tokens read; only a session acts.")
DECIDING: Final = Confirmed("Tokens read; only a session decides.")


def reading(scope: Scope) -> list[AuthBase]:
    """Return who may call a route without source: a token with this scope, or the session."""
    return [Token(scope), Session("A token was given where none is taken.")]
