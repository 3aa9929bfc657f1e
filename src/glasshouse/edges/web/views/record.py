# SPDX-License-Identifier: Apache-2.0
"""My record: what I was shown, whether the tree has it, and what proves it."""

import json
from base64 import b64encode
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from glasshouse.domain.journal import proving
from glasshouse.domain.people import queries as people
from glasshouse.domain.readingroom import days, queries
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.passkeys import relying_party
from glasshouse.edges.web.stamp import Whose, picture
from glasshouse.edges.web.words import told
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_ROW_DIGITS = 18


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """Show the viewer's own entries, newest first, and their visits."""
    viewer = viewer_of(request)
    page = queries.record_of(viewer, before=_before(request))
    products = releases.product_slugs()
    context = {
        "entries": [(event, told(event, products), event.uid in page.in_tree) for event in page.events],
        "older": page.older,
        "is_newest": "before" not in request.GET,
        "visits": queries.visits_of(viewer),
        "room": "record",
    }
    return render(request, "reading/record.html", context)


@require_safe
def read(request: HttpRequest) -> HttpResponse:
    """Show what the viewer read, day by day."""
    viewer = viewer_of(request)
    found = days.days_of(viewer)
    chosen = _day(request) or (found[0].day if found else None)
    context = {
        "days": found,
        "chosen": chosen,
        "releases": days.read_on(viewer, chosen) if chosen else [],
        "room": "record",
    }
    return render(request, "reading/days.html", context)


@require_safe
def trust(request: HttpRequest) -> HttpResponse:
    """Show the lines that a visitor copies to paper, and checks receipts with."""
    viewer, lab = viewer_of(request), settings.GLASSHOUSE
    vkey = lab.ledger / "log.vkey"
    context = {
        "vkey": vkey.read_text("utf-8").strip() if vkey.exists() else "",
        "passkeys": people.passkeys_of(viewer),
        "relying_party": relying_party(request),
        "room": "record",
    }
    return render(request, "reading/trust.html", context)


@require_safe
def proof(request: HttpRequest, event: str) -> HttpResponse:
    """Show what proves one of the viewer's own entries."""
    found = queries.proof_of(viewer_of(request), Uid.parse(event))
    context = {
        "proof": found,
        "told": told(found.event, releases.product_slugs()),
        "commitment": found.commitment.hex(),
        "fields": [value.hex() for value in found.field_commitments],
        "path": [b64encode(step).decode("ascii") for step in found.path],
        "openings": [
            (one.name, one.salt.hex(), json.dumps(one.value, ensure_ascii=False, sort_keys=True))
            for one in found.openings
        ],
        "room": "record",
    }
    return render(request, "reading/proof.html", context)


@require_safe
def tlog_proof(request: HttpRequest, event: str) -> HttpResponse:
    """Give the entry's proof in the form of C2SP tlog-proof."""
    row = queries.own_event(viewer_of(request), Uid.parse(event))
    response = HttpResponse(proving.inclusion(Uid(row.uid)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.uid}.tlog-proof"'
    return response


@require_safe
def seal(request: HttpRequest, event: str) -> HttpResponse:
    """Say whether the tree has an entry: the piece that a page asks for until it does."""
    found = queries.seal_of(viewer_of(request), Uid.parse(event))
    context = {"event": found.uid.text, "number": found.number, "is_in_tree": found.is_in_tree, "wait": "2s"}
    return render(request, "reading/seal.html", context)


@require_safe
def watermark(request: HttpRequest, event: str) -> HttpResponse:
    """Draw whose view it is: name, organisation, engagement, visit, time and number of the entry."""
    viewer = viewer_of(request)
    row = queries.own_event(viewer, Uid.parse(event))
    visit = queries.visit_of_event(viewer, row)
    whose = Whose(
        viewer.name,
        viewer.organisation_name,
        visit.engagement.label if visit else "",
        visit.number if visit else None,
        row.at,
        row.number,
    )
    return HttpResponse(picture(whose.lines), content_type="image/svg+xml")


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _ROW_DIGITS):
        raise NotFoundError
    return int(text)


def _day(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET["day"]) if "day" in request.GET else None
    except ValueError as error:
        raise NotFoundError from error
