# SPDX-License-Identifier: Apache-2.0
"""What the middlewares know of the URL table: which routes are open, and which answer in JSON."""

from typing import Final

from django.http import HttpRequest

OPEN: Final = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "mfa_login_webauthn",
        "mfa_authenticate",
        "enrol-link",
        "api:start_device",
        "api:collect_device",
    }
)
"""Routes that answer somebody who is not signed in. Everything else leads to the front door."""

WHILE_ENROLLING: Final = frozenset({"enrolment", "mfa_add_webauthn", "mfa_activate_totp", "account_logout"})
"""Routes that answer a person who has no passkey and no app yet."""

TAKES_FILES: Final = frozenset({"brought-new"})
"""Routes whose pages take a file; one that is sent to any other is passed over."""

API: Final = "api"
API_PREFIX: Final = "/api/"


def route_name(request: HttpRequest) -> str:
    """Name the route of a request for logs and the journal; never its path, which may name a file."""
    match = request.resolver_match
    return (match.view_name if match else "") or "unnamed"


def is_api(request: HttpRequest) -> bool:
    """Say whether the request is one to the API, known route or not."""
    return request.path_info.startswith(API_PREFIX)


def wants_json(request: HttpRequest) -> bool:
    """Say whether the answer is read by a program: the API, or a caller that accepts JSON and no HTML."""
    accept = request.headers.get("Accept", "")
    return is_api(request) or ("application/json" in accept and "text/html" not in accept)


def is_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asks for a piece of a page rather than the page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
