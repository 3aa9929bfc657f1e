# SPDX-License-Identifier: Apache-2.0
"""Visits: what one spans, closing it with the visitor's passkey, its receipt."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.people import queries as people
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.values import TextReason
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.ceremonies import answered, ceremony
from glasshouse.edges.web.product_forms import TextForm
from glasshouse.edges.web.words import told
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid


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
def text(request: HttpRequest, visit: str) -> HttpResponse:
    """Ask why, and give the visitor text for the rest of the visit where a product is shown in pictures."""
    viewer, uid = viewer_of(request), Uid.parse(visit)
    found = queries.visit(viewer, uid)
    form = TextForm(request.POST or None)
    there = request.POST.get("next", "") if request.method == "POST" else request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(there, allowed_hosts=None):
        there = ""
    if request.method == "POST" and form.is_valid():
        reason = TextReason(form.cleaned_data["reason"])
        commands.ask_for_text(viewer, uid, reason, words=form.cleaned_data["words"], now=clock.now())
        return redirect(there or "home")
    context = {"visit": found, "form": form, "next": there, "room": "record"}
    return render(request, "reading/text_ask.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, visit: str) -> HttpResponse:
    """Show what the passkey will sign, and close the visit with its word or without."""
    viewer, uid = viewer_of(request), Uid.parse(visit)
    if request.method == "POST":
        if "credential" in request.POST:
            statement, assertion = answered(request)
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
        "ceremony": ceremony(request, statement_asked.challenge, passkeys),
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
