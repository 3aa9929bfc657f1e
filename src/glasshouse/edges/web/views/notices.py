# SPDX-License-Identifier: Apache-2.0
"""The inbox: what a person should look at, without its content."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from glasshouse.domain.notices import commands, queries
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.words import NOTICES
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

_SHOWN = 200


@require_http_methods(["GET", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """List the viewer's notices, newest first; a post marks all of them as seen."""
    viewer = viewer_of(request)
    if request.method == "POST":
        commands.see_all(viewer, now=clock.now())
        return redirect("inbox")
    found = [(NOTICES.get(one.kind, one.kind), one) for one in queries.inbox(viewer)[:_SHOWN]]
    return render(request, "notices/inbox.html", {"notices": found})


@require_POST
def open_notice(request: HttpRequest, notice: str) -> HttpResponse:
    """Mark a notice as seen, and go where it leads; who opens the page is judged there."""
    found = commands.see(viewer_of(request), Uid.parse(notice), now=clock.now())
    return redirect(reverse(found.route, args=[found.subject]))
