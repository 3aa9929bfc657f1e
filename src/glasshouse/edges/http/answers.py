# SPDX-License-Identifier: Apache-2.0
"""Turns what views raise into answers: the one place of this edge where a refusal gets its page."""

import errno
import logging
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render, resolve_url
from django.template import loader
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.people import sessions
from glasshouse.domain.people.values import SessionEnd
from glasshouse.edges.http import refusals
from glasshouse.edges.http.errors import (
    CannotRecordError,
    FormExpiredError,
    NotAllowedError,
    NotSignedInError,
    as_json,
    status_of,
)
from glasshouse.edges.http.routes import is_fragment, route_name, wants_json
from glasshouse.kernel import clock
from glasshouse.kernel.errors import GlasshouseError, InvalidError, NotFoundError, RefusedError

_log: Final = logging.getLogger(__name__)

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_ENDED: Final = {
    SessionEnd.OWNER: _("This session was ended from another one of yours."),
    SessionEnd.CUSTODIAN: _("This session was ended by the lab's custodian, who wrote down why: ask them."),
    SessionEnd.LIMIT: _("This session ended when you signed in elsewhere: there were more than you may have at once."),
}
SAID: Final = frozenset({400, 403, 404, 409, 422, 429, 500})
"""The statuses that have a page of their own, `states/STATUS.html`."""


class ErrorMiddleware:
    """Innermost: refusals of the four families become pages, fragments or JSON; bugs go on to the 500 page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; exceptions come to `process_exception`."""
        return self._next(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; None for a bug."""
        if isinstance(exception, GlasshouseError):
            return answer(request, exception)
        if isinstance(exception, Http404):
            return answer(request, NotFoundError())
        if isinstance(exception, PermissionDenied):
            return answer(request, NotAllowedError("This is not allowed here."))
        if isinstance(exception, OperationalError) or getattr(exception, "errno", None) in _NO_ROOM:
            report(route_name(request))
            return unrecordable(request)
        return None


def answer(request: HttpRequest, error: GlasshouseError) -> HttpResponse:
    """Answer a refusal in the form the caller reads, and leave its trace.

    What was asked wrongly or too early is no refusal of a person and is not journalled.
    """
    status = status_of(error)
    is_refusal = isinstance(error, (NotFoundError, RefusedError))
    is_recorded = refusals.note(request, error.code) if is_refusal else False
    if wants_json(request):
        return JsonResponse(as_json(error), status=status)
    if isinstance(error, NotSignedInError):
        return to_front_door(request)
    return page(request, status, {"error": error, "is_recorded": is_recorded})


def unrecordable(request: HttpRequest) -> HttpResponse:
    """Answer what could not be recorded or read, without asking the database for anything more."""
    error = CannotRecordError()
    if wants_json(request):
        return JsonResponse(as_json(error), status=status_of(error))
    return _bare(request, status_of(error), {"error": error, "here": request.path})


def page(request: HttpRequest, status: int, context: dict[str, object] | None = None) -> HttpResponse:
    """Render the state of a status: a whole page, or for htmx the state alone."""
    said = status if status in SAID else int(HTTPStatus.BAD_REQUEST)
    template = f"states/{said}.html"
    base = "states/fragment.html" if is_fragment(request) else "states/page.html"
    return render(request, template, {"state_base": base, **(context or {})}, status=status)


def to_front_door(request: HttpRequest) -> HttpResponse:
    """Lead somebody who is not signed in to the sign-in page, and back to where they were going.

    A browser whose session was ended for it is told so there.
    """
    ended = sessions.ended(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    if ended is not None:
        messages.info(request, _ENDED[SessionEnd(ended.why)])
    if is_fragment(request):
        # A redirect would put the sign-in page inside the piece that htmx asked for.
        response = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
        return response
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    return redirect_to_login("/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django found suspicious, perhaps before it was known who asks."""
    del exception
    if wants_json(request):
        error = InvalidError("The request cannot be understood.")
        return JsonResponse(as_json(error), status=HTTPStatus.BAD_REQUEST)
    return _bare(request, HTTPStatus.BAD_REQUEST, {})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path that names no route."""
    del exception
    return answer(request, NotFoundError())


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a refusal of a middleware."""
    del exception
    return answer(request, NotAllowedError("This is not allowed here."))


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or of another session."""
    del reason
    error = FormExpiredError(
        "This form belongs to another session or has expired.", hint="Open the page again and send it from there."
    )
    return answer(request, error)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a bug: log where it happened, never with what; say what is so.

    The page is rendered without context processors: they may be what failed.
    """
    report(route_name(request))
    if wants_json(request):
        body = {"code": "http.failed", "message": "The lab failed to answer.", "hint": "The operator was told."}
        return JsonResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return _bare(request, HTTPStatus.INTERNAL_SERVER_ERROR, {"now": clock.now()})


def report(route: str) -> None:
    """Log the exception that is being handled: its type and the lines of ours it passed.

    Its message stays out: it may quote a path or source text.
    """
    kind, error, _ = sys.exc_info()
    if kind is None or error is None:
        _log.error("http.failed route=%s error=unknown", route)
        return
    steps = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__, limit=-12)
    ]
    _log.error("http.failed route=%s error=%s at=%s", route, kind.__qualname__, ">".join(steps))


def _bare(request: HttpRequest, status: HTTPStatus, context: dict[str, object]) -> HttpResponse:
    base = "states/fragment.html" if is_fragment(request) else "states/bare.html"
    text = loader.render_to_string(f"states/{status}.html", {"state_base": base, "lab": settings.GLASSHOUSE, **context})
    return HttpResponse(text, status=status)
