# SPDX-License-Identifier: Apache-2.0
"""How products are read: what is on for readers, and its owner's word on that."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.people.values import Role
from glasshouse.domain.releases import commands, queries
from glasshouse.domain.releases.errors import BadReadingError, ReleaseUnknownError
from glasshouse.domain.releases.reading import Reading
from glasshouse.domain.releases.rules import check_may_set
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.drawing import has_font
from glasshouse.edges.web.manners import sentence
from glasshouse.edges.web.product_forms import ReadingForm
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Show how each product is read, for those who arrange visits and those who own products."""
    viewer = viewer_of(request)
    if not viewer.is_vendor:
        raise ReleaseUnknownError
    found = [
        (row, reading, sentence(reading))
        for row in queries.products(viewer)
        for reading in (Reading.parse(row.reading),)
    ]
    may_set = viewer.may_act_as(Role.PRODUCT_OWNER)
    return render(request, "products/list.html", {"products": found, "may_set": may_set, "room": "home"})


@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest, product: str) -> HttpResponse:
    """Ask how a product is to be read, and say so from the next page on."""
    viewer = viewer_of(request)
    row = queries.product(viewer, Uid.parse(product))
    check_may_set(viewer)
    form = ReadingForm(request.POST or None, now=Reading.parse(row.reading), has_font=has_font())
    if request.method == "POST" and form.is_valid():
        try:
            commands.set_reading(
                viewer, Uid(row.uid), form.reading(), reason=form.cleaned_data["reason"], now=clock.now()
            )
        except (BadReadingError, UnreadableTextError) as error:
            form.add_error(None, f"{error} {error.hint}".strip())
        else:
            return redirect("products")
    status = 422 if form.errors else 200
    return render(request, "products/reading.html", {"product": row, "form": form, "room": "home"}, status=status)
