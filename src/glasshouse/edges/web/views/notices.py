# SPDX-License-Identifier: Apache-2.0
"""The inbox: what a person should look at, without its content."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST

from glasshouse.domain.notices import commands, queries
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.words import NOTICES
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_SHOWN = 200
_LISTS: Final = frozenset({"saved-searches"})  # pages of all that is one's own; they take no subject


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
    return redirect(_page_of(found.route, found.subject))


def _page_of(route: str, subject: str) -> str:
    try:
        return reverse(route, args=[] if route in _LISTS else [subject])
    except NoReverseMatch:  # of a version of the lab that had such a page
        raise NotFoundError from None
