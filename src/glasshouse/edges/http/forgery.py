# SPDX-License-Identifier: Apache-2.0
"""Who sent this form: its token, its origin, and what the browser itself says about the sender."""

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware


class SameOriginMiddleware(CsrfViewMiddleware):
    """Django's own check, for pages that send no referrer.

    Under `Referrer-Policy: no-referrer` browsers write `Origin: null` into our own forms, as they do into those of
    a sandboxed frame elsewhere. `Sec-Fetch-Site`, which no page can set, tells the two apart. The token is asked
    for as before.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META.get("HTTP_ORIGIN") == "null":
            return request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin"
        return bool(super()._origin_verified(request))
