# SPDX-License-Identifier: Apache-2.0
"""Every route is closed: somebody who is not signed in reaches the open ones and nothing else."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from glasshouse.edges.http.answers import answer
from glasshouse.edges.http.errors import NotSignedInError
from glasshouse.edges.http.routes import OPEN, is_api, route_name


class SignedInMiddleware:
    """Closed by default, so that a view whose author forgot a decorator shows nothing to a stranger."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the decision falls when the route is known."""
        return self._next(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer a stranger with the front door unless the route is open."""
        del view, args, kwargs
        if route_name(request) in OPEN or request.user.is_authenticated:
            return None
        if is_api(request) and "Authorization" in request.headers:
            return None  # the API judges the token itself
        return answer(request, NotSignedInError())
