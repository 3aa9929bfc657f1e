# SPDX-License-Identifier: Apache-2.0
"""What follows when a grant stops: asking for more, letting it go on, and open pages that learn of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.rules import WINDOWS, Standing
from glasshouse.domain.access.values import Pause
from glasshouse.domain.approvals.values import State
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.releases import queries as releases
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.views.decisions import arranged_grant
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid


@require_http_methods(["GET", "HEAD", "POST"])
def more(request: HttpRequest, grant: str) -> HttpResponse:
    """Show what was asked for under a grant; with POST, ask for twice the lines in one window of time."""
    viewer, uid = viewer_of(request), Uid.parse(grant)
    held = access.grant(viewer, uid)
    if request.method == "POST":
        window = request.POST.get("window", "")
        if window not in WINDOWS:
            raise InvalidError("Lines are counted by hour, by day, by visit and in all.")
        commands.ask_for_more(viewer, uid, window, now=clock.now())
        return redirect("grant-more", grant=uid.text)
    asked = queries.more_asked(viewer, uid)
    context = {
        "grant": held,
        "standing": access.standing(held, clock.now()),
        "limits": access.limits(held),
        "asked": asked,
        "waits": asked is not None and asked.state == State.OPEN,
        "product": releases.product_slugs().get(held.product, ""),
        "room": "home",
    }
    return render(request, "reading/more.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, grant: str) -> HttpResponse:
    """Say why a grant waits; with POST, let it go on."""
    viewer, found = viewer_of(request), arranged_grant(request, grant)
    if not viewer.may_act_as(Role.CUSTODIAN):
        raise NotFoundError
    if request.method == "POST":
        check_confirmed(request)
        commands.resume_grant(viewer, Uid(found.uid), now=clock.now())
        return redirect("grants")
    where = access.standing(found, clock.now())
    context = {
        "grant": found,
        "standing": where,
        "is_paused": where is Standing.PAUSED,
        "reason": Pause(found.pause).label if found.pause else "",
        "product": releases.product_slugs().get(found.product, ""),
        "room": "home",
    }
    return render(request, "reading/resume.html", context)


@require_safe
def still(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Answer an open page with nothing while it may stay; else the refusal takes the place of what it shows."""
    queries.check_still_open(viewer_of(request), Uid.parse(grant), Uid.parse(release), now=clock.now())
    return HttpResponse(status=204)
