# SPDX-License-Identifier: Apache-2.0
"""Workstations: enrolling a machine's key at the machine, taking its word, ending it."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.people.values import Role
from glasshouse.domain.sites import commands, queries, rules
from glasshouse.edges.http.machines import mark
from glasshouse.edges.http.stepup import check_confirmed, is_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.site_forms import new_key, word_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid


@require_safe
def workstation(request: HttpRequest, workstation: str) -> HttpResponse:
    """Show a machine and its keys, and let its custodian enrol one from it."""
    viewer = viewer_of(request)
    found = queries.workstation(viewer, Uid.parse(workstation))
    keys = list(found.keys.select_related("enrolled_by"))
    with timezone.override(rules.zone_of(found.room.site.zone)):
        context = {
            "workstation": found,
            "live": next((key for key in keys if key.ended_at is None), None),
            "ended": [key for key in keys if key.ended_at is not None],
            "enrols": viewer.may_act_as(Role.CUSTODIAN),
            "is_here": rules.is_at(viewer.origin, rules.networks_of(found.ranges), found.certificate),
            "address": viewer.origin.address,
            "room": "sites",
        }
        return render(request, "sites/workstation.html", context)


@require_safe
def challenge(request: HttpRequest, workstation: str) -> HttpResponse:
    """Give what the machine must sign to speak for this session."""
    viewer = viewer_of(request)
    queries.machine(viewer, Uid.parse(workstation))
    return JsonResponse({"challenge": commands.challenge(viewer, now=clock.now())})


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, workstation: str) -> HttpResponse:
    """Ask, with the custodian's own factor shown first, then trust the key that this machine has just made.

    What a machine signed holds for a minute, so the factor is asked for before it signs and never in between.
    """
    viewer, uid = viewer_of(request), Uid.parse(workstation)
    found = queries.workstation(viewer, uid)
    rules.check_arranges(viewer, Role.CUSTODIAN)
    if request.method != "POST":
        check_confirmed(request)
        return render(request, "sites/workstation_enrol.html", {"workstation": found, "room": "sites"})
    if not is_confirmed(request):
        return redirect("workstation-enrol", workstation=uid.text)
    commands.enrol_key(viewer, uid, new_key(request.POST), now=clock.now())
    response = redirect("workstation", workstation=uid.text)
    mark(response)
    return response


@require_POST
def end(request: HttpRequest, workstation: str) -> HttpResponse:
    """End a machine's key."""
    viewer, uid = viewer_of(request), Uid.parse(workstation)
    queries.workstation(viewer, uid)
    check_confirmed(request)
    commands.end_key(viewer, uid, now=clock.now())
    return redirect("workstation", workstation=uid.text)


@require_POST
def retire(request: HttpRequest, workstation: str) -> HttpResponse:
    """Take a machine out of use, its key with it."""
    viewer, uid = viewer_of(request), Uid.parse(workstation)
    found = queries.workstation(viewer, uid)
    check_confirmed(request)
    commands.retire_workstation(viewer, uid, now=clock.now())
    return redirect("site", site=found.room.site.uid)


@require_POST
def word(request: HttpRequest, workstation: str) -> HttpResponse:
    """Take a machine's word that this session is at it."""
    viewer, uid = viewer_of(request), Uid.parse(workstation)
    queries.machine(viewer, uid)
    asserted = commands.assert_workstation(viewer, word_of(uid, request.POST), now=clock.now())
    return JsonResponse({"until": clock.to_text(asserted.until)})
