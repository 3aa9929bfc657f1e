# SPDX-License-Identifier: Apache-2.0
"""How pages look in this browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from glasshouse.edges.web.forms import LookForm
from glasshouse.edges.web.look import Look


@require_http_methods(["GET", "POST"])
def look(request: HttpRequest) -> HttpResponse:
    """Show and change theme and keys; the choice is a cookie of this browser and says nothing about the person."""
    kept = Look.of(request)
    form = LookForm(request.POST or None, initial={"theme": kept.theme, "keys": "on" if kept.has_keys else "off"})
    if request.method == "POST" and form.is_valid():
        chosen = Look(form.cleaned_data["theme"], has_keys=form.cleaned_data["keys"] == "on")
        there = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(there, allowed_hosts=None):
            there = "look"
        response = redirect(there)
        chosen.keep(response, is_secure=settings.SESSION_COOKIE_SECURE)
        return response
    return render(request, "me/look.html", {"form": form})
