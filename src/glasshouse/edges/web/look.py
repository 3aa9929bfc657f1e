# SPDX-License-Identifier: Apache-2.0
"""How pages look in one browser."""

from dataclasses import dataclass
from typing import Final, Self

from django.http import HttpRequest, HttpResponse

COOKIE: Final = "look"
THEMES: Final = frozenset({"system", "light", "dark"})
_YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Look:
    """Theme, and whether single keys act."""

    theme: str
    has_keys: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read the cookie; what is not understood means the system's theme, with keys."""
        theme, _, keys = request.COOKIES.get(COOKIE, "").partition("-")
        return cls(theme if theme in THEMES else "system", keys != "off")

    def keep(self, response: HttpResponse, *, is_secure: bool) -> None:
        """Write the cookie."""
        value = f"{self.theme}-{'on' if self.has_keys else 'off'}"
        response.set_cookie(COOKIE, value, max_age=_YEAR, secure=is_secure, httponly=True, samesite="Strict")
