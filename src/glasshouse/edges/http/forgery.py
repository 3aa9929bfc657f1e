# SPDX-License-Identifier: Apache-2.0
"""Who sent this form: its token, its origin, and what the browser itself says about the sender."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware


class SameOriginMiddleware(CsrfViewMiddleware):
    """Django's own check, for pages that send no referrer.

    Under `Referrer-Policy: no-referrer` browsers write `Origin: null` into our own forms, as they do into those of
    a sandboxed frame elsewhere. `Sec-Fetch-Site`, which no page can set, tells the two apart. The token is asked
    for as before.
    """

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        """Name the origin that the browser hid, where it says itself that it is ours; then check."""
        if request.META.get("HTTP_ORIGIN") == "null" and request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin":
            request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
        return super().process_view(request, callback, callback_args, callback_kwargs)
