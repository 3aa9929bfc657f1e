# SPDX-License-Identifier: Apache-2.0
"""A passkey's word on a statement, between page and browser: what is asked, and reading what was answered."""

import base64
import binascii
import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest

from glasshouse.domain.people.assertions import Assertion
from glasshouse.edges.web.passkeys import relying_party
from glasshouse.kernel.errors import InvalidError

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Passkey

_TIMEOUT_MS: Final = 120_000


class BadAssertionError(InvalidError):
    """The passkey's answer cannot be read."""

    code = "web.bad-assertion"


def ceremony(request: HttpRequest, challenge: bytes, passkeys: "list[Passkey]") -> dict[str, Any]:
    """Return the options of the browser's call: the challenge is a statement's digest, so the key signs that."""
    return {
        "publicKey": {
            "challenge": _to_text(challenge),
            "rpId": relying_party(request),
            "allowCredentials": [{"type": "public-key", "id": _to_text(bytes(key.credential))} for key in passkeys],
            "userVerification": "required",
            "timeout": _TIMEOUT_MS,
        }
    }


def answered(request: HttpRequest) -> tuple[bytes, Assertion]:
    """Read the statement that the page held, and the passkey's answer to it."""
    try:
        credential = json.loads(request.POST["credential"])
        given = credential["response"]
        assertion = Assertion(
            credential=_to_bytes(credential["rawId"]),
            authenticator_data=_to_bytes(given["authenticatorData"]),
            client_data=_to_bytes(given["clientDataJSON"]),
            signature=_to_bytes(given["signature"]),
        )
        return b64decode(request.POST["statement"], validate=True), assertion
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise BadAssertionError("The passkey's answer cannot be read.", hint="Load the page again.") from error


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
