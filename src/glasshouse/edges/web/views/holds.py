# SPDX-License-Identifier: Apache-2.0
"""Legal holds: what keeps a person's data from erasure, set and lifted for a reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glasshouse.domain.people import holds as people
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.forms import HoldForm, WhyForm
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


@require_http_methods(["GET", "HEAD", "POST"])
def holds(request: HttpRequest) -> HttpResponse:
    """List the holds that stand; with POST, set one."""
    viewer = viewer_of(request)
    people.check_keeps_holds(viewer)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        said = form.cleaned_data
        try:
            people.set_hold(viewer, said["email"], said["reason"], now=clock.now())
        except NotFoundError:
            form.add_error("email", _("Nobody here has this address."))
        else:
            return redirect("holds")
    return render(request, "people/holds.html", {"holds": people.holds_of(viewer), "form": form, "room": "home"})


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, hold: str) -> HttpResponse:
    """Ask why, then lift a hold."""
    viewer, uid = viewer_of(request), Uid.parse(hold)
    found = people.holds_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        people.lift_hold(viewer, uid, form.cleaned_data["reason"], now=clock.now())
        return redirect("holds")
    return render(request, "people/hold_lift.html", {"hold": found, "form": form, "room": "home"})
