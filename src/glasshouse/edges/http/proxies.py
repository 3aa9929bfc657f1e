# SPDX-License-Identifier: Apache-2.0
"""Whom to believe about where a request came from."""

import base64
import hashlib
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Networks = tuple[IPv4Network | IPv6Network, ...]

CERTIFICATE: Final = "glasshouse.client_certificate"
"""Where a request's META holds the SHA-256 of the client's certificate; no header can have this name."""
FORWARDED: Final = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_CLIENT_CERT",
    "HTTP_CLIENT_CERT_CHAIN",
)


class TrustedProxiesMiddleware:
    """Outermost: afterwards no forwarded header is left for a library to believe.

    REMOTE_ADDR, the scheme and the client's certificate are then as true as the listed proxies are.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take the client's address, scheme and certificate from a listed proxy, from nobody else."""
        trusted: Networks = settings.GLASSHOUSE.trusted_proxies
        meta = request.META
        forwarded_for = meta.get("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = meta.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
        certificate = certificate_digest(meta.get("HTTP_CLIENT_CERT", ""))
        for name in FORWARDED:
            meta.pop(name, None)
        if _is_listed(meta.get("REMOTE_ADDR", ""), trusted):
            client = client_address(forwarded_for, trusted)
            if client:
                meta["REMOTE_ADDR"] = client
            if forwarded_proto in {"http", "https"}:
                meta["wsgi.url_scheme"] = forwarded_proto
            if certificate:
                meta[CERTIFICATE] = certificate
        return self._next(request)


def client_address(forwarded_for: str, trusted: Networks) -> str:
    """Return the last address that no listed proxy has; what stands before it is the client's own claim.

    Empty when there is none, or when something in the chain is not an address.
    """
    for text in reversed([part.strip() for part in forwarded_for.split(",")]):
        address = _parse(text)
        if address is None:
            return ""
        if not any(address in network for network in trusted):
            return str(address)
    return ""


def certificate_digest(header: str) -> str:
    """Return the SHA-256 of the certificate in a Client-Cert header (RFC 9440, 2.2); empty for what holds none."""
    text = header.strip()
    if not text.startswith(":") or not text.endswith(":"):
        return ""
    try:
        raw = base64.b64decode(text[1:-1], validate=True)
    except ValueError:  # not base64, or not even ASCII
        return ""
    return hashlib.sha256(raw).hexdigest() if raw else ""


def _is_listed(text: str, trusted: Networks) -> bool:
    address = _parse(text)
    return address is not None and any(address in network for network in trusted)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket reports 127.0.0.1 as ::ffff:127.0.0.1.
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
