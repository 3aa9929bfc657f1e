# SPDX-License-Identifier: Apache-2.0
import hashlib
from dataclasses import replace
from ipaddress import ip_network

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from glasshouse.edges.http.proxies import (
    CERTIFICATE,
    FORWARDED,
    TrustedProxiesMiddleware,
    certificate_digest,
    client_address,
)

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> "Seen":
    monkeypatch.setattr(settings, "GLASSHOUSE", replace(settings.GLASSHOUSE, trusted_proxies=PROXIES))
    return Seen()


class Seen:
    """What the layers below see of a request."""

    def of(self, remote: str, **headers: str) -> HttpRequest:
        request = RequestFactory(REMOTE_ADDR=remote).get("/", headers=headers)
        TrustedProxiesMiddleware(lambda _: HttpResponse())(request)
        return request


def test_forwarded_headers_of_an_unlisted_sender_are_removed(seen: Seen) -> None:
    request = seen.of("203.0.113.9", x_forwarded_for="198.51.100.1", x_forwarded_proto="https", x_real_ip="1.2.3.4")
    assert request.META["REMOTE_ADDR"] == "203.0.113.9"
    assert not request.is_secure()
    assert not set(FORWARDED) & set(request.META)


def test_a_listed_proxy_names_the_client_and_the_scheme(seen: Seen) -> None:
    request = seen.of("10.1.2.3", x_forwarded_for="198.51.100.1", x_forwarded_proto="https")
    assert request.META["REMOTE_ADDR"] == "198.51.100.1"
    assert request.is_secure()
    assert not set(FORWARDED) & set(request.META)


def test_what_the_client_claims_before_the_proxy_is_not_believed(seen: Seen) -> None:
    request = seen.of("10.1.2.3", x_forwarded_for="127.0.0.1, 198.51.100.1, 10.9.9.9")
    assert request.META["REMOTE_ADDR"] == "198.51.100.1"


def test_a_proxy_that_names_nobody_stays_the_sender(seen: Seen) -> None:
    assert seen.of("10.1.2.3").META["REMOTE_ADDR"] == "10.1.2.3"
    assert seen.of("10.1.2.3", x_forwarded_for="unknown").META["REMOTE_ADDR"] == "10.1.2.3"
    assert seen.of("10.1.2.3", x_forwarded_proto="ftp").META["wsgi.url_scheme"] == "http"


def test_a_mapped_address_is_the_address_it_maps(seen: Seen) -> None:
    request = seen.of("::ffff:10.1.2.3", x_forwarded_for="2001:db8::7")
    assert request.META["REMOTE_ADDR"] == "2001:db8::7"


@pytest.mark.parametrize("text", ["", ",", "a" * 9999, "198.51.100.1:80", "10.0.0.1,10.0.0.2", "\x00"])
def test_a_chain_that_names_no_client_is_empty(text: str) -> None:
    assert client_address(text, PROXIES) == ""


def test_a_client_certificate_counts_from_a_listed_proxy_alone(seen: Seen) -> None:
    sent = {"client_cert": ":Zm9yZ2Vk:", "client_cert_chain": ":Zm9yZ2Vk:"}
    believed = seen.of("10.1.2.3", x_forwarded_for="198.51.100.1", **sent)
    assert believed.META[CERTIFICATE] == hashlib.sha256(b"forged").hexdigest()
    forged = seen.of("203.0.113.9", **sent)
    for request in (believed, forged):
        assert not set(FORWARDED) & set(request.META)
    assert CERTIFICATE not in forged.META
    assert CERTIFICATE not in seen.of("10.1.2.3", x_forwarded_for="198.51.100.1").META


@pytest.mark.parametrize("header", ["", ":", "::", "Zm9yZ2Vk", ":Zm9yZ2Vk", ":Zm9y Z2Vk:", ":Zm9yZ2V:", ":\u00e9:"])
def test_a_header_that_holds_no_certificate_is_none(header: str) -> None:
    assert certificate_digest(header) == ""
