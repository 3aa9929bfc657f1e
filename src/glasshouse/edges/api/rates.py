# SPDX-License-Identifier: Apache-2.0
"""How often somebody who is not signed in may call, counted for each address in the cache that processes share."""

from django.http import HttpRequest
from ninja.throttling import SimpleRateThrottle


class AddressRate(SimpleRateThrottle):
    """So many calls a minute from one address."""

    def __init__(self, name: str, calls: int) -> None:
        """Take the route's name and the calls that one address may make a minute."""
        super().__init__(f"{calls}/m")
        self.scope = name

    def get_cache_key(self, request: HttpRequest) -> str:
        """Count by the address as the trusted proxies state it."""
        return self.cache_format % {"scope": self.scope, "ident": request.META.get("REMOTE_ADDR", "")}
