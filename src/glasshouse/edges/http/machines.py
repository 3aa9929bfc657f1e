# SPDX-License-Identifier: Apache-2.0
"""How a browser says that it is a workstation's: a mark that opens nothing, and keeps its key from being swept out."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_YEARS: Final = 10 * 365 * 86_400


def is_workstation(request: HttpRequest) -> bool:
    """Say whether this browser claims to be a workstation's; believed for what it keeps and runs itself."""
    return _name() in request.COOKIES


def mark(response: HttpResponse) -> None:
    """Let this browser remember that it is a workstation's."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(_name(), "1", max_age=_YEARS, secure=secure, httponly=True, samesite="Strict")


def _name() -> str:
    return "__Host-workstation" if settings.SESSION_COOKIE_SECURE else "workstation"
