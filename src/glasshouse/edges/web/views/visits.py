# SPDX-License-Identifier: Apache-2.0
"""Visits: what one spans, closing it with the visitor's passkey, its receipt."""

import base64
import binascii
import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.people import queries as people
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.values import CloseStatement
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.passkeys import relying_party
from glasshouse.edges.web.words import told
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Passkey

_TIMEOUT_MS = 120_000


class BadAssertionError(InvalidError):
    """The passkey's answer cannot be read."""

    code = "web.bad-assertion"


@require_safe
def visit(request: HttpRequest, visit: str) -> HttpResponse:
    """Show a visit of the viewer's own, its latest entries first."""
    viewer, uid = viewer_of(request), Uid.parse(visit)
    found = queries.visit(viewer, uid)
    page = queries.record_of(viewer, visit=uid)
    products = releases.product_slugs()
    context = {
        "visit": found,
        "entries": [(event, told(event, products), event.uid in page.in_tree) for event in page.events],
        "has_more": page.older is not None,
        "room": "record",
    }
    return render(request, "reading/visit.html", context)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, visit: str) -> HttpResponse:
    """Show what the passkey will sign, and close the visit with its word or without."""
    viewer, uid = viewer_of(request), Uid.parse(visit)
    if request.method == "POST":
        if "credential" in request.POST:
            statement, assertion = _answered(request)
            commands.close_visit(viewer, uid, now=clock.now(), statement=statement, assertion=assertion)
        else:
            commands.close_visit(viewer, uid, now=clock.now())
        return redirect("visit", visit=uid.text)
    statement_asked = commands.prepare_close(viewer, uid)
    passkeys = people.passkeys_of(viewer)
    context = {
        "visit": queries.visit(viewer, uid),
        "statement": statement_asked,
        "statement_text": statement_asked.text.decode("ascii"),
        "statement_sent": b64encode(statement_asked.text).decode("ascii"),
        "passkeys": passkeys,
        "ceremony": _ceremony(request, statement_asked, passkeys),
        "room": "record",
    }
    return render(request, "reading/close.html", context)


@require_safe
def receipt(request: HttpRequest, visit: str) -> HttpResponse:
    """Give the receipt of a visit as a file."""
    viewer, uid = viewer_of(request), Uid.parse(visit)
    found = queries.visit(viewer, uid)
    content = commands.make_receipt(viewer, uid, now=clock.now())
    response = HttpResponse(content, content_type="application/zip")
    name = f"receipt-{found.engagement.label}-visit-{found.number}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _ceremony(request: HttpRequest, statement: CloseStatement, passkeys: "list[Passkey]") -> dict[str, Any]:
    """Return the options of the browser's call: the challenge is the statement's digest, so the key signs the visit."""
    return {
        "publicKey": {
            "challenge": _to_text(statement.challenge),
            "rpId": relying_party(request),
            "allowCredentials": [{"type": "public-key", "id": _to_text(bytes(key.credential))} for key in passkeys],
            "userVerification": "required",
            "timeout": _TIMEOUT_MS,
        }
    }


def _answered(request: HttpRequest) -> tuple[bytes, Assertion]:
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
