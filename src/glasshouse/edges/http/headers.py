# SPDX-License-Identifier: Apache-2.0
"""The headers that leave with every response."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponseBase

from glasshouse.edges.http.machines import is_workstation

# Nothing inline, nothing from elsewhere, no plug-ins, no frames: a script that a vendor's file smuggles into a
# page has no way to run, and what it could read has no way to leave.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

WITH_PICTURES: Final = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""On pages that show lines as pictures: these stand in the page itself, because nothing else is recorded with it."""

PERMISSIONS_POLICY: Final = ", ".join(
    [
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "autoplay",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "hid",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "screen-wake-lock",
                "serial",
                "usb",
                "xr-spatial-tracking",
            )
        ),
    ]
)

FIXED: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}

_SIGNED_OUT = "glasshouse_signed_out"
_DRAWN = "glasshouse_drawn"
_STATIC_ANSWERS = frozenset({200, 206, 304})


def allow_pictures(request: HttpRequest) -> None:
    """Let the answer to this request hold pictures in the page itself; nothing else is loosened."""
    vars(request)[_DRAWN] = True


class SecurityHeadersMiddleware:
    """Outermost but one: its headers stand on static files, redirects, refusals and failures alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the fixed headers, and `no-store` on all that is not a static file."""
        response = self._next(request)
        for name, value in FIXED.items():
            response[name] = value
        if vars(request).get(_DRAWN):
            response["Content-Security-Policy"] = WITH_PICTURES
        if request.is_secure() and settings.SECURE_HSTS_SECONDS:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        is_static = request.path_info.startswith(settings.STATIC_URL) and response.status_code in _STATIC_ANSWERS
        if not is_static:
            response["Cache-Control"] = "no-store"
        if vars(request).get(_SIGNED_OUT):
            # What was read leaves the browser's cache, the page behind Back included. A workstation's storage holds its
            # key, and nothing of ours besides.
            response["Clear-Site-Data"] = '"cache"' if is_workstation(request) else '"cache", "storage"'
        return response


def _mark_signed_out(sender: object, request: HttpRequest | None, **kwargs: object) -> None:
    del sender, kwargs
    if request is not None:
        vars(request)[_SIGNED_OUT] = True


user_logged_out.connect(_mark_signed_out, dispatch_uid="glasshouse.edges.http.headers")
